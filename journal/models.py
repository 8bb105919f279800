"""What happened (append-only, hash-chained) and what is due."""

import hashlib
import json
from datetime import UTC

import pgtrigger
from django.db import models
from django.utils.translation import gettext as _

CHAIN_ALGORITHM = "sha256"
CHAIN_VERSION = 1
CHAIN_START = ""


class Thread(models.Model):
    """What a record belongs to: a case, a held report, a proceeding. Carries the head of its chain.

    `version` is the number of the thread's newest entry: what screens compare, and what pushes carry.
    """

    version = models.PositiveIntegerField(default=0)
    chain = models.CharField(max_length=64, default=CHAIN_START)

    class Meta:
        abstract = True

    @property
    def thread(self) -> str:
        return f"{self._meta.model_name}:{self.pk}"


class Entry(models.Model):
    """One thing that happened. The actor and the subject are stored by value: the journal points at nobody."""

    thread = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=40)
    verb = models.CharField(max_length=40)
    by_kind = models.CharField(max_length=12)
    by_id = models.CharField(max_length=40)
    by_label = models.CharField(max_length=80)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    algorithm = models.CharField(max_length=12, default=CHAIN_ALGORITHM)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "number"], name="entry_once_per_number")]
        indexes = [models.Index(fields=["verb", "at"], name="entry_verb_at")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'the journal is append-only';",
            ),
            pgtrigger.Trigger(
                name="follows",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.number = 1 AND NEW.previous_hash = '' THEN RETURN NEW; END IF;
                    IF NOT EXISTS (SELECT 1 FROM journal_entry WHERE thread = NEW.thread
                                   AND number = NEW.number - 1 AND hash = NEW.previous_hash) THEN
                        RAISE EXCEPTION 'entry % of % does not follow its chain', NEW.number, NEW.thread;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    @property
    def who(self) -> str:
        """The actor in the reader's language: people by their name, the citizen and the clock by their kind."""
        return {"citizen": _("Citizen"), "system": _("System clock")}.get(self.by_kind, self.by_label)

    def computed_hash(self) -> str:
        """SHA-256 over the canonical form: a JSON array, sorted keys, no blanks, UTF-8, time in UTC with microseconds."""
        canonical = json.dumps(
            [
                CHAIN_VERSION, self.algorithm, self.thread, self.number, self.subject, self.verb,
                [self.by_kind, self.by_id, self.by_label],
                self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), self.data, self.previous_hash,
            ],
            ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False,
        )  # fmt: skip
        return hashlib.sha256(canonical.encode()).hexdigest()


class Deadline(models.Model):
    """The only kind of timer: something is due on a thread at a moment. Fired at most once, or cancelled."""

    thread = models.CharField(max_length=40)
    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], name="deadline_open",
                condition=models.Q(fired_at__isnull=True, cancelled_at__isnull=True),
            ),
            models.Index(fields=["thread", "kind"], name="deadline_thread"),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fired_at__isnull=True) | models.Q(cancelled_at__isnull=True),
                name="deadline_fired_or_cancelled",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="deadline_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="deadline_as_set", fields=["thread", "kind", "subject", "due_at"]),
            pgtrigger.Protect(  # what has fired never fires again
                name="deadline_ends_once", operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.fired_at IS NOT NULL OR OLD.cancelled_at IS NOT NULL"),
            ),
        ]  # fmt: skip


class DailyRoot(models.Model):
    """The signed hash over all chain heads at the end of a day; published, so that not even the database's owner can rewrite."""

    day = models.DateField(unique=True)
    threads = models.PositiveIntegerField()
    entries = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    public_key = models.CharField(max_length=64)

    class Meta:
        triggers = [pgtrigger.Protect(name="root_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class CalendarDay(models.Model):
    """Whether a day is a working day (State Council notice); a year without rows counts Monday to Friday, provisionally."""

    date = models.DateField(unique=True)
    is_workday = models.BooleanField()
    source = models.CharField(max_length=120, blank=True)


from .history import keep  # noqa: E402  needs the models above it in place

keep(CalendarDay)
