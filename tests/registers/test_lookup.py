"""Django's admin under /registers/admin/: every address of it, before every post, with every method; it reads registers and nothing else."""

import re

import pytest
from django.apps import apps

from cases.models import Case, Contact, Photo, Report
from enforcement.models import Account, Baseline, PostChange, User
from enforcement.roles import Role
from journal.models import CalendarDay, Entry
from registers.lookup import LABELS, REGISTERS
from registers.views.lookup import site
from tests.addresses import holder
from tests.cast import sign_in
from tests.pages import Html
from tests.test_pages import county_words, of_page  # noqa: F401  the fixture

METHODS = ("post", "put", "patch", "delete")


def addresses() -> list[str]:
    """Every address that the site has, with a row that is there."""
    found = ["", *(f"{label}/" for label in sorted({one.model._meta.app_label for one in REGISTERS}))]
    for one in REGISTERS:
        base = f"{one.model._meta.app_label}/{one.model._meta.model_name}/"
        row = one.model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        found += [base, *([f"{base}{row}/"] if row else [])]
    return [f"/registers/admin/{path}" for path in found]


def test_the_walk_knows_every_address_of_the_site(db):
    routes = {str(pattern.pattern) for pattern in site.get_urls()}
    assert len(routes) == 2 + 2 * len(REGISTERS)
    assert not any(word in route for route in routes for word in ("add", "delete", "history", "login", "password", "jsi18n"))


def test_it_opens_for_the_system_administrator_only_and_reads_only(client, cast):
    for role in Role:
        client.cookies.clear()
        sign_in(client, holder(cast, role), "registers")
        for url in addresses():
            status = client.get(url).status_code
            assert status == (200 if role == Role.SYSTEM_ADMIN else 404), (role, url, status)
            if role == Role.SYSTEM_ADMIN:
                assert {getattr(client, method)(url).status_code for method in METHODS} == {405}, url
    client.cookies.clear()
    sign_in(client, holder(cast, Role.SYSTEM_ADMIN), "command")
    for url in addresses():
        assert client.get(url).url.startswith("/registers/login/?next="), "another surface's session opens nothing here"


@pytest.mark.parametrize("path", ["enforcement/item/add/", "enforcement/item/1/change/", "enforcement/item/1/delete/", "enforcement/item/1/history/",
                                  "login/", "logout/", "password_change/", "r/1/1/", "autocomplete/", "auth/", "cases/case/", "cases/contact/",
                                  "journal/entry/", "sessions/session/", "command/track/", "enforcement/item/999999999/"])  # fmt: skip
def test_what_would_write_or_show_more_is_not_there(client, cast, path):
    sign_in(client, holder(cast, Role.SYSTEM_ADMIN), "registers")
    assert client.get(f"/registers/admin/{path}").status_code == 404


def test_cases_reports_contacts_photos_the_journal_sessions_and_tracks_are_no_registers():
    shown = {one.model for one in REGISTERS}
    assert shown.isdisjoint({Case, Report, Contact, Photo, Entry, Account, PostChange})
    for label in ("sessions", "axes", "command", "admin", "auth", "contenttypes"):
        assert shown.isdisjoint(apps.get_app_config(label).get_models())
    for one in REGISTERS:
        kinds = {one.model._meta.get_field(name).get_internal_type() for name in one.columns}
        assert not any("Polygon" in kind or "Point" in kind or "LineString" in kind or "JSON" in kind for kind in kinds), one.model
        assert set(one.columns) <= LABELS.keys() and "password" not in one.columns


def test_it_has_no_script_and_no_style_of_the_page_itself(client, cast):
    sign_in(client, holder(cast, Role.SYSTEM_ADMIN), "registers")
    for url in addresses():
        answer = client.get(url)
        page = Html.of(answer.content.decode())
        assert all(script["nonce"] for script in page.inline), "the frame's import map alone"
        assert not [given for _tag, given in page.tags if "style" in given or any(name.startswith("on") for name in given)], url
        assert [given.get("type") for tag, given in page.tags if tag in ("script", "style")] == ["importmap"], url
        assert "'unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_speaks_one_language(client, cast, county_words, language):  # noqa: F811
    sign_in(client, User.objects.get(role=Role.SYSTEM_ADMIN, is_active=True), "registers")
    client.cookies["django_language"] = language
    data = {*Baseline.objects.values_list("unit", flat=True), *CalendarDay.objects.values_list("source", flat=True)} - {""}
    cells = re.compile(f"(?<=>)({'|'.join(map(re.escape, data))})(?=<)")
    found = {}
    for url in addresses():
        html = client.get(url).content.decode()
        for word in of_page(cells.sub("·", html) if language == "en" else html, language, county_words):
            found.setdefault(word, url)
    assert found == {}


def test_a_list_is_searched_and_costs_the_same_however_long(client, cast, django_assert_max_num_queries):
    sign_in(client, holder(cast, Role.SYSTEM_ADMIN), "registers")
    assert cast.officer.badge in client.get(f"/registers/admin/enforcement/officer/?q={cast.officer.badge}").content.decode()
    for path in ("enforcement/item/", "enforcement/basis/", "enforcement/officer/", "grid/zone/", "cases/category/"):
        with django_assert_max_num_queries(10):
            client.get(f"/registers/admin/{path}")
