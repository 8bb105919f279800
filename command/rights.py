"""The right to act in one matter, asked at the moment of each act: before somebody is sent, and whenever he accepts, arrives or feeds back."""

from contextlib import contextmanager
from dataclasses import replace

from django.db import IntegrityError
from django.db.models import Func, TextField, Value
from django.utils.translation import gettext as _

from cases.models import Case, JointPart
from cases.rulebook import ZONES, Rulebook, current
from enforcement import qualification
from enforcement.models import Certificate, Item, Officer
from enforcement.qualification import Matter
from journal import clock
from journal.refused import Refused

from .models import Dispatch


class Threads(Func):
    """Threads of all cases that are one matter with a case (its key), for `…__in=`: what it follows or was merged into, what follows it
    or was merged into it, and so on. The database finds them in the statement that asks (`command_threads()`)."""

    function, template, output_field = "command_threads", "(SELECT %(function)s(%(expressions)s))", TextField()


def matter_of(case: Case, part: JointPart | None = None, *, rules: Rulebook | None = None) -> Matter:
    """What an officer acts on in a case, or in his unit's part of it: fields of its category (the part's own, where it has one), its places,
    and all cases that are one matter with it. No statement but the rules' own."""
    rules = rules or current()
    rules.fill(case)
    zones = {kind: getattr(case, kind).code for kind in ZONES if getattr(case, f"{kind}_id")}
    own = part and part.department
    fields = frozenset({own}) if own else frozenset(rules.items[pk].department for pk in rules.items_of.get(case.category_id, ()))
    return Matter(fields, zones.get("township"), frozenset(zones.values()), Threads(Value(case.pk)))


def bar(officer: Officer, matter: Matter) -> str:
    """What bars an officer of `qualification.looked_at` from being sent and from acting on an order, "" when nothing does.
    A helper goes along without deciding."""
    found = qualification.bar(officer, matter)
    return "" if found == qualification.HELPER else found


def _of_order(order: Dispatch, officer: Officer, matter: Matter) -> str:
    """As `bar`; whoever has become a helper since he was sent to lead may not go on."""
    return bar(officer, matter) or (qualification.HELPER if officer.is_helper and (order.is_lead or order.is_first) else "")


def check(dispatch: Dispatch) -> dict | None:
    """The certificate that counts for an act on this order now, frozen (None: a helper's); refused with the rule that fails
    (行政处罚法 42, 43, 55)."""
    now, matter = clock.now(), matter_of(dispatch.case, dispatch.part)
    officer = qualification.looked_at(Officer.objects.filter(pk=dispatch.officer_id), matter, now).get()
    if why := _of_order(dispatch, officer, matter):
        raise Refused(_to_himself()[why], code=why, barred=True)
    return None if officer.is_helper else qualification.frozen(qualification.counting(officer.valid_certificates, matter), now)


def check_item(dispatch: Dispatch, item: Item) -> dict:
    """As `check`, for a decision on one item: the certificate has to be for its field. Another result may still be fed back."""
    now, matter = clock.now(), replace(matter_of(dispatch.case, dispatch.part), departments=frozenset({item.department}))
    certificates = Certificate.objects.valid(now).filter(officer=dispatch.officer_id).order_by("-valid_to", "number")
    found = qualification.counting(certificates, matter)
    if found is None:
        raise Refused(_("Your certificate does not cover this item."), code="item")
    return qualification.frozen(found, now)


@contextmanager
def held():
    """Around an act or a sending: a right that somebody takes away between the check and the write is refused by the database, and told in
    the words of the check."""
    try:
        yield
    except IntegrityError as error:
        guard, _of, why = (error.__cause__.diag.constraint_name or "").rpartition("_")
        if guard == "may_act" and why in _to_himself():
            raise Refused(_to_himself()[why], code=why, barred=True) from error
        if guard == "may_be_sent" and (words := qualification.words(why)) != why:
            sentence = _("Meanwhile something bars the officer from being sent: %(why)s.") % {"why": words}
            raise Refused(sentence, code="cannot_go", why=words) from error
        raise


def _to_himself() -> dict[str, str]:
    return {
        qualification.CLOSED: _("Your account is closed and you cannot act. The command centre has been told to send someone else."),
        qualification.SUSPENDED: _("You are suspended from duty and cannot act. The command centre has been told to send someone else."),
        qualification.RECUSED: _("You have to step aside in this matter. The command centre has been told to send someone else."),
        qualification.SEPARATED: _(
            "You have taken part in another office towards the party of this matter. The command centre has been told to send someone else."
        ),
        qualification.HELPER: _("A helper does not lead. The command centre has been told to send someone else."),
        qualification.UNCERTIFIED: _("Your certificate is not valid today. The command centre has been told to send someone else."),
        qualification.FIELD: _("Your certificate does not cover this field. The command centre has been told to send someone else."),
        qualification.AREA: _("Your certificate does not hold in this township. The command centre has been told to send someone else."),
    }


def bars(case: Case, orders: list[Dispatch]) -> list[tuple[Dispatch, str]]:
    """Active orders of a case, with their parts, each with what bars its officer now ("": nothing). Two statements, none without orders."""
    if not orders:
        return []
    now, matter = clock.now(), matter_of(case)
    officers = {one.pk: one for one in qualification.looked_at(Officer.objects.filter(pk__in=[o.officer_id for o in orders]), matter, now)}
    return [(order, _of_order(order, officers[order.officer_id], matter_of(case, order.part) if order.part_id else matter)) for order in orders]
