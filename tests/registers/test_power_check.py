"""The power check: each kind of finding comes when it is true and goes when it is put right, and leads to the item."""

from datetime import date, timedelta

import pytest

from cases import rulebook
from enforcement.models import Basis, Certificate, Item, Organisation, Transfer
from enforcement.roles import Role
from grid.models import Zone
from journal import clock
from registers import power_check
from tests.cast import sign_in

STRAW, TREES = "HB-CF-001", "CG-CF-001"


def findings(kind: str) -> list[power_check.Finding]:
    rulebook.forget()
    return power_check.check(rulebook.current(), clock.today())[kind]


def codes(kind: str) -> list[str]:
    return [one.item.code for one in findings(kind)]


def change(what: str) -> None:
    yesterday = clock.today() - timedelta(days=1)
    if what == "basis":
        Basis.objects.filter(item__code=STRAW, valid_to=None).update(valid_to=yesterday)
    elif what == "holder":
        Transfer.objects.filter(item__code=STRAW).delete()
        Item.objects.filter(code=STRAW).update(holder=None)
    elif what == "subject":
        Organisation.objects.filter(code="HB").update(legal_subject=None)
    elif what == "officers":
        Certificate.objects.filter(officer__organisation__centre__code="HB").update(status="suspended")
    else:
        Transfer.objects.filter(item__code=STRAW).update(valid_to=clock.today() + timedelta(days=60))


@pytest.mark.parametrize("kind", list(power_check.CHECKS))
def test_a_finding_comes_when_it_is_true(db, noon, kind):
    assert STRAW not in codes(kind)
    change(kind)
    assert STRAW in codes(kind)


def test_what_is_not_in_force_is_no_finding_and_61_days_are_not_soon(db, noon):
    change("basis")
    Item.objects.filter(code=STRAW).update(valid_to=clock.today() - timedelta(days=1))
    assert STRAW not in codes("basis")
    Transfer.objects.filter(item__code=TREES).update(valid_to=clock.today() + timedelta(days=61))
    assert TREES not in codes("ending")


def test_a_certificate_of_another_field_is_none_for_this_one(db, noon):
    Certificate.objects.filter(officer__organisation__centre__code="HB").update(fields=["交通局"])
    assert STRAW in codes("officers")
    Certificate.objects.filter(officer__organisation__centre__code="HB")[:1].get().officer.certificates.update(fields=[])
    assert STRAW not in codes("officers")


def test_a_certificate_counts_in_its_townships_only(db, noon):
    """Straw is HB's where it was not handed down: certificates for other townships leave those without anybody."""
    ours = Certificate.objects.filter(officer__organisation__centre__code="HB")
    item = Item.objects.get(code=STRAW)
    handed_down = set(Transfer.objects.filter(item=item, valid_to=None).values_list("township", flat=True))
    townships = Zone.objects.filter(kind="township", is_active=True).order_by("code")
    first, *rest = [zone for zone in townships if zone.code not in handed_down]
    ours.update(townships=[zone.code for zone in rest])
    found = [one.words for one in findings("officers") if one.item == item]
    assert len(found) == 1 and first.name in found[0] and not any(zone.name in found[0] for zone in rest)
    one = ours.first()
    Certificate.objects.filter(pk=one.pk).update(townships=[first.code])
    assert STRAW not in codes("officers"), "together they cover all of it"
    ours.update(townships=sorted(handed_down) or ["x"])
    assert STRAW in codes("officers")


def test_the_page_counts_each_kind_and_leads_to_the_item(client, cast):
    change("basis")
    rulebook.forget()
    sign_in(client, cast.supervisor, "registers")
    html = client.get("/registers/powers/").content.decode()
    assert f'href="/disclosure/items/{STRAW}/"' in html
    assert 'aria-current="true"' in html
    assert "Nothing of this kind" not in html
    other = client.get("/registers/powers/?finding=holder").content.decode()
    assert f"/disclosure/items/{STRAW}/" not in other


def test_the_statements_do_not_grow_with_the_findings(client, cast, django_assert_max_num_queries):
    sign_in(client, cast.person(Role.LEGAL_REVIEWER, centre="ZX"), "registers")
    client.get("/registers/powers/")
    few = len(codes("officers"))
    Certificate.objects.update(status="revoked", valid_to=date(2026, 12, 31))
    assert len(codes("officers")) > few + 100
    with django_assert_max_num_queries(8):
        assert len(client.get("/registers/powers/?finding=officers").content) < 100_000
