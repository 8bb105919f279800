"""Whatever may bar an officer from a case, as the registers would have it."""

from datetime import date

from cases.models import Case
from command.models import Dispatch
from enforcement.models import Officer, PartyAct, Recusal

CODE, NAME = "91131128MA0CAB0X1T", "阜城县某某商贸有限公司"  # checked in test_separation.py
LONG_AGO = date(2020, 1, 1)


def recuse(officer: Officer, **where) -> Recusal:
    return Recusal.objects.create(officer=officer, relation="kin", note="是当事人的舅舅", valid_from=LONG_AGO, **where)


def did(user, act: str, *, source: str = "许可决定书第1号", party: str = CODE) -> PartyAct:
    return PartyAct.objects.create(user=user, party=party, party_name=NAME, act=act, acted_on=LONG_AGO, source=source)


def _named(case: Case, officer: Officer) -> None:
    """The party is known from an earlier round, which others worked."""
    other = Officer.objects.exclude(pk=officer.pk).filter(is_helper=False, organisation__centre__code="SC").select_related("user").first()
    did(other.user, "inspecting", source=case.thread)


def _by_party(case: Case, officer: Officer, moment) -> None:
    _named(case, officer)
    recuse(officer, party=CODE)


def _by_name(case: Case, officer: Officer, moment) -> None:
    _named(case, officer)
    recuse(officer, party_name=NAME)


def _separated(case: Case, officer: Officer, moment) -> None:
    _named(case, officer)
    did(officer.user, "licensing")


def _certificates(**changes):
    return lambda case, officer, moment: officer.certificates.update(**changes)


# Name → what it does to the registers, and the rule that then fails.
BARS = {
    "suspended": (lambda case, officer, moment: Officer.objects.filter(pk=officer.pk).update(suspended_at=moment), "suspended"),
    "certificate suspended": (_certificates(status="suspended"), "certificate"),
    "certificate over": (_certificates(valid_to=date(2026, 11, 23)), "certificate"),
    "another field": (_certificates(fields=["不相干的部门"]), "field"),
    "another township": (_certificates(townships=["131128202"]), "area"),
    "lives there": (lambda case, officer, moment: recuse(officer, zone=case.grid.code), "recused"),
    "this matter": (lambda case, officer, moment: recuse(officer, thread=case.thread), "recused"),
    "the party's relative": (_by_party, "recused"),
    "the party's relative, by name": (_by_name, "recused"),
    "licensed the party": (_separated, "separated"),
}


def bar(name: str, order: Dispatch | None, case: Case, officer: Officer, moment) -> str:
    """Apply it; the code of the refusal that follows."""
    change, code = BARS[name]
    change(case, officer, moment)
    return code
