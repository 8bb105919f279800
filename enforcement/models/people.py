"""Members of staff, those who go out, and what entitles them to act."""

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Cast, Concat
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from enforcement.roles import ADMINISTRATORS, OUTDOORS, Role
from journal import clock
from journal.models import Entry
from journal.moves import Actor

from .organisations import Organisation
from .spans import Span, in_order

_administrators = ", ".join(f"'{role.value}'" for role in sorted(ADMINISTRATORS))


def same_persons(path: str, rows: models.QuerySet, to: str) -> Q:
    """Whose account at `path` is of a person whose account some of the `rows` name at `to`: accounts of one staff number are one person's."""
    known = rows.exclude(**{f"{to}__staff_number": ""})
    return Q(**{f"{path}__in": rows.values(to)}) | Q(**{f"{path}__staff_number__in": known.values(f"{to}__staff_number")})


class User(AbstractUser):
    """A member of staff; citizens have no accounts. One post per account; who acts in two posts has two accounts."""

    first_name = last_name = None
    name = models.CharField(_("Name"), max_length=40)
    role = models.CharField(_("Post"), max_length=16, choices=Role)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="people")
    phone = models.CharField(max_length=20, blank=True)  # work phone
    staff_number = models.CharField(_("Staff number"), max_length=24, blank=True)  # the person: his accounts share it
    watch = models.CharField(max_length=24, blank=True, db_default="")  # of the duty roster: enforcement.Shift
    must_change_password = models.BooleanField(default=False)  # somebody else has handed it out
    session_round = models.PositiveIntegerField(default=0)  # part of what a session is checked with: one more ends them all
    is_demo = models.BooleanField(default=False)
    REQUIRED_FIELDS = ["name"]

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(role__in=sorted(ADMINISTRATORS)) | ~Q(staff_number="") | Q(is_active=False), name="administrator_is_a_known_person"
            )
        ]
        triggers = [
            # GB/T 22239 (等保): system, security and audit are posts of three persons, and none of them works cases.
            pgtrigger.Trigger(
                name="administrator_holds_nothing_else", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.is_active AND NEW.staff_number <> ''"),
                func=f"""
                    PERFORM pg_advisory_xact_lock(hashtext('staff ' || NEW.staff_number));  -- two accounts of one person at once
                    IF EXISTS (SELECT 1 FROM enforcement_user u WHERE u.id <> NEW.id AND u.is_active AND u.staff_number = NEW.staff_number
                               AND (u.role IN ({_administrators}) OR NEW.role IN ({_administrators}))) THEN
                        RAISE EXCEPTION 'person % would hold an administrator''s post beside another', NEW.staff_number
                            USING CONSTRAINT = 'administrator_holds_nothing_else', ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  our own names of posts
            ),
            pgtrigger.Trigger(  # two accounts that turn out to be one person's: what they did counts together, or they stay apart
                name="acts_follow_the_person", when=pgtrigger.After, operation=pgtrigger.UpdateOf("staff_number"),
                condition=pgtrigger.Q(old__staff_number__df=pgtrigger.F("new__staff_number")),
                func="UPDATE enforcement_partyact SET person = '' WHERE user_id = NEW.id; RETURN NULL;",
            ),
            pgtrigger.Trigger(  # a lock holds, and who makes an account never lets it work by himself
                name="works_when_confirmed", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("is_active"),
                condition=pgtrigger.Condition("NEW.is_active AND NOT OLD.is_active"),
                func="""
                    IF EXISTS (SELECT 1 FROM enforcement_account a WHERE a.user_id = NEW.id AND (a.locked_at IS NOT NULL
                               OR a.origin = 'pages' AND NOT EXISTS (SELECT 1 FROM enforcement_postchange p
                                                              WHERE p.user_id = NEW.id AND p.state = 'confirmed'))) THEN
                        RAISE EXCEPTION 'account % is locked, or its post was never confirmed', NEW.username
                            USING CONSTRAINT = 'works_when_confirmed', ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(  # an account without a second person's word, so it can be nothing else (enforcement.models.Screen)
                name="screen_looks_only", when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("role", "password", "is_superuser", "is_active", "organisation_id"),
                func=f"""
                    IF EXISTS (SELECT 1 FROM enforcement_screen s WHERE s.user_id = NEW.id AND (NEW.role <> '{Role.DISPLAY.value}'
                               OR left(NEW.password, 1) <> '!' OR NEW.is_superuser OR NEW.organisation_id IS DISTINCT FROM OLD.organisation_id
                               OR NEW.is_active AND s.revoked_at IS NOT NULL)) THEN
                        RAISE EXCEPTION 'account % is a screen''s: it only looks, has no password, and stays revoked', NEW.username
                            USING CONSTRAINT = 'screen_looks_only', ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  our own name of a post
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name or self.username

    def _get_session_auth_hash(self, secret=None):
        """As Django's, which a new password changes, and another for each round: that ends every session of the account."""
        key = "enforcement.models.User.session_round"
        return salted_hmac(key, f"{self.password}:{self.session_round}", secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self):
        return self.name

    get_short_name = get_full_name

    def is_same_person(self, other: "User") -> bool:
        """Whether another account is this person's too."""
        return self.pk == other.pk or (self.staff_number != "" and self.staff_number == other.staff_number)

    @cached_property
    def actor(self) -> Actor:
        where = f" · {self.organisation.short_name}" if self.organisation_id else ""
        return Actor("user", str(self.pk), f"{self.name}{where}", frozenset({self.role}))

    @cached_property
    def centre(self) -> Organisation | None:
        """The centre that this person belongs to."""
        return self.organisation.centre if self.organisation_id else None


class OfficerQuerySet(models.QuerySet):
    def going_out(self):
        """Whose account works and whose post goes out. The row stays when its holder moves indoors."""
        return self.filter(user__is_active=True, user__role__in=OUTDOORS)

    def in_service(self, at):
        """Of these who is not suspended at a moment."""
        return self.going_out().exclude(self.suspended(at))

    def by_decision(self, at):
        """Suspended at a moment because somebody decided so (`enforcement.standing`), not because a post or an account ended."""
        thread = Concat(models.Value("account:"), Cast(OuterRef("user"), models.TextField()), output_field=models.TextField())
        decided = Entry.objects.filter(thread=thread, verb="officer_suspended", at__gte=OuterRef("suspended_at"))
        return self.filter(Exists(decided), suspended_at__lte=at)

    def with_suspension(self, at):
        """With `is_suspended`, as `suspended` says."""
        return self.annotate(is_suspended=models.ExpressionWrapper(self.suspended(at), models.BooleanField()))

    @staticmethod
    def suspended(at, path: str = "") -> Q:
        """Who is suspended at a moment: himself, or the person behind his account on another one. `path`: to the officer, with "__"."""
        return Q(**{f"{path}suspended_at__lte": at}) | same_persons(f"{path}user", Officer.objects.by_decision(at), "user")


class Officer(models.Model):
    """Someone who goes out: an enforcement officer, or a village helper (协管员) who never decides."""

    user = models.OneToOneField(User, models.PROTECT, related_name="officer")
    badge = models.CharField(max_length=24, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="officers")
    is_helper = models.BooleanField(default=False)
    is_leader = models.BooleanField(default=False)  # squad leader: told when nobody accepts
    rank = models.CharField(max_length=40, blank=True)
    portrait = models.CharField(max_length=64, blank=True)  # SHA-256 of the picture on the roster wall
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_reason = models.CharField(max_length=200, blank=True)

    objects = OfficerQuerySet.as_manager()

    class Meta:
        triggers = [pgtrigger.ReadOnly(name="officer_is_one_person", fields=["user"])]  # certificates rest on this person's exams

    def __str__(self):
        return self.user.name

    @property
    def name(self) -> str:
        return self.user.name


def same_person(path: str, officer: int) -> Q:
    """Whose account at `path` is of the person of an officer (his key)."""
    return same_persons(path, Officer.objects.filter(pk=officer), "user")


class Exam(models.Model):
    """A sitting of the qualification exam (执法资格考试). Nobody gets a certificate who has not passed before."""

    user = models.ForeignKey(User, models.PROTECT, related_name="exams", db_index=False)
    kind = models.CharField(max_length=40)
    taken_on = models.DateField()
    score = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    passed = models.BooleanField()
    organiser = models.CharField(max_length=80, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["user", "-taken_on"]
        constraints = [models.UniqueConstraint(fields=["user", "kind", "taken_on"], name="exam_once_a_day")]
        triggers = [
            pgtrigger.Trigger(
                name="certificates_rest_on_exams", when=pgtrigger.After, operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.passed"),
                func="""
                    PERFORM pg_advisory_xact_lock(hashtext('exams of ' || OLD.user_id));  -- two sittings that fall at once
                    IF EXISTS (SELECT 1 FROM enforcement_certificate c JOIN enforcement_officer o ON o.id = c.officer_id
                               WHERE o.user_id = OLD.user_id AND c.status <> 'revoked' AND NOT EXISTS (
                                   SELECT 1 FROM enforcement_exam e WHERE e.user_id = OLD.user_id AND e.passed AND e.taken_on <= c.valid_from)) THEN
                        RAISE EXCEPTION 'a certificate of person % rests on this exam', OLD.user_id
                            USING CONSTRAINT = 'certificates_rest_on_exams', ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NULL;
                """,
            )
        ]  # fmt: skip


class CertificateQuerySet(models.QuerySet):
    def valid(self, at=None):
        """Certificates in force at `at` (default: now). 行政处罚法 42: officers need the qualification."""
        return self.in_force((at or clock.now()).astimezone(clock.LOCAL).date())

    def in_force(self, day):
        """Those in force on a day, as they stand now: a suspension or revocation counts for every day."""
        return self.filter(status=Certificate.Status.VALID, valid_from__lte=day, valid_to__gte=day)


class Certificate(models.Model):
    """An enforcement certificate (行政执法证). Checked at the time of each act, not of the login."""

    class Status(models.TextChoices):
        VALID = "valid", _("Valid")
        SUSPENDED = "suspended", _("Suspended")
        REVOKED = "revoked", _("Revoked")

    number = models.CharField(max_length=32, unique=True)
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="certificates")
    fields = ArrayField(models.CharField(max_length=24), default=list)  # departments whose items it covers; empty: all
    townships = ArrayField(models.CharField(max_length=24), default=list)  # codes of the townships in which it holds; empty: all
    issued_by = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_to = models.DateField()
    status = models.CharField(max_length=12, choices=Status, default=Status.VALID)
    status_reason = models.CharField(max_length=200, blank=True)  # of the suspension or revocation
    status_document = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)  # when a person decided on the status here; a load of files leaves it then

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="certificate_dates_in_order")
        ]
        triggers = [
            pgtrigger.Trigger(  # 未通过执法资格考试的人员，不得授予执法资格
                name="certificate_needs_exam", when=pgtrigger.Before, operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("officer_id", "valid_from", "status"),
                condition=pgtrigger.Condition("NEW.status <> 'revoked'"),
                func="""
                    PERFORM pg_advisory_xact_lock(hashtext('exams of ' || (SELECT user_id FROM enforcement_officer WHERE id = NEW.officer_id)));
                    IF NOT EXISTS (SELECT 1 FROM enforcement_exam e JOIN enforcement_officer o ON o.user_id = e.user_id
                                   WHERE o.id = NEW.officer_id AND e.passed AND e.taken_on <= NEW.valid_from) THEN
                        RAISE EXCEPTION 'certificate %: its holder has not passed the exam before it begins', NEW.number
                            USING CONSTRAINT = 'certificate_needs_exam', ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(
                name="revoked_for_good", operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.status = 'revoked' AND OLD.decided_at IS NOT NULL AND NEW.status <> 'revoked'"),
            ),
        ]  # fmt: skip


class StaffTransfer(Span):
    """People handed over with their powers (执法人员划转): from which body to which unit, selected by which exam, since when."""

    user = models.ForeignKey(User, models.PROTECT, related_name="transfers", db_index=False)
    from_body = models.CharField(max_length=80)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    selected_by = models.CharField(max_length=80, blank=True)
    document = models.CharField(max_length=200, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["user", "-valid_from"]
        constraints = [
            in_order("staff_transfer_dates_in_order"),
            models.UniqueConstraint(fields=["user", "valid_from"], name="staff_transfer_once"),
        ]


class TrainingPlan(models.Model):
    """A training of officers: for which level, of what kind, for which posts, how many hours, from when to when."""

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=80)
    level = models.CharField(max_length=24)  # 县级, 乡镇级 …
    kind = models.CharField(max_length=24)  # 公共法律知识, 专业法律知识 …
    posts = ArrayField(models.CharField(max_length=16), default=list)  # empty: all
    hours = models.DecimalField(max_digits=5, decimal_places=1)
    starts_on = models.DateField()
    ends_on = models.DateField()
    organiser = models.CharField(max_length=80, blank=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-starts_on", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="training_dates_in_order"),
            models.CheckConstraint(condition=Q(hours__gt=0), name="training_has_hours"),
        ]


class Enrolment(models.Model):
    """Somebody in a training: hours attended, and how it ended."""

    class Result(models.TextChoices):
        ENROLLED = "enrolled", _("Enrolled")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")
        ABSENT = "absent", _("Absent")

    plan = models.ForeignKey(TrainingPlan, models.PROTECT, related_name="enrolments", db_index=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="enrolments")
    hours = models.DecimalField(max_digits=5, decimal_places=1, default=0)
    result = models.CharField(max_length=10, choices=Result, default=Result.ENROLLED)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["plan", "user"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "user"], name="enrolled_once"),
            models.CheckConstraint(condition=Q(hours__gte=0), name="enrolment_hours_sane"),
        ]
