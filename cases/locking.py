"""The first step of every write: the case row, locked."""

from django.utils.translation import gettext as _

from journal import deadlines
from journal.models import Entry
from journal.refused import Refused

from .models import Case


@deadlines.locks("case")
def lock(case: Case | int) -> Case:
    """The case, fresh and locked until the end of the transaction (every verb of one case waits for the other)."""
    pk = case if isinstance(case, int) else case.pk
    # In one statement, a case whose category or owner changed while we waited would join its old ones, and so not be found.
    Case.objects.select_for_update().values_list("pk").get(pk=pk)
    return Case.objects.select_related("target_class", "category", "centre", "organisation").get(pk=pk)


def check_seen(case: Case, seen: int | None, by) -> None:
    """Refuse a press on a stale screen: another person has acted since `seen` (the version that the page showed)."""
    if seen is None or case.version <= seen:
        return
    other = (
        Entry.objects.filter(thread=case.thread, number__gt=seen, by_kind="user")
        .exclude(by_id=by.actor.id).exclude(verb__in=PASSIVE).order_by("-number").first()
    )  # fmt: skip
    if other:
        raise Refused(
            _("%(who)s has acted on this case meanwhile. Look at the new state and decide again.") % {"who": other.by_label},
            code="stale", by=other.by_label, verb=other.verb, version=case.version,
        )  # fmt: skip


PASSIVE = ("contact_read", "contact_opened", "delivered", "seen", "notified", "not_notified", "shortage")  # reading changes nothing
