"""Each register before each post: its readers read, its editors edit, for everybody else it is not there."""

import pytest

from cases.county.tables import BY_NAME
from enforcement.models import User
from enforcement.roles import REGISTER_EDITORS, REGISTER_READERS, Role
from journal.refused import Refused
from registers import imports, rights
from registers.models import ImportRun
from registers.rights import PERSONAL
from registers.sections import sections_for
from tests.addresses import holder
from tests.cast import Cast
from tests.registers.tables.files import checked, rows_of, xlsx

ALL = sorted(BY_NAME)


def test_every_register_has_an_editor_and_more_readers():
    assert set(REGISTER_EDITORS) == set(REGISTER_READERS) == set(BY_NAME)
    assert all(editors and editors <= REGISTER_READERS[name] for name, editors in REGISTER_EDITORS.items())


@pytest.mark.parametrize("role", list(Role))
def test_a_register_is_there_for_its_readers_and_changed_by_its_editors_only(at_desk, cast, role):
    person = holder(cast, role)
    client = at_desk(person)
    for name in ALL:
        reads, edits = role in REGISTER_READERS[name], role in REGISTER_EDITORS[name]
        for path, fits in (("", reads), ("export.csv", reads), ("template.xlsx", reads), ("import/", edits), ("new/", edits)):
            assert client.get(f"/registers/tables/{name}/{path}").status_code == (200 if fits else 404), (name, path)
        assert client.post(f"/registers/tables/{name}/import/").status_code == (422 if edits else 404)
        assert client.post(f"/registers/tables/{name}/new/", {"reason": ""}).status_code == (422 if edits else 404)
    seen = [section.url for section in sections_for(person)]
    for section, path in (("register-lists", "lists"), ("register-imports", "imports")):
        assert client.get(f"/registers/{path}/").status_code == (200 if section in seen else 404)


def test_whom_an_officer_is_related_to_and_where_cameras_are_is_not_for_every_administrator(at_desk, db, noon):
    shut = {Role.SECURITY_ADMIN: {"recusals", "party_acts", "cameras"}, Role.AUDIT_ADMIN: {"recusals", "party_acts", "cameras"},
            Role.SHIFT_LEADER: set(PERSONAL), Role.SYSTEM_ADMIN: set()}  # fmt: skip
    for role, names in shut.items():
        client = at_desk(holder(Cast(), role))
        assert {name for name in ALL if client.get(f"/registers/tables/{name}/").status_code == 404} == names, role
        page = client.get("/registers/lists/").content.decode()
        assert all(f"/tables/{name}/" not in page for name in names)


def test_a_legal_reviewer_of_the_town_reads_the_countys_powers_and_changes_none(at_desk, db, noon):
    person = User.objects.get(username="gc-legal-1")
    client = at_desk(person)
    assert client.get("/registers/tables/items/").status_code == 200
    for path in ("import/", "new/"):
        assert client.get(f"/registers/tables/items/{path}").status_code == 404
    with pytest.raises(Refused, match="Your post"):
        imports.receive(table=BY_NAME["items"], name="a.xlsx", content=xlsx(rows_of("items")[:2]), by=person)
    with pytest.raises(Refused, match="Your post"):
        imports.put_row(table=BY_NAME["items"], cells={}, by=person, reason="x")
    assert not ImportRun.objects.exists()


def test_who_reads_a_register_sees_its_imports_and_decides_none(at_desk, lawyer, admin):
    header, first, *_rest = rows_of("items")
    run = checked("items", xlsx([header, [first[0], "改名", *first[2:]]]), lawyer)
    relation = ["gc-officer-1", "kin", "", "某公司", "", "", "", "", "2026-01-01", "", "yes"]
    secret = checked("recusals", xlsx([rows_of("recusals")[0], relation]), admin)
    reader = at_desk(holder(Cast(), Role.AUDIT_ADMIN))
    listed = reader.get("/registers/imports/").content.decode()
    assert f"/registers/imports/{run.pk}/" in listed and f"/registers/imports/{secret.pk}/" not in listed
    assert "Apply" not in reader.get(f"/registers/imports/{run.pk}/").content.decode()
    for path in ("", "progress/", "file/"):
        assert reader.get(f"/registers/imports/{secret.pk}/{path}").status_code == 404
    for verb in ("apply", "discard"):
        assert reader.post(f"/registers/imports/{run.pk}/{verb}/", {"reason": "x"}).status_code == 409
        assert reader.post(f"/registers/imports/{secret.pk}/{verb}/", {"reason": "x"}).status_code == 404
    run.refresh_from_db()
    assert run.state == "ready"


def test_exports_of_people_hold_no_password(at_desk, admin):
    person = User.objects.get(username="zx-call-1")
    person.set_password("geheim-geheim-1")
    person.save()
    text = at_desk(admin).get("/registers/tables/officers/export.csv").content.decode()
    assert person.username in text and person.phone in text
    assert "argon2" not in text and "password" not in text.casefold()


def test_rights_are_asked_for_by_name_and_unknown_names_are_nobodys(lawyer):
    assert not rights.may_read(lawyer, "nothing") and not rights.may_edit(lawyer, "nothing")
