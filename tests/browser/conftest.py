"""A real Chromium before the real processes. Tests act as people do, or through the verbs on the same database."""

import os
import shutil
from datetime import timedelta

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from command import presence
from config.surfaces import BY_NAME, session_cookie
from enforcement import roster
from enforcement.models import Duty
from journal import clock, push
from tests.cast import CaseMaker, Cast, session_of
from tests.servers import Servers

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; nothing else does
CHROMIUM = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
SCREEN = {"viewport": {"width": 1920, "height": 1080}}


def pytest_collection_modifyitems(items):
    """A browser on a busy machine misses a moment now and then: such a test is tried again, twice at most."""
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def servers(django_db_setup, django_db_blocker, own_places, tmp_path_factory):
    from django.db import connection

    made = Servers(connection.settings_dict["NAME"], tmp_path_factory.mktemp("logs"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def site(committing, servers):
    """The running site on a database of this test; today's roster is there, and nobody looks at a case of the test before."""
    servers.start_again()
    push.client().delete(presence.KEY)
    now = clock.now()
    if not Duty.objects.filter(starts_at__lte=now, ends_at__gt=now + timedelta(hours=1)).exists():
        roster.roll(since=now - timedelta(days=1), until=now + timedelta(days=1))
    return servers


@pytest.fixture
def people(site) -> Cast:
    """The cast on the site's database, at the present moment."""
    return Cast()


@pytest.fixture
def case_on_site(people) -> CaseMaker:
    """`case_on_site("accepted")`: like `case_at`, on the site's database."""
    return CaseMaker(people)


@pytest.fixture(scope="package")  # Playwright keeps a loop running, in which no other asynchronous test could start
def chromium(django_db_setup):
    # While Playwright's loop runs in this thread, Django's connections live in its context. The thread's own one would
    # outlive the databases that are thrown away meanwhile, and be found again, dead, when the loop has ended.
    connections.close_all()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=CHROMIUM)
        yield browser
        browser.close()


class Visitor:
    """Opens pages for people; afterwards no page may have complained on its console."""

    def __init__(self, browser: Browser, site: Servers):
        self.browser, self.site = browser, site
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def context(self, **options) -> BrowserContext:
        context = self.browser.new_context(base_url=self.site.origin, timezone_id="Asia/Shanghai", **({"locale": "zh-CN"} | SCREEN | options))
        context.set_default_timeout(10_000)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.contexts.append(context)
        return context

    def page(self, surface: str = "public", user=None, *, path: str = "", **options) -> Page:
        """A page of a surface in a context of its own; `user` is signed in there."""
        context = self.context(**options)
        if user:
            sign_in(context, surface, user, origin=self.site.origin)
        page = context.new_page()
        page.goto(path or BY_NAME[surface].path)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


def sign_in(context: BrowserContext, surface: str, user, *, origin: str) -> None:
    """Put a signed-in session of the surface into the context, as its login page would."""
    context.add_cookies([{"name": session_cookie(BY_NAME[surface]), "value": session_of(user, surface), "url": origin}])


@pytest.fixture
def visitor(chromium, site):
    """Chromium before the site. A complaint that a test provokes on purpose is removed from `visitor.complaints` by it."""
    made = Visitor(chromium, site)
    yield made
    for context in made.contexts:
        context.close()
    assert not made.complaints, made.complaints
