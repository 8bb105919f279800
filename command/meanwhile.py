"""What others have done with a case since somebody looked at it last: told in sentences, so that no conflict is won silently."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.locking import PASSIVE
from cases.models import Case
from journal.models import Entry
from journal.refused import Refused
from journal.spoken import when

from .sentences import sentence

QUIET = (*PASSIVE, "warned", "overdue", "escalated")  # what the clock says of time, and what changes nothing
UNQUOTED = ("sent", "reserved")  # the reasons of a suggestion are for the timeline
TOLD = 3  # at most, the newest


def acts(case: Case, user, seen: int) -> list[str]:
    """["段立娟 · 县指挥中心 14:03：派遣 张三", …] of everybody but `user` since version `seen`, in order."""
    found = Entry.objects.filter(thread=case.thread, number__gt=seen).exclude(by_kind="user", by_id=user.actor.id).exclude(verb__in=QUIET)
    return [
        _("%(who)s %(time)s: %(what)s") % {"who": entry.who, "time": when(entry.at), "what": sentence(entry, quotes=entry.verb not in UNQUOTED)}
        for entry in reversed(found.order_by("-number")[:TOLD])
    ]  # fmt: skip


def completed(refused: Refused, case: Case, user, seen: int | None) -> Refused:
    """A refusal of a press on a screen that showed version `seen`: with who has done what meanwhile, and what can be done now."""
    told = acts(case, user, seen) if seen is not None and refused.status == Refused.status else []
    if not told:
        return refused
    now = Case.objects.values_list("version", flat=True).get(pk=case.pk)
    what_next = {
        "stale": _("What you entered is kept. Look at the new state; pressing again does it all the same."),
        "already_sent": _("What you entered is kept. You can send somebody along, or call back first and send anew."),
    }.get(refused.code) or f"{refused.sentence} {_('What you entered is kept.')}"
    told_all = pgettext("between what several people did", "; ").join(one.rstrip("。.") for one in told)
    said = _("%(told)s. %(next)s") % {"told": told_all, "next": what_next}
    return Refused(said, code=refused.code, **(refused.extra | {"version": now}))
