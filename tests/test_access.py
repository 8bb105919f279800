"""Who may come in where: the table in `tests/addresses.py` is the site. (What each address answers to each post: test_access_list.py.)"""

import runpy
from itertools import groupby

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from cases import drafts, ratelimit
from cases.models import Case, Photo
from command import dispatch
from config.surfaces import SURFACES
from enforcement.roles import SURFACE_ROLES, Role
from journal import push
from tests.addresses import ACTIONS, ADDRESSES, CLIENTS, COUNTYS, EVERYONE, PREFIXES, VISITORS, Things, holder
from tests.cast import Cast, photo_drafts, photo_file, sign_in
from tests.databases import ROOT
from tests.recipes import recipe

STAFF = [address for address in ADDRESSES if address.is_staff]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
SCRIPT = {"HTTP_X_REQUESTED_WITH": "fetch", "HTTP_ACCEPT": "application/json"}


def together(addresses):
    """One test for all addresses about the same kind of thing: it is made once."""

    def key(address):
        return (address.surface.name, address.of)

    groups = [(key, list(found)) for key, found in groupby(sorted(addresses, key=key), key)]
    return pytest.mark.parametrize("addresses", [found for _key, found in groups], ids=[" ".join(key).strip() for key, _found in groups])


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})


@pytest.fixture
def things(case_at) -> Things:
    return Things(case_at)


def ask(client: Client, method: str, url: str, things: Things | None = None, **extra):
    """A request with as much of a form as the address needs to find its object."""
    data = {"pause": things.pause.pk} if things and "-pause/" in url else {}
    return getattr(client, method.lower())(url, data if method == "POST" else None, **extra)


def asks_to_sign_in(answer, surface) -> bool:
    return answer.status_code == 302 and answer.url.startswith(f"{surface.path}login/?next=")


