"""Every page of the site before axe: nothing that shuts out who sees badly, hears a page read aloud, or has no mouse."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from config.surfaces import surface_of
from enforcement.roles import Role
from tests.addresses import ADDRESSES, Things, holder
from tests.browser.conftest import PHONE, SCREEN, sign_in
from tests.cast import Cast

GRAVE = {"serious", "critical"}
SEES_MOST = {"command": "shift_leader", "wall": "display", "supervision": "supervisor"}
WITHOUT_SURFACE = {"/api/docs/", "/start/"}  # read at a desk


def findings(page: Page) -> list[str]:
    """What axe finds grave on the page with everything unfolded: the rule, the element, what is wrong with it."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))).then(() => {})")
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found if rule["impact"] in GRAVE for node in rule["nodes"]]


class Reader:
    """Somebody at the site, signed in on each surface as who sees most there."""

    def __init__(self, context: BrowserContext, cast: Cast, origin: str):
        self.page, self.wrong = context.new_page(), {}
        self.cast, self.origin = cast, origin

    def becomes(self, surface: str, role: str) -> None:
        sign_in(self.page.context, surface, holder(self.cast, role), origin=self.origin)

    def reads(self, path: str) -> None:
        on_phone = surface_of(path).name in ("public", "officer") and path not in WITHOUT_SURFACE
        self.page.set_viewport_size((PHONE if on_phone else SCREEN)["viewport"])
        assert self.page.goto(path).ok, path
        assert not self.page.url.split("?")[0].endswith("/login/") or path.endswith("/login/"), f"{path} asks who that is"
        if self.page.locator("[data-live]").count():
            expect(self.page.locator("[data-live=live]").first).to_be_attached()
        self.looks(path)

    def looks(self, name: str) -> None:
        if found := findings(self.page):
            self.wrong[name] = found


@pytest.fixture
def reader(visitor, case_on_site):
    """`reader(language, officer, theme, large)`; in the end nothing may have been wrong."""
    made = []

    def sit(language: str = "zh-hans", *, officer=None, theme: str = "auto", large: bool = False) -> Reader:
        context, origin = visitor.context(), visitor.site.origin
        for name, value in (("django_language", language), ("large_type", str(int(large)))):
            context.add_cookies([{"name": name, "value": value, "url": origin}])
        context.add_init_script(f"try {{ localStorage.setItem('officer-theme', '{theme}') }} catch {{ /* not a page of ours */ }}")
        for surface, role in SEES_MOST.items():
            sign_in(context, surface, holder(case_on_site.cast, role), origin=origin)
        if officer:
            sign_in(context, "officer", officer.user, origin=origin)
        made.append(Reader(context, case_on_site.cast, origin))
        return made[-1]

    yield sit
    wrong = {path: told for one in made for path, told in one.wrong.items()}
    assert wrong == {}, "\n".join(f"{path}\n  " + "\n  ".join(told) for path, told in wrong.items())


def test_every_page(reader, case_on_site):
    things = Things(case_on_site)
    someone = reader(officer=things.order.officer)
    for place in ADDRESSES:
        if place.page:
            if place.is_staff and place.surface.name not in (*SEES_MOST, "officer"):  # what one post may read here another may not
                someone.becomes(place.surface.name, next(role for role in Role if role in place.who))
            someone.reads(place.url(things))


@pytest.mark.parametrize(("language", "theme", "large"), [("zh-hans", "outdoor", False), ("en", "dark", True)])
def test_a_case_from_its_report_to_its_end(reader, case_on_site, language, theme, large):
    reports, plain, officer = [], case_on_site.report, case_on_site.cast.officer
    case_on_site.report = lambda **given: reports.append(plain(**given)) or reports[-1]
    someone = reader(language, officer=officer, theme=theme, large=large)
    for state in ("received", "accepted", "on_site", "resolved", "closed"):
        case = case_on_site(state, officer=officer, grid=len(reports))
        someone.reads(f"/command/cases/{case.pk}/")
        if state in ("received", "closed"):
            someone.reads(f"/t/{reports[-1].code}/")
        if state in ("accepted", "on_site"):
            someone.reads("/officer/")
            officer = case_on_site.cast.officers()[1]
    someone.reads("/command/wall/")
    for scene in "2345":
        someone.page.keyboard.press(scene)
        someone.looks(f"wall, scene {scene}")


def test_what_opens_over_a_page_and_what_is_refused(reader, visitor):
    someone = reader(large=True)
    someone.reads("/command/")
    someone.page.keyboard.press("?")
    someone.looks("keys of the console")
    someone.reads("/report/")
    someone.page.locator("#open-map").click()
    someone.page.locator("#map canvas").wait_for()
    someone.looks("map of the report")
    someone.page.locator("#send").click()
    expect(someone.page.locator("#send-note")).not_to_be_empty()
    someone.looks("refused report")
    someone.page.goto("/command/no-such-page/")
    someone.looks("no such page")
    visitor.complaints[:] = [said for said in visitor.complaints if not re.search("404|422", said)]
