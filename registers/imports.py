"""A file into a register: handed in, looked at in the background, applied as one transaction with a reason, or given up.

What would change is shown first; if the registers have moved since, it is shown anew instead of being applied.
"""

import csv
import hashlib
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import InternalError, OperationalError, connection, transaction
from django.db.utils import IntegrityError
from django.utils import translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from cases import ratelimit
from cases.county.storing import STILL, store
from cases.county.tables import BY_NAME, Table
from enforcement.models import User
from grid.models import County
from journal import clock
from journal.locks import IMPORT_LOCK
from journal.moment import collided, one_moment
from journal.refused import BadInput, Refused

from . import planning, sheets, tasks
from .models import ImportRun
from .rights import may_edit

log = logging.getLogger(__name__)
State = ImportRun.State
TRIES = 3  # after which a check that breaks is no longer tried
LONGEST = 200  # characters of a reason or a document


def receive(*, table: Table, name: str, content: bytes, by: User, whole: bool = False) -> ImportRun:
    """Take a file in; a worker looks at it. Refuses at once what can be seen at once: its kind and its size."""
    _must_edit(by, table)
    sheets.look(content)
    run = _new(table, name[-120:] or "?", content, by, whole=whole)
    _enqueue(tasks.check_import, run.pk)
    return run


def _enqueue(task, pk: int) -> None:
    """While Redis is dead the sweep finds it."""
    if not ratelimit.redis_answers():
        return
    try:
        task.delay_on_commit(pk)
    except BrokerError as error:
        log.warning("import %s waits for the sweep: %s", pk, type(error).__name__)


def _new(table: Table, name: str, content: bytes, by: User, **fields) -> ImportRun:
    return ImportRun.objects.create(
        register=table.name, file_name=name, sha256=hashlib.sha256(content).hexdigest(), content=content, uploaded_by=by,
        uploaded_at=clock.now(), language=translation.get_language() or settings.LANGUAGE_CODE, **fields,
    )  # fmt: skip


def check(pk: int) -> None:
    """Look at a file: what it would change, or why not. What another worker looks at, or has looked at, is left to it."""
    with _alone(pk) as mine:
        run = ImportRun.objects.filter(pk=pk, state=State.CHECKING).select_related("uploaded_by").first() if mine else None
        if run is None:
            return
        with translation.override(run.language):
            run.tries += 1
            if run.tries > TRIES:
                _refuse(run, _("The check broke off several times; whoever runs the installation sees why in the worker's log."))
                return
            _progress(run)(1)
            try:
                version = _version()
                plan = _plan(run)
            except Refused as refused:
                _refuse(run, str(refused.sentence))
            else:
                _keep(run, plan, version)


def _version() -> int:
    return County.objects.values_list("rules_version", flat=True).get()