# --- the table is the site -----------------------------------------------------------------------
def routes(patterns, prefix: str = ""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route in PREFIXES:
            assert (ROOT / PREFIXES[route]).is_file()
            continue
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def test_every_address_has_an_owner_and_no_owner_outlives_his_address():
    found, table = list(routes(get_resolver().url_patterns)), [address.route for address in ADDRESSES]
    assert sorted(set(found) - set(table)) == [], "not in tests/addresses.py"
    assert sorted(set(table) - set(found)) == [], "no longer on the site"
    assert len(table) == len(set(table)) and len(found) == len(set(found)), "twice"


def test_production_has_everything_but_the_demonstration(settings):
    settings.DEMO = False
    found = routes(runpy.run_path(str(ROOT / "config" / "urls.py"))["urlpatterns"])
    assert sorted(found) == sorted(address.route for address in ADDRESSES if address.who != VISITORS)


# --- the door ------------------------------------------------------------------------------------
def test_nobody_is_asked_to_sign_in_and_learns_nothing(client, db):
    for address in STAFF:
        for method in address.methods.split():
            url = address.url(key=address.unknown)
            assert asks_to_sign_in(ask(client, method, url), address.surface), (method, url)
            quiet = ask(client, method, url, **SCRIPT)
            assert (quiet.status_code, quiet.json()) == (401, {"code": "login"}), (method, url)


def test_who_is_signed_in_on_another_surface_is_nobody_here(client, db):
    for address in STAFF:
        client.cookies.clear()
        person = holder(Cast(), sorted(address.who)[0])
        for surface in SURFACES:
            if surface != address.surface:
                sign_in(client, person, surface.name)
        for method in address.methods.split():
            assert asks_to_sign_in(ask(client, method, address.url(key=address.unknown)), address.surface), (method, str(address))


def test_what_is_public_opens_without_an_account(client, things):
    draft, code = drafts.preview_key(things.public_draft), things.code
    for address in ADDRESSES:
        if address.who in (EVERYONE, VISITORS) and "GET" in address.methods and address.route != "t/<str:code>/photos/<uuid:pk>/":
            answer = client.get(f"{address.url(things)}?key={draft}&code={code}")
            others = {"healthz": (200, 503), "i18n/setlang/": (302,), "map/tiles/<int:z>/<int:x>/<int:y>": (404,)}  # no map service is set here
            assert answer.status_code in others.get(address.route, (200, 202)), str(address)


def test_programs_need_a_key(client, db):
    for address in ADDRESSES:
        for headers in ({}, {"Authorization": "Key of-nobody"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Key"}):
            if address.who == CLIENTS:
                answer = client.post(address.url(), {}, content_type="application/json", headers=headers)
                assert answer.status_code == 401 and answer.json()["detail"], (str(address), headers)


def test_other_methods_are_not_taken(client, db):
    for address in ADDRESSES:
        if address.is_staff:
            sign_in(client, holder(Cast(), sorted(address.who)[0]), address.surface.name)
        for method in METHODS - set(address.methods.split()):
            status = ask(client, method, address.url(key=address.unknown)).status_code
            assert status == (401 if address.who == CLIENTS else 405), (method, str(address), status)


def test_a_form_of_another_site_is_refused(db):
    client = Client(enforce_csrf_checks=True)
    for address in ADDRESSES:
        if not address.checks_token:
            continue
        if address.is_staff:
            sign_in(client, holder(Cast(), sorted(address.who)[0]), address.surface.name)
        for method in set(address.methods.split()) - {"GET"}:
            url = address.url(key=address.unknown)
            assert ask(client, method, url).status_code == 403, (method, url)
            assert ask(client, method, url, **SCRIPT).json()["code"] == "csrf", (method, url)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://testserver.evil.example"])
def test_the_doors_of_the_demonstration_open_only_from_its_own_page(client, cast, origin):
    for surface in SURFACES:
        assert client.post(f"{surface.path}enter/", headers={"Origin": origin}).status_code == 404
    assert not any(name.startswith("session_") and client.cookies[name].value for name in client.cookies)


def test_the_doors_of_the_demonstration_never_open_for_real_people(client, cast):
    type(cast.dispatcher).objects.update(is_demo=False)
    for surface in SURFACES:
        assert client.post(f"{surface.path}enter/", headers={"Origin": "http://testserver"}).status_code == 404


# --- other people's things -----------------------------------------------------------------------
@together([address for address in STAFF if address.of and address.of not in COUNTYS])
def test_what_belongs_to_another_centre_or_officer_is_not_there(client, things, addresses):
    cast, surface = things.cast, addresses[0].surface.name
    strangers = {
        "command": [cast.dispatcher_elsewhere], "supervision": [cast.person(Role.SHIFT_LEADER, centre="SC")],
        "officer": [cast.companion.user, cast.officer_elsewhere.user, cast.helper.user],
        "registers": [cast.person(Role.SHIFT_LEADER, centre="SC"), cast.dispatcher_elsewhere],
    }[surface]  # fmt: skip
    urls = [(address, address.url(things)) for address in addresses]
    form = {"pause": things.pause.pk}
    before = list(Case.objects.order_by("pk").values_list("pk", "version", "state"))
    for person in strangers:
        sign_in(client, person, surface)
        for address, url in urls:
            for method in address.methods.split():
                assert getattr(client, method.lower())(url, form).status_code == 404, (person, method, url)
                assert getattr(client, method.lower())(address.url(things, key=address.unknown), form).status_code == 404, (method, url)
    assert list(Case.objects.order_by("pk").values_list("pk", "version", "state")) == before


def test_the_county_centre_sees_and_may_act_in_every_centre(client, things):
    sign_in(client, things.cast.county_dispatcher, "command")
    assert client.get(f"/command/cases/{things.case.pk}/").status_code == 200
    assert client.post(f"/command/cases/{things.case.pk}/take-in/").status_code == 302
    assert Case.objects.get(pk=things.case.pk).state == "in_hand"


def test_a_case_of_another_centre_is_no_target_for_merging_or_joining(client, things, case_at):
    foreign = case_at("received", category="TIP-29")
    assert foreign.centre != things.case.centre
    sign_in(client, things.cast.dispatcher, "command")
    url = f"/command/cases/{things.case.pk}/merge/"
    for form in ({"into": foreign.pk}, {"by_number": "1", "into_number": foreign.number}):
        assert client.post(url, form).status_code == 422
    foreign.refresh_from_db()
    assert (foreign.version, Case.objects.get(pk=things.case.pk).state) == (1, "received")


# --- photos (of every kind before everybody: tests/test_media.py) ---------------------------------
def test_a_draft_is_nobody_elses(client, things):
    mine, other = things.public_draft, Photo.objects.get(pk=photo_drafts(None)["photo_ids"][0])
    assert client.get(f"/report/photos/{mine.pk}/?key={drafts.preview_key(mine)}").status_code == 202
    for key in ("", "x", drafts.preview_key(other), drafts.preview_key(mine)[:-1]):
        assert client.get(f"/report/photos/{mine.pk}/?key={key}").status_code == 404
    taken = drafts.store_draft(photo_file(), draft_key="k", by=things.cast.officer.user)
    operators = drafts.store_draft(photo_file(), draft_key="k2", by=things.cast.dispatcher)
    sign_in(client, things.cast.companion.user, "officer")
    sign_in(client, things.cast.other_dispatcher, "command")
    assert client.get(f"/officer/photos/{taken.pk}/").status_code == 404
    assert client.get(f"/command/photos/{operators.pk}/").status_code == 404


# --- what a post may do --------------------------------------------------------------------------
CENTRE_OF = {"offer-accept": ["SC"], "offer-return": ["SC"], "designate": ["ZX"]}  # others than the case's own do these


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_done_for_its_posts_and_refused_to_the_others(client, case_at, action):
    """The complete form each time: only the post decides."""
    case, form = recipe(action, case_at)
    begun = case.version
    for role in SURFACE_ROLES["command"]:
        user = holder(case_at.cast, role, *CENTRE_OF.get(action, ()))
        sign_in(client, user, "command")
        with transaction.atomic():
            version = begun
            if action == "undo" and role in ACTIONS[action]:  # of what he has sent himself
                dispatch.recall(case, by=case_at.cast.leader, reason="另有急事")
                version = dispatch.send(case, by=user, officers=[case_at.cast.officers()[0]])[0].case.version
            answer = client.post(f"/command/cases/{case.pk}/{action}/", form, **SCRIPT)
            case.refresh_from_db()
            if role in ACTIONS[action]:
                assert (answer.status_code, case.version > version) == (200, True), (role, answer.content.decode())
            else:
                assert (answer.status_code, answer.json()["code"], case.version) == (409, "not_allowed", version), (role, answer.content.decode())
            transaction.set_rollback(True)
