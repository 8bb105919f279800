"""Old values of the registers: each change of a row leaves a row beside it, by trigger, and says who changed it, when and why.

What has a thread in the journal needs none. A change that nobody told about (by hand in the database) is kept too, without a name.
"""

from collections.abc import Iterable
from functools import wraps

import pghistory
from django.db import models
from pghistory.models import Event as KeptRow

from . import clock


class Event(KeptRow):
    """A row of a register as it was after a change. `pgh_context`: {"by", "at", "reason", "document", "run"} or null."""

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True


def keep(*tracked: type[models.Model], exclude: Iterable[str] = ()) -> None:
    """Keep the history of these models, without the fields of `exclude`, whose changes alone leave nothing."""
    for model in tracked:
        events = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
        pghistory.track(*events, exclude=list(exclude), context_id_field=None, base_model=Event)(model)


def told(*, by, reason: str = "", document: str = "", run: int | None = None) -> pghistory.context:
    """Changes inside the block are said to be by `by` (an actor or a label), now, for this reason, by this paper, in this import."""
    label = by if isinstance(by, str) else by.actor.label
    about = {"by": label, "at": clock.now().isoformat(), "reason": reason, "document": document, "run": run}
    return pghistory.context(**{name: value for name, value in about.items() if value})


def tells(verb):
    """A verb whose changes of registers say who made them and why: its `by=`, and `reason=` and `document=` where it has them."""

    @wraps(verb)
    def run(*things, by, **given):
        with told(by=by, reason=given.get("reason", ""), document=given.get("document", "")):
            return verb(*things, by=by, **given)

    return run


def seed(apps, app: str) -> None:
    """For a migration: what the tables of an app hold already is the first state of their history."""
    from django.db import connection

    for model in apps.get_app_config(app).get_models():
        if not model.__name__.endswith("Event") or "pgh_obj" not in {field.name for field in model._meta.fields}:
            continue
        names = [field.column for field in model._meta.fields if not field.name.startswith("pgh_")]
        columns = ", ".join(f'"{name}"' for name in names)
        source = model._meta.get_field("pgh_obj").related_model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{model._meta.db_table}" (pgh_created_at, pgh_label, pgh_obj_id, {columns})'  # noqa: S608  our own names
                f' SELECT now(), \'insert\', id, {columns} FROM "{source}"'
            )