def _plan(run: ImportRun) -> planning.Plan:
    tell = _progress(run)
    rows = sheets.read(BY_NAME[run.register], bytes(run.content), lambda rows: tell(min(1 + rows // 500, 20)))
    tell(20)
    return planning.plan(BY_NAME[run.register], rows, whole=run.whole, progress=tell)


def _progress(run: ImportRun):
    return lambda share: _write_down(run, progress=share)


def _write_down(run: ImportRun, **fields) -> None:
    """Unless somebody has given the import up meanwhile."""
    for name, value in fields.items():
        setattr(run, name, value)
    ImportRun.objects.filter(pk=run.pk).exclude(state=State.DISCARDED).update(**fields, tries=run.tries)


def _keep(run: ImportRun, plan: planning.Plan, version: int) -> None:
    _write_down(run, state=State.READY if plan.holds else State.REFUSED, progress=100, checked_at=clock.now(), rules_version=version,
                counts=plan.counts, result=plan.as_json())  # fmt: skip


def _refuse(run: ImportRun, sentence: str) -> None:
    _write_down(run, state=State.REFUSED, sentence=sentence[:400], progress=100, checked_at=clock.now())


# --- deciding ----------------------------------------------------------------------------------------
def order(run: ImportRun, *, by: User, reason: str, document: str = "") -> ImportRun:
    """Have an import applied, for a reason. A worker writes it, and looks once more before."""
    with transaction.atomic():
        run = _locked(run, by)
        if run.state != State.READY:
            raise Refused(_("This import is not waiting to be applied: it is “%(state)s”.") % {"state": run.get_state_display()}, code="wrong_state")
        fields = _decided(by, reason, document)
        run.tries = 0
        _write_down(run, state=State.APPLYING, progress=0, sentence="", **fields)
    _enqueue(tasks.apply_import, run.pk)
    return run


def _decided(by: User, reason: str, document: str) -> dict:
    reason, document = reason.strip(), document.strip()
    if not reason:
        raise BadInput(_("Say why the register changes: whoever asks later reads it here."), code="reason")
    if max(len(reason), len(document)) > LONGEST:
        raise BadInput(_("Reason and document may have %(n)d characters each.") % {"n": LONGEST}, code="too_long")
    return {"reason": reason, "document": document, "decided_by": by}


@transaction.atomic
def discard(run: ImportRun, *, by: User) -> ImportRun:
    """Give an import up that is not being applied."""
    run = _locked(run, by)
    if run.state in (State.APPLYING, State.APPLIED, State.DISCARDED):
        raise Refused(_("This import is “%(state)s” and cannot be given up.") % {"state": run.get_state_display()}, code="wrong_state")
    run.state, run.decided_by, run.ended_at = State.DISCARDED, by, clock.now()
    run.save(update_fields=["state", "decided_by", "ended_at"])
    return run


def _locked(run: ImportRun, by: User) -> ImportRun:
    run = ImportRun.objects.select_for_update(of=("self",)).defer("content", "result").get(pk=run.pk)
    _must_edit(by, BY_NAME[run.register])
    return run


def _must_edit(by: User, table: Table) -> None:
    if not may_edit(by, table.name):
        raise Refused(_("Your post does not change this register."), code="not_allowed")


# --- writing -----------------------------------------------------------------------------------------
def apply(pk: int) -> None:
    """Write an import that somebody ordered, or show anew what it would change if the registers have moved since it was checked."""
    with _alone(pk) as mine:
        run = ImportRun.objects.filter(pk=pk, state=State.APPLYING).select_related("uploaded_by", "decided_by").first() if mine else None
        if run is None:
            return
        with translation.override(run.language):
            run.tries += 1
            _progress(run)(0)
            if run.tries > 2 * TRIES:
                _refuse(run, _("Writing broke off several times; whoever runs the installation sees why in the worker's log."))
            else:
                _write(run)
    if ImportRun.objects.filter(pk=pk, state=State.CHECKING).exists():
        check(pk)


def _write(run: ImportRun, *, looked_at: bool = True) -> None:
    """`looked_at`: somebody has seen what would change, and it must not be something else now.

    What is planned and what is written is of one moment. A row that somebody else has written since is not written over: once more from
    the beginning, then it is shown anew, or refused where nobody looks."""
    for again in (True, False):
        try:
            with one_moment(writes=True, still=STILL):
                _write_once(run, looked_at)
        except Refused as refused:
            _refuse(run, str(refused.sentence))
        except (IntegrityError, InternalError) as error:
            _refuse(run, _("The database refuses this: %(reason)s") % {"reason": _constraint(error)})
        except OperationalError as error:
            if not collided(error):
                raise
            log.info("import %s met another change", run.pk)
            if again:
                continue
            if looked_at:
                _look_again(run)
            else:
                _refuse(run, _("Somebody else has just changed this register. Nothing was written; please try again."))
        break


def _write_once(run: ImportRun, looked_at: bool) -> None:
    version = County.objects.select_for_update().values_list("rules_version", flat=True).get()
    if not may_edit(run.decided_by, run.register):
        raise Refused(_("Your post does not change this register."), code="not_allowed")
    if looked_at and version != run.rules_version:
        _look_again(run)
    else:
        _store(run, version, looked_at)


def _moved() -> str:
    return _("The registers have changed since this was checked. Look again at what would change now.")


def _look_again(run: ImportRun) -> None:
    run.tries = 0
    _write_down(run, state=State.CHECKING, progress=0, sentence=_moved())


def _store(run: ImportRun, version: int, looked_at: bool) -> None:
    """Inside a transaction that holds the county's row: plan, and write what holds and is what was looked at."""
    plan = planning.plan(BY_NAME[run.register], sheets.read(BY_NAME[run.register], bytes(run.content)), whole=run.whole)
    if not plan.holds:
        _keep(run, plan, version)
        return
    if looked_at and json.loads(json.dumps(plan.as_json())) != run.result:  # verbs of other pages do not raise the version
        run.tries = 0
        _keep(run, plan, version)
        _write_down(run, sentence=_moved())
        return
    if plan.changes_something:
        store(plan.county, by=run.decided_by.actor.label, document=run.document, reason=run.reason, run=run.pk, only=plan.files)
        with connection.cursor() as cursor:  # what the database only asks at commit it is asked while there is somebody to tell
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    now = clock.now()
    _write_down(run, state=State.APPLIED, progress=100, ended_at=now, checked_at=now, rules_version=version, sentence="",
                counts=plan.counts, result=plan.as_json())  # fmt: skip


def _constraint(error: Exception) -> str:
    """The name of the guard and its first sentence: docs/invariants.md explains each."""
    cause = getattr(error.__cause__, "diag", None)
    said = (cause.message_primary if cause else None) or str(error).strip().splitlines()[0]
    name = cause.constraint_name if cause else None
    return f"{said} [{name}]" if name else said


def taken() -> str:
    """Why a row is not added."""
    return _("The register has a row with this key already: look it up and change it there.")


def put_row(*, table: Table, cells: dict[str, str], by: User, reason: str, document: str = "") -> ImportRun:
    """One row from a form, new or changed: an import of one row, checked and written at once. `cells`: by column, as text."""
    _must_edit(by, table)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.name for column in table.columns])
    writer.writerow([sheets.escaped(cells.get(column.name, "")) for column in table.columns])
    run = _new(table, "", out.getvalue().encode(), by, state=State.APPLYING, **_decided(by, reason, document))
    with _alone(run.pk):
        _write(run, looked_at=False)
    return run


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    """Whether nobody else is at this import; held across transactions, gone with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [IMPORT_LOCK, pk])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, pk])


def sweep() -> int:
    """Give every import that waits for a worker to one again: the broker may have lost it. Those in work are left alone."""
    since = clock.now() - timedelta(seconds=20)  # a row from a form is being written by its own request
    waiting = list(ImportRun.objects.filter(state__in=ImportRun.BUSY, uploaded_at__lt=since).values_list("pk", "state"))
    for pk, state in waiting:
        _enqueue(tasks.check_import if state == State.CHECKING else tasks.apply_import, pk)
    return len(waiting)
