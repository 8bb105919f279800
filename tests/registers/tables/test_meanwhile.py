"""Somebody changes a register on its page while an import is being written: neither is lost, and nobody's word is taken back."""

import threading
from datetime import date

import pytest
from django.db import connection
from django.utils import translation

from cases.county import storing
from cases.county.loading import load
from cases.county.tables import BY_NAME
from enforcement import equipment, posts, standing
from enforcement.models import Certificate, Equipment, EquipmentIssue, Officer, Organisation, PostChange, User
from enforcement.roles import Role
from grid.models import County
from journal import clock
from journal.refused import Refused
from registers import imports, planning
from registers.models import ImportRun
from registers.views.equipment import below
from tests import databases
from tests.conftest import NOON
from tests.registers.tables.files import checked, rows_of, said, xlsx


class Desk:
    """People of the registers, and what each does on a page of his own."""

    def __init__(self):
        self.admin = User.objects.get(role="system_admin", is_active=True)
        self.security = User.objects.get(role="security_admin", is_active=True)
        self.lawyer = User.objects.get(username="zx-legal-1")
        self.leader = User.objects.filter(role="shift_leader", organisation__code="ZX").first()

    def suspend(self, certificate: Certificate) -> None:
        standing.suspend_certificate(certificate, by=self.lawyer, reason="涉嫌违纪")

    def give_back(self, thing: Equipment) -> None:
        equipment.give_back(thing, condition="完好", by=self.leader, below=below)

    def make_deputy(self, user: User) -> None:
        posts.confirm(posts.ask(user, by=self.admin, role=Role.DEPUTY, organisation=user.organisation, reason="轮岗"), by=self.security)


@pytest.fixture
def desk(committing, noon) -> Desk:
    return Desk()


def elsewhere(act) -> threading.Thread:
    """Somebody else does it, on a connection of his own."""
    def run():
        with clock.at(NOON), translation.override("en"):
            try:
                act()
            except Exception as error:
                thread.failed = error
            finally:
                connection.close()

    thread = threading.Thread(target=run)
    thread.failed = None
    thread.start()
    return thread


@pytest.fixture
def meanwhile(monkeypatch):
    """`meanwhile(act)`: somebody else does it once, after the writer of an import has planned and before he writes."""
    plan, all_begun = planning.plan, []

    def arrange(act, *, wait: float | None = 30) -> list[threading.Thread]:
        begun = []

        def planned(*given, **named):
            made = plan(*given, **named)
            if not begun:
                begun.append(elsewhere(act))
                all_begun.append(begun[0])
                begun[0].join(wait)
            return made

        monkeypatch.setattr(imports.planning, "plan", planned)
        return begun

    yield arrange
    for thread in all_begun:
        thread.join(30)
        assert thread.failed is None, thread.failed


def row_of(register: str, key: str, **cells: str) -> bytes:
    """A file of one row of the register with other cells."""
    header, *rows = rows_of(register)
    row = next(list(row) for row in rows if row[0] == key)
    for name, cell in cells.items():
        row[header.index(name)] = cell
    return xlsx([header, row])


def ordered(register: str, content: bytes, by: User) -> ImportRun:
    run = checked(register, content, by)
    assert run.state == "ready", said(run)
    return imports.order(run, by=by, reason="更新")


def written(run: ImportRun) -> ImportRun:
    imports.apply(run.pk)
    return ImportRun.objects.get(pk=run.pk)


def test_a_certificate_that_is_suspended_meanwhile_stays_suspended(desk, meanwhile):
    other, listed = Certificate.objects.filter(officer__user__is_active=True).order_by("number")[:2]
    run = ordered("certificates", row_of("certificates", listed.number, issued_by="省司法厅"), desk.admin)
    meanwhile(lambda: desk.suspend(other))
    assert written(run).state == "applied"
    assert Certificate.objects.get(pk=other.pk).status == "suspended"
    assert Certificate.objects.get(pk=listed.pk).issued_by == "省司法厅"


def test_equipment_that_comes_back_meanwhile_stays_back(desk, meanwhile):
    other, listed = Equipment.objects.filter(holder__isnull=False, organisation__centre__isnull=False).order_by("code")[:2]
    run = ordered("equipment", row_of("equipment", listed.code, name="新名"), desk.admin)
    meanwhile(lambda: desk.give_back(other))
    assert written(run).state == "applied"
    assert Equipment.objects.get(pk=other.pk).holder is None and Equipment.objects.get(pk=listed.pk).name == "新名"
    assert EquipmentIssue.objects.filter(equipment=other).get().returned_at


def test_a_post_that_is_confirmed_meanwhile_stays_confirmed_or_waits(desk, meanwhile):
    person, listed = User.objects.filter(role=Role.CALL_TAKER, is_active=True).order_by("username")[:2]
    run = ordered("officers", row_of("officers", listed.username, phone="100-0000-0999"), desk.admin)
    begun = meanwhile(lambda: desk.make_deputy(person), wait=1)
    assert written(run).state == "applied"
    begun[0].join(30)
    person.refresh_from_db()
    listed.refresh_from_db()
    assert (person.role, listed.phone) == (Role.DEPUTY, "100-0000-0999")


