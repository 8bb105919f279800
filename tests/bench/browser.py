"""The wall in a real Chromium: from the POST of a report until its pixels are painted, and what ten thousand events leave behind."""

import json
import os
import shutil
import statistics
import time
import urllib.request
import uuid

from tests.bench.audience import Work
from tests.bench.heard import percentile
from tests.bench.place import Bench, client_key, points
from tests.bench.shares import loaded
from tests.bench.tables import table

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; nothing else does
REPORTS = 60
EVENTS = 10_000
WARM_EVENTS = 1_000
CHROMIUM = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--mute-audio", "--js-flags=--expose-gc"]
# A card's first frame: the callback of the frame in which it was added comes before painting, the next one after it.
WATCH = """() => {
  window.painted = {};
  const list = document.querySelector("[data-urgent]");
  const seen = () => { for (const item of list.children) {
    const id = item.dataset.case;
    if (!(id in painted)) { painted[id] = 0; requestAnimationFrame(() => requestAnimationFrame(() => {
      painted[id] = performance.timeOrigin + performance.now(); })); }
  } };
  seen();
  new MutationObserver(seen).observe(list, { childList: true });
}"""


def run(bench: Bench, *, seconds: float = 0, repeats: int = REPORTS) -> str:
    """`repeats` reports one by one, each closed before the next; then the events (a fraction of them when `seconds` are given)."""
    from playwright.sync_api import sync_playwright

    state, web, (_, sockets) = loaded(), bench.web(), bench.sockets()
    front = bench.nginx(run="front", WEB_ADDRESS=web.removeprefix("http://"), SOCKETS_ADDRESS=sockets.removeprefix("http://"))
    work = Work()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=CHROMIUM)
        page = _wall(chromium, front, work)
        late = _reports(page, front, work, repeats)
        events = _events(page, work, int(EVENTS * min(1, seconds / 60)) if seconds else EVENTS)
        chromium.close()
    return "\n\n".join([late, events, state])


def _wall(chromium, origin: str, work: Work):
    from config.surfaces import BY_NAME, session_cookie
    from tests.cast import session_of

    context = chromium.new_context(base_url=origin, viewport={"width": 1920, "height": 1080}, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.add_cookies([{"name": session_cookie(BY_NAME["wall"]), "value": session_of(work.cast.display, "wall"), "url": origin}])
    page = context.new_page()
    page.goto("/command/wall/")
    _until(page, "document.querySelector('.live-mark').dataset.live === 'live'")
    page.evaluate(WATCH)
    return page


def _until(page, expression: str, argument=None, seconds: float = 30):
    """What `expression` answers once it is true (the page's policy forbids Playwright's own waiting)."""
    limit = time.monotonic() + seconds
    while not (found := page.evaluate(expression, argument)):
        if time.monotonic() > limit:
            raise TimeoutError(expression)
        page.wait_for_timeout(50)
    return found


def _reports(page, origin: str, work: Work, count: int) -> str:
    from cases.models import Case
    from command import endings

    key, where, late, answered = client_key(), points(), [], []
    for number in range(count):
        lon, lat = where[number % len(where)]
        body = json.dumps({"text": f"路口有摊贩占道经营,第 {number} 处", "category": "TIP-01", "lon": lon, "lat": lat}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Key {key}", "Idempotency-Key": uuid.uuid4().hex}
        posted = time.time()
        with urllib.request.urlopen(urllib.request.Request(f"{origin}/api/reports/", body, headers), timeout=30) as answer:  # noqa: S310  our own
            answer.read()
        answered.append((time.time() - posted) * 1000)
        case = Case.objects.latest("pk")
        late.append(_until(page, "id => window.painted[id]", case.thread) - posted * 1000)
        endings.reject(case, by=work.cast.leader, reason="不属于执法范围")
        _until(page, "id => !document.querySelector(`[data-urgent] > [data-case='${id}']`)", case.thread)
    late.sort()
    head = ["reports", "POST answered p50 ms", "painted p50 ms", "p95 ms", "longest ms"]
    return table(head, [[count, statistics.median(answered), percentile(late, 0.5), percentile(late, 0.95), late[-1]]])


def _events(page, work: Work, count: int) -> str:
    """Cases taken in and put back, over and over, as fast as the verbs run: each is an entry, a changed card and a line of news."""
    from cases import triage
    from command import endings

    cases = work.reports(20)[0]
    cdp = page.context.new_cdp_session(page)
    for domain in ("HeapProfiler", "Performance"):
        cdp.send(f"{domain}.enable")

    def act(events: int) -> None:
        for number in range(events):
            place = number // 2 % len(cases)
            if number % 2:
                cases[place] = endings.put_back(cases[place], by=work.cast.leader, reason="信息不全")
            else:
                cases[place] = triage.take_in(cases[place], by=work.cast.dispatcher)

    def measured() -> dict[str, float]:
        page.wait_for_timeout(4_000)  # a beat
        for _ in range(3):
            cdp.send("HeapProfiler.collectGarbage")
        return {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}

    act(min(WARM_EVENTS, count))
    begun, before = time.monotonic(), measured()
    act(count)
    took, after = time.monotonic() - begun, measured()
    rows = [
        [words, before[name] / unit, after[name] / unit, f"{(after[name] / before[name] - 1) * 100:+.1f} %"]
        for words, name, unit in (("JS heap, MB", "JSHeapUsedSize", 1e6), ("DOM nodes", "Nodes", 1), ("listeners", "JSEventListeners", 1))
    ]
    return table([f"after {count:,} events in {took:.0f} s", "before", "after", "growth"], rows)
