"""Browsers other than Chromium before the same running site. Not part of the everyday suite: `script/test others`."""

import pytest

from config.surfaces import BY_NAME, session_cookie
from tests.browser.conftest import case_on_site, people, servers, site  # noqa: F401  fixtures
from tests.cast import photo_file, session_of
from tests.others.drivers import Firefox, WebKit

HERE = (116.1605, 37.8685)


@pytest.fixture(params=[Firefox, WebKit], ids=["firefox", "webkit"])
def window(request, site):  # noqa: F811
    """`window(path, surface, user)`: a browser of its own; whoever is given is signed in on the surface."""
    made = []

    def open_window(path: str, surface: str = "public", user=None):
        one = request.param(site.origin, HERE)
        made.append(one)
        one.go("/t/")
        one.keep("django_language", "zh-hans")
        if user:
            one.keep(session_cookie(BY_NAME[surface]), session_of(user, surface))
        one.go(path)
        return one

    yield open_window
    for one in made:
        one.close()


@pytest.fixture
def photo(tmp_path):
    (tmp_path / "现场.jpg").write_bytes(photo_file().read())
    return tmp_path / "现场.jpg"