def test_a_row_of_the_file_that_somebody_changes_meanwhile_is_not_written_over(desk, meanwhile):
    listed = Equipment.objects.filter(holder__isnull=False, organisation__centre__isnull=False).order_by("code").first()
    run = ordered("equipment", row_of("equipment", listed.code, name="新名"), desk.admin)
    meanwhile(lambda: desk.give_back(listed))
    run = written(run)
    assert (run.state, run.sentence) == ("ready", "The registers have changed since this was checked. Look again at what would change now.")
    assert ["holder", "", listed.holder.user.username] in run.result["rows"][0][3]
    listed.refresh_from_db()
    assert (listed.holder, listed.name) != (None, "新名")


def test_what_became_something_else_since_the_dry_run_is_shown_anew(desk):
    listed = Equipment.objects.filter(holder__isnull=False, organisation__centre__isnull=False).order_by("code").first()
    run, version = ordered("equipment", row_of("equipment", listed.code, name="新名"), desk.admin), County.objects.get().rules_version
    desk.give_back(listed)
    run = written(run)
    assert (run.state, "have changed since" in run.sentence, County.objects.get().rules_version) == ("ready", True, version)
    assert Equipment.objects.get(pk=listed.pk).holder is None
    imports.order(run, by=desk.admin, reason="更新")
    assert written(run).state == "applied"
    assert Equipment.objects.get(pk=listed.pk).holder == listed.holder


def test_a_row_from_a_form_is_tried_again_once(desk, meanwhile):
    listed = Equipment.objects.filter(holder__isnull=False, organisation__centre__isnull=False).order_by("code").first()
    header, row = rows_of("equipment")[0], next(row for row in rows_of("equipment") if row[0] == listed.code)
    cells = dict(zip(header, row, strict=True)) | {"name": "新名", "holder": ""}
    meanwhile(lambda: desk.give_back(listed))
    assert imports.put_row(table=BY_NAME["equipment"], cells=cells, by=desk.admin, reason="更名").state == "applied"
    assert Equipment.objects.get(pk=listed.pk).name == "新名"


def test_a_row_that_is_changed_again_and_again_is_refused_with_a_sentence(desk, monkeypatch):
    listed, plan, dates = Equipment.objects.order_by("code").first(), planning.plan, iter(range(1, 9))

    def planned(*given, **named):
        made = plan(*given, **named)
        elsewhere(lambda: Equipment.objects.filter(pk=listed.pk).update(service_due=date(2027, 1, next(dates)))).join(30)
        return made

    monkeypatch.setattr(imports.planning, "plan", planned)
    header, row = rows_of("equipment")[0], next(row for row in rows_of("equipment") if row[0] == listed.code)
    run = imports.put_row(table=BY_NAME["equipment"], cells=dict(zip(header, row, strict=True)) | {"name": "新名"}, by=desk.admin, reason="更名")
    assert (run.state, run.sentence) == ("refused", "Somebody else has just changed this register. Nothing was written; please try again.")
    assert Equipment.objects.get(pk=listed.pk).name == listed.name and next(dates) == 3


def test_nobody_becomes_an_administrator_beside_a_post_that_a_list_gives_him_at_that_moment(desk, meanwhile):
    centre = Organisation.objects.get(code="ZX")
    change = posts.create(by=desk.admin, username="new-admin", name="新人", staff_number="N-1", organisation=centre, role=Role.AUDIT_ADMIN,
                          reason="新进人员")  # fmt: skip
    listed = Officer.objects.filter(user__staff_number="", is_helper=False).order_by("pk").first().user
    run, refused = ordered("officers", row_of("officers", listed.username, staff_number="N-1"), desk.admin), []

    def confirm():
        try:
            posts.confirm(change, by=desk.security)
        except Refused as found:
            refused.append(found.code)

    begun = meanwhile(confirm, wait=1)
    assert written(run).state == "applied"
    begun[0].join(30)
    assert refused == ["one_post"]
    assert PostChange.objects.get(pk=change.pk).state == "asked"
    assert list(User.objects.filter(staff_number="N-1", is_active=True)) == [listed]


def test_a_load_of_files_writes_over_nothing_that_was_decided_at_that_moment(desk, monkeypatch):
    certificate = Certificate.objects.filter(officer__user__is_active=True).order_by("number").first()
    Certificate.objects.filter(pk=certificate.pk).update(issued_by="x")  # so that the files write it
    people = storing._people

    def first_people(*given):
        people(*given)
        elsewhere(lambda: desk.suspend(certificate)).join(30)

    monkeypatch.setattr(storing, "STEPS", tuple((files, first_people if step is people else step) for files, step in storing.STEPS))
    with pytest.raises(Refused, match="Nothing was loaded; please load again"):
        load(databases.COUNTY)
    assert Certificate.objects.get(pk=certificate.pk).status == "suspended"
    monkeypatch.undo()
    assert load(databases.COUNTY)[0] == []
    certificate.refresh_from_db()
    assert certificate.status == "suspended" and certificate.issued_by != "x"
