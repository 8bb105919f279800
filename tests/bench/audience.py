"""Who sits before the screens, and what happens meanwhile: the real loop of a case, verb by verb."""

import threading
import time
from datetime import timedelta

from tests.bench.screens import Seat

CHANGES_A_CASE = 5  # send, accept, arrive, finish, close
LANGUAGES = ("zh-Hans", "zh-Hans", "zh-Hans", "en")


def seats(cast, count: int, codes: list[tuple[str, str]]) -> list[Seat]:
    """A quarter each: walls and consoles (of the brigade and of the county by turns), officers on duty, citizens with
    (code, audience); every fourth of each in English."""
    from config.surfaces import BY_NAME, session_cookie
    from enforcement.models import Officer
    from journal import clock
    from tests.cast import session_of

    now = clock.now()
    officers = list(Officer.objects.filter(user__duties__starts_at__lte=now, user__duties__ends_at__gt=now).select_related("user").distinct())
    free = cast.officers()
    officers.sort(key=lambda officer: officer not in free)
    posts = {
        "wall": [(cast.display, f"wall.{cast.display.centre.pk}"), (county := cast.person("display", centre="ZX"), f"wall.{county.centre.pk}")],
        "command": [(person, f"centre.{person.centre.pk}") for person in (cast.dispatcher, cast.county_dispatcher)],
        "officer": [(officer.user, f"officer.{officer.pk}") for officer in officers],
    }
    cookies = {
        (surface, user.pk): f"{session_cookie(BY_NAME[surface])}={session_of(user, surface)}"
        for surface, people in posts.items() for user, _ in people
    }  # fmt: skip
    found = []
    for number in range(count):
        kind, turn = ("wall", "command", "officer", "track")[number % 4], number // 4
        path = f"/ws/{kind}/?lang={LANGUAGES[turn % len(LANGUAGES)]}"
        if kind == "track":  # as if each came from an address of his own: codes are tried thirty times a minute from one
            code, audience = codes[turn % len(codes)]
            found.append(Seat(path, audience, code=code, address=f"127.1.{turn // 250}.{turn % 250 + 1}"))
        else:
            user, audience = posts[kind][(turn // len(LANGUAGES) + turn) % len(posts[kind])]
            found.append(Seat(path, audience, cookie=cookies[kind, user.pk]))
    return found


class Work:
    """Cases that wait, and people who carry them through the loop. `stamps` grows with every hint that leaves."""

    def __init__(self):
        from enforcement import roster
        from journal import clock, push
        from tests.cast import CaseMaker, Cast

        now = clock.now()
        roster.roll(since=now - timedelta(days=1), until=now + timedelta(days=1))
        self.cast = Cast()
        self._make = CaseMaker(self.cast)
        self.stamps: list[tuple[int, frozenset, str, int]] = []
        leave = push._publish

        def stamped(message: dict) -> None:
            if "thing" in message:
                self.stamps.append((time.monotonic_ns(), frozenset(message["audiences"]), message["thing"], message["version"]))
            leave(message)

        push._publish = stamped

    def reports(self, count: int) -> tuple[list, list[tuple[str, str]]]:
        """New cases and, for their reporters, (code, audience)."""
        from cases.consumers import of_code
        from grid.models import Zone

        grids = Zone.objects.filter(kind=Zone.Kind.GRID).count()
        received = [self._make.report(grid=number % grids, text=f"路口有摊贩占道经营,第 {number + 1} 处") for number in range(count)]
        return [one.case for one in received], [(one.code, of_code(one.code)) for one in received]

    def carry(self, cases: list):
        """Generator: each step is one change, officers and cases by turns."""
        lanes = [self._lane(officer, iter_) for iter_ in [iter(cases)] for officer in self.cast.officers()]
        while lanes:
            for lane in tuple(lanes):
                if next(lane, None) is None:
                    lanes.remove(lane)
                else:
                    yield

    def _lane(self, officer, cases):
        from command import dispatch, endings, handling

        for case in cases:
            order = dispatch.send(case, by=self.cast.dispatcher, officers=[officer])[0]
            yield True
            order = dispatch.accept(order, by=officer.user)
            yield True
            order = dispatch.arrive(order, by=officer.user, reason="定位信号弱")
            yield True
            order = handling.finish(order, by=officer.user, outcome="advised", note="已当场教育")
            yield True
            endings.close(order.case, by=self.cast.leader, reply="已处理,谢谢您的反映。")
            yield True


def paced(steps, a_second: float, seconds: float) -> int:
    """Take a step every 1 / `a_second` for `seconds`; how many were taken. A step that is late makes none leave."""
    begun, count = time.monotonic(), 0
    while (due := begun + count / a_second) < begun + seconds:
        threading.Event().wait(max(0, due - time.monotonic()))
        if next(steps, "end") == "end":
            break
        count += 1
    return count
