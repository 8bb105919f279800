"""Moves: which state may follow, who may, with what. The tables live in each app's `transitions.py`."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from . import clock
from .models import Entry, Thread
from .refused import Refused


@dataclass(frozen=True)
class Actor:
    """Who did it, by value. `roles` says which rows of a table are open to the actor."""

    kind: str  # user · citizen · client · system
    id: str
    label: str
    roles: frozenset[str] = field(default_factory=frozenset, compare=False)

    @property
    def actor(self) -> "Actor":
        return self


CITIZEN_ROLE, CLIENT_ROLE, CLOCK_ROLE = "citizen", "client", "clock"
CITIZEN = Actor("citizen", "", "群众", frozenset({CITIZEN_ROLE}))
CLOCK = Actor("system", "clock", "系统时钟", frozenset({CLOCK_ROLE}))


@dataclass(frozen=True)
class Move:
    """One row of a state table. `frm` None creates the thing; `needs` names data the verb must bring."""

    verb: str
    frm: str | None
    to: str
    by: frozenset[str]
    needs: tuple[str, ...] = ()
    basis: str = ""  # article or standard
    note: str = ""


def record(thread: Thread, verb: str, *, by, subject: str = "", data: dict | None = None, save: bool = True) -> Entry:
    """Append an entry to a thread that the caller has locked (`save=False`: and saves itself).

    Advances `thread.version` and `thread.chain`; with `save` they are written too (one UPDATE).
    `data` must be JSON with text keys; no informant data, ever.
    """
    entry = next_entry(thread, verb, by=by, subject=subject, data=data)
    entry.save(force_insert=True)
    if save:
        thread.save(update_fields=["version", "chain"])
    return entry


def next_entry(thread: Thread, verb: str, *, by, subject: str = "", data: dict | None = None) -> Entry:
    """The entry that `record` writes, not yet written: for a new thread, whose rows are inserted together with it."""
    actor = by.actor
    entry = Entry(
        thread=thread.thread, number=thread.version + 1, subject=subject or thread.thread, verb=verb,
        by_kind=actor.kind, by_id=actor.id, by_label=actor.label, at=clock.now(), data=data or {},
        previous_hash=thread.chain,
    )  # fmt: skip
    entry.hash = entry.computed_hash()
    thread.version, thread.chain = entry.number, entry.hash
    return entry


def step(table: Iterable[Move], state: str | None, verb: str) -> Move | None:
    """The row of `table` for a verb in a state, or None."""
    return next((row for row in table if row.verb == verb and row.frm == state), None)


def allowed(table: Iterable[Move], state: str | None, verb: str, roles: frozenset[str]) -> bool:
    """Whether someone with `roles` may do `verb` now: hides the button that `move()` would refuse."""
    row = step(table, state, verb)
    return bool(row and row.by & roles)


def move(thing, verb: str, *, by, thread: Thread | None = None, data: dict | None = None, fields: Iterable[str] = ()) -> Entry:
    """Change the state of a locked `thing` along its table `thing.MOVES` and record it on its thread.

    `thread` is the locked thread when `thing` is part of one (a dispatch of a case); `fields` are other fields of
    `thing` that the verb has set and that are saved with the state. Raises `Refused` when the table has no such
    row, the actor has none of its roles, or `data` lacks what the row needs.
    """
    row = step(thing.MOVES, thing.state, verb)
    if row is None:
        raise Refused(
            _("This is no longer possible: the state is now “%(state)s”.") % {"state": thing.get_state_display()},
            code="wrong_state", state=thing.state,
        )  # fmt: skip
    if not row.by & by.actor.roles:
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
    data = data or {}
    missing = [need for need in row.needs if data.get(need) in (None, "", [])]
    if missing:
        raise Refused(_("Something is missing for this step."), code="missing", missing=missing)
    thing.state = row.to
    own_thread = thread is None
    entry = record(
        thing if own_thread else thread, verb, by=by, subject="" if own_thread else f"{thing._meta.model_name}:{thing.pk}",
        data={"from": row.frm, "to": row.to, **data}, save=not own_thread,
    )  # fmt: skip
    thing.save(update_fields=["state", *fields, *(["version", "chain"] if own_thread else [])])
    return entry
