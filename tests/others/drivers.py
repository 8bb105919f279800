"""Firefox and WebKit as Debian brings them, each through the driver of its own makers, with the few verbs that a journey needs."""

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

SIZE = (430, 844)  # a phone, as narrow as a window may be made
PATIENCE = 15  # seconds


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not on this machine: `script/test others` installs the Debian package {package}."
    return found


class Window:
    """A browser's window before the site. `driver` finds elements and runs scripts as WebDriver says."""

    def __init__(self, driver, origin: str):
        self.driver, self.origin = driver, origin

    def go(self, path: str) -> None:
        raise NotImplementedError

    def run(self, script: str, *given):
        """The value of a script with `arguments`."""
        raise NotImplementedError

    def keep(self, name: str, value: str) -> None:
        """A cookie; the site must have been opened before."""
        self.driver.add_cookie({"name": name, "value": value, "path": "/"})

    def until(self, script: str, *given, otherwise: str = "") -> None:
        """Wait for a script to answer with something."""
        limit = time.monotonic() + PATIENCE
        while not self.run(script, *given):
            assert time.monotonic() < limit, f"{otherwise or script} at {self.run('return location.pathname + document.body.innerText')}"
            time.sleep(0.1)

    def sees(self, selector: str, words: str = "") -> None:
        """Wait until one of the elements is shown and has the words."""
        shown = "return [...document.querySelectorAll(arguments[0])].some(e => e.getClientRects().length && e.textContent.includes(arguments[1]))"
        self.until(shown, selector, words, otherwise=f"{selector} with {words!r} is not seen")

    def found(self, selector: str):
        """The first of the elements that is shown, in the middle of the window; a chooser of files is never shown."""
        self.until("return document.querySelector(arguments[0])", selector, otherwise=f"{selector} is not there")
        script = """const all = [...document.querySelectorAll(arguments[0])], one = all.find(e => e.getClientRects().length) || all[0];
            one.scrollIntoView({block: "center", behavior: "instant"});
            return one"""
        return self.run(script, selector)

    def press(self, selector: str) -> None:
        self.sees(selector)
        self.found(selector).click()

    def write(self, selector: str, words: str) -> None:
        self.found(selector).send_keys(words)

    def choose(self, selector: str, file: Path) -> None:
        self.found(selector).send_keys(str(file))


class Firefox(Window):
    """Through Marionette, which Firefox itself speaks: Debian has no geckodriver."""

    def __init__(self, origin: str, place: tuple[float, float]):
        from marionette_driver.marionette import Marionette

        where = json.dumps({"location": {"lng": place[0], "lat": place[1]}, "accuracy": 10})
        prefs = {
            "geo.prompt.testing": True, "geo.prompt.testing.allow": True, "geo.provider.testing": True,
            "geo.provider.network.url": f"data:application/json,{where}",
        }  # fmt: skip
        binary = program("firefox-esr", "firefox-esr")
        super().__init__(Marionette(bin=binary, headless=True, prefs=prefs, port=_free_port(), gecko_log="-"), origin)
        self.driver.start_session()
        self.driver.set_window_rect(width=SIZE[0], height=SIZE[1])

    def go(self, path):
        self.driver.navigate(self.origin + path)

    def run(self, script, *given):
        return self.driver.execute_script(script, script_args=given)

    def close(self):
        self.driver.quit(in_app=False)


class WebKit(Window):
    """WebKitGTK's MiniBrowser through WebKitWebDriver, on a screen that nobody sees. It has no position to tell."""

    def __init__(self, origin: str, place: tuple[float, float]):
        from selenium.webdriver import WebKitGTK
        from selenium.webdriver.webkitgtk.service import Service

        self.screen = subprocess.Popen(
            [program("Xvfb", "xvfb"), "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x1024x24"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        environment = os.environ | {"DISPLAY": f":{self.screen.stdout.readline().strip()}", "GDK_BACKEND": "x11"}
        service = Service(executable_path=program("WebKitWebDriver", "webkit2gtk-driver"), env=environment)
        super().__init__(WebKitGTK(service=service), origin)
        self.driver.set_window_size(*SIZE)

    def go(self, path):
        self.driver.get(self.origin + path)

    def run(self, script, *given):
        return self.driver.execute_script(script, *given)

    def close(self):
        self.driver.quit()
        self.screen.terminate()
        self.screen.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
