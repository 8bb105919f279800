"""What the first visit of a citizen and of an officer costs: bytes and moments in a real Chromium on a slow line, nothing cached."""

import os
import shutil
import statistics

from tests.bench.audience import Work
from tests.bench.browser import CHROMIUM
from tests.bench.place import Bench
from tests.bench.shares import loaded
from tests.bench.tables import table

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; nothing else does
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True, "locale": "zh-CN",
         "timezone_id": "Asia/Shanghai"}  # fmt: skip
SLOWER = 4  # times, as a cheap phone computes
QUIET_MS = 2_500  # after the page has loaded: what it still fetches by itself belongs to the first visit
COUNTED = ("document", "bytes", "requests", "painted", "ready", "all")
# Moments of the page's own timeline, in ms from the press on the link.
MOMENTS = """(wanted) => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0], page = performance.getEntriesByType("navigation")[0];
  const shown = document.querySelector(wanted);
  return { painted: paint ? paint.startTime : 0, ready: page.domContentLoadedEventEnd, all: page.loadEventEnd,
           usable: !!shown && shown.getBoundingClientRect().height > 0 };
}"""


def run(bench: Bench, *, seconds: float = 0, repeats: int = 5) -> str:
    """Medians of `repeats` first visits each."""
    from playwright.sync_api import sync_playwright

    state, web, (_, sockets) = loaded(), bench.web(), bench.sockets()
    front = bench.nginx(run="front", WEB_ADDRESS=web.removeprefix("http://"), SOCKETS_ADDRESS=sockets.removeprefix("http://"))
    pages = {"citizen's form": ("/", "form textarea", []), "a citizen's case": (_case_page(), ".track__what", []),
             "officer with an order": ("/officer/", "article.task", _session(front))}  # fmt: skip
    rows = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=CHROMIUM)
        for name, (path, wanted, session) in pages.items():
            visits = [_visit(chromium, front, path, wanted, session) for _ in range(repeats)]
            rows.append([name, *(statistics.median(visit[key] for visit in visits) for key in COUNTED)])
        chromium.close()
    head = ["first visit", "page alone kB", "everything kB", "requests", "painted ms", "scripts ready ms", "all loaded ms"]
    return "\n\n".join([table(head, rows), state])


def _visit(chromium, origin: str, path: str, wanted: str, session: list[dict]) -> dict[str, float]:
    """kB over the line (heads and all), requests, and the page's moments; what is `wanted` must stand there when the page is painted."""
    context = chromium.new_context(base_url=origin, service_workers="block", **PHONE)
    context.add_cookies(session)
    page = context.new_page()
    line, got, kinds = context.new_cdp_session(page), {}, {}
    line.on("Network.responseReceived", lambda event: kinds.setdefault(event["requestId"], event["type"]))
    line.on("Network.loadingFinished", lambda event: got.update({event["requestId"]: event["encodedDataLength"]}))
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(path, wait_until="load")
    page.wait_for_timeout(QUIET_MS)
    moments = page.evaluate(MOMENTS, wanted)
    context.close()
    assert moments.pop("usable"), f"{path} does not show {wanted}"
    document = next(size for request, size in got.items() if kinds.get(request) == "Document")
    return {"document": document / 1000, "bytes": sum(got.values()) / 1000, "requests": len(got), **moments}


def _session(origin: str) -> list[dict]:
    """Cookies of an officer with an order that he has not answered yet."""
    from command import dispatch
    from config.surfaces import BY_NAME, session_cookie
    from tests.cast import session_of

    work = Work()
    case = work.reports(1)[0][0]
    officer = work.cast.officers()[0]
    dispatch.send(case, by=work.cast.dispatcher, officers=[officer])
    return [{"name": session_cookie(BY_NAME["officer"]), "value": session_of(officer.user, "officer"), "url": origin}]


def _case_page() -> str:
    from tests.cast import CaseMaker, Cast

    return f"/t/{CaseMaker(Cast()).report().code}/"
