"""Past weeks for the demonstration, lived through by the real verbs under the injected clock and marked as simulated."""

import random
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef

from cases import drafts, intake, pauses, triage
from cases.models import Case, Category
from cases.rulebook import current
from cases.transitions import NEEDS, Outcome
from command import dispatch, endings, handling, suggestions
from command.models import Dispatch
from demo import endings as demo_endings
from demo import pictures, stories
from enforcement import attendance
from enforcement.models import Duty, User
from enforcement.roles import Role
from grid.models import Camera
from journal import clock, deadlines
from journal.moves import CITIZEN
from journal.refused import Refused

HOUR = timedelta(hours=1)
LONGEST = timedelta(minutes=30)  # that a matter takes whose people are there: nothing is begun later, so that nobody acts after now
NEVER, LATE, EARLY = 0.01, 0.05, 0.02  # shares of stretches to which nobody comes, or late, or from which somebody leaves early
STAFFED = ("hotline", "walk_in", "wechat", "patrol", "camera")


def attendance_of(duty: Duty) -> tuple[datetime | None, datetime | None]:
    """When a simulated person comes to a stretch and leaves; the same each time it is asked."""
    rng = random.Random(f"{duty.user.username} {duty.starts_at.isoformat()}")
    kind = rng.random()
    if kind < NEVER:
        return None, None
    came = duty.starts_at + timedelta(seconds=rng.randrange(16 * 60, 45 * 60) if kind < NEVER + LATE else rng.randrange(-15 * 60, 5 * 60))
    early = kind > 1 - EARLY
    return came, duty.ends_at + timedelta(seconds=rng.randrange(-70 * 60, -20 * 60) if early else rng.randrange(10, 12 * 60))


@dataclass
class Past:
    """Lives stories through. `rng` makes the same weeks again from the same seed."""

    rng: random.Random
    free_at: dict[int, datetime] = field(default_factory=lambda: defaultdict(lambda: datetime.min.replace(tzinfo=clock.LOCAL)))
    images: list[bytes] = field(default_factory=list)
    again_at: dict[int, datetime] = field(default_factory=dict)  # by case: nobody looks at it before the last who did has finished
    told: dict[int, stories.Story] = field(default_factory=dict)  # by case
    stopped: Counter[str] = field(default_factory=Counter)  # what the verbs refused, by code

    def day(self, day: date, *, reports: int) -> None:
        """One day with about so many reports, spread as the stories are over the hours."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=clock.LOCAL)
        minutes = sorted(self.rng.choice(stories.stories()).minute for _report in range(reports))
        told = [(midnight + timedelta(minutes=minute, seconds=self.rng.randrange(60)), minute, number) for number, minute in enumerate(minutes)]
        opens = time.fromisoformat(current().options["working_hours"][0][0])
        rounds = [(datetime.combine(day, at, tzinfo=clock.LOCAL), None, 0) for at in (opens, time(17))]
        for moment, minute, number in sorted([*told, *rounds], key=lambda one: one[0]):  # in the order of the day: nobody acts before he could
            if moment < clock.now() - LONGEST:
                self.come_back(moment)
                if minute is not None:
                    self.story(stories.near_minute(self.rng, minute), moment, key=f"past:{day}:{number}")

    @transaction.atomic  # a day at a time: a commit for each sign was most of what they cost
    def attend(self, day: date) -> None:
        """Who was on duty that day signs on and off, most of them in time."""
        start, end = clock.day_bounds(day)
        signs = []
        near = Duty.objects.filter(kind="duty", starts_at__lt=end + HOUR, ends_at__gt=start - HOUR, user__is_active=True)
        for duty in near.select_related("user__organisation__centre"):
            came, left = attendance_of(duty)
            signs += [(moment, duty, verb) for moment, verb in ((came, attendance.sign_on), (left, attendance.sign_off)) if moment]
        for moment, duty, sign in sorted(signs, key=lambda one: one[0]):
            if start <= moment < min(end, clock.now()):
                with clock.at(moment), suppress(Refused):  # of what began before the first day nobody has signed on
                    sign(duty, by=duty.user)

    def come_back(self, moment: datetime) -> None:
        """Re-checks that have fallen due, and what found nobody before."""
        with clock.at(moment):
            deadlines.fire_due(limit=1000)
            bound = Dispatch.objects.active().filter(case=OuterRef("pk"))
            waiting = Case.objects.filter(~Exists(bound), is_simulated=True, state__in=["received", "in_hand"])
            due = [case for case in waiting.order_by("pk") if self.again_at.get(case.pk, moment) <= moment]
        for case in due:
            if case.follows_id:
                how = {"outcome": "corrected", "note": "按期复查，已整改到位。", "reply": "复查合格，感谢您的监督。"}
            elif story := self.told.get(case.pk):
                how = {"outcome": story.outcome, "note": story.note, "reply": story.reply, "true_category": story.true_category}
            else:  # of weeks that another run has told
                continue
            self.handle(case, moment, **how)

    def story(self, story: stories.Story, moment: datetime, *, key: str) -> Case:
        """From the report to its end; whatever the verbs refuse stays as it is (an open case is a true picture too)."""
        with clock.at(moment):
            case = self.report(story, key=key)
        self.told[case.pk] = story
        return self.handle(case, moment, outcome=story.outcome, note=story.note, reply=story.reply, true_category=story.true_category)

    def report(self, story: stories.Story, *, key: str) -> Case:
        by, began, camera, more = CITIZEN, None, None, {}
        place = stories.place_of(self.rng, story)
        if story.channel in STAFFED:
            role = Role.OFFICER if story.channel == "patrol" else Role.CALL_TAKER
            by = self.on_duty(role) or CITIZEN
        if story.channel == "hotline":
            began = clock.now() - timedelta(seconds=self.rng.randrange(20, 60))
        if story.channel == "camera" and (camera := self.rng.choice(list(Camera.objects.filter(is_active=True)[:200]) or [None])):
            place = intake.Place(lon=camera.point.x, lat=camera.point.y, source="camera", words=camera.name)
            more = {"camera": camera, "camera_moment": clock.now()}
        contact = {"name": "", "phone": stories.phone_number(self.rng)} if story.contact == "phone" else None
        return intake.receive_report(
            by=by, channel=story.channel, text=story.text, category=story.category, place=place, contact=contact,
            idempotency_key=key, began_at=began, is_simulated=True, **more,
        ).case  # fmt: skip

    def on_duty(self, role: str, centre: int | None = None, exclude=()) -> User | None:
        now = clock.now()
        duties = Duty.objects.filter(starts_at__lte=now, ends_at__gt=now, user__role=role, user__is_active=True)
        if centre:
            duties = duties.filter(user__organisation__centre=centre)
        return next(iter(User.objects.filter(duties__in=duties).exclude(pk__in=exclude).order_by("pk")), None)

    def handle(self, case: Case, moment: datetime, *, outcome: str, note: str, reply: str, true_category: str = "") -> Case:
        self.again_at[case.pk] = moment + timedelta(minutes=5)
        try:
            return self._handle(case, moment, outcome, note, reply, true_category)
        except Refused as refused:
            self.stopped[refused.code] += 1
            return case

    def _handle(self, case: Case, moment: datetime, outcome: str, note: str, reply: str, true_category: str) -> Case:
        rng = self.rng
        moment += timedelta(seconds=rng.randrange(15, 70))
        with clock.at(moment):
            desk = self.on_duty(Role.DISPATCHER, case.centre_id) or self.on_duty(Role.SHIFT_LEADER, case.centre_id)
            leader = self.on_duty(Role.SHIFT_LEADER, case.centre_id) or self.on_duty(Role.DEPUTY, case.centre_id)
            if desk is None:
                return case
            if case.category_id is None and true_category:
                case = triage.classify(case, by=desk, category=Category.objects.get(code=true_category))
                desk = self.on_duty(Role.DISPATCHER, case.centre_id) or self.on_duty(Role.SHIFT_LEADER, case.centre_id)
                leader = self.on_duty(Role.SHIFT_LEADER, case.centre_id) or self.on_duty(Role.DEPUTY, case.centre_id)
            if outcome in stories.ENDS_WITHOUT_OFFICER:
                return endings.reject(case, by=leader or desk, reason=reply or note) if leader else case
            if case.state == "received":
                case = triage.take_in(case, by=self.on_duty(Role.CALL_TAKER, case.centre_id) or desk)
        moment += timedelta(seconds=rng.randrange(10, 60))
        with clock.at(moment):
            could = [s for s in suggestions.suggest(case, limit=None) if s.can_go and not s.officer.is_helper]
            if not could:
                return self.wait(case, desk, leader)
            free = [s for s in could if self.free_at[s.officer.pk] <= moment]
            if not free:
                return case
            if case.paused_at:
                case = pauses.resume(case, by=desk)
            chosen = rng.choice(free[:3])
            order = dispatch.send(case, by=desk, officers=[chosen.officer])[0]
        person = chosen.officer.user
        moment += timedelta(seconds=rng.randrange(8, 55))
        with clock.at(moment):
            order = dispatch.accept(order, by=person)
        slow = 1.0 if case.is_ten_minute else 3.0
        moment += timedelta(seconds=max(30.0, rng.gauss(130, 40)) * slow + 40)
        with clock.at(moment):
            order = dispatch.arrive(order, by=person, lon=case.point.x, lat=case.point.y, accuracy_m=12)
        moment += timedelta(seconds=max(60.0, rng.gauss(165, 60)) * slow)
        with clock.at(moment):
            case, reply = self.finish(order, person, outcome, note, reply)
            self.free_at[chosen.officer.pk] = moment + timedelta(minutes=1)
        moment += timedelta(seconds=rng.randrange(15, 80))
        with clock.at(moment):
            deadlines.fire_due(thread=case.thread)  # of others only at their own turn: they may still be about to act before now
            return endings.close(case, by=leader if leader and leader.pk != person.pk else desk, reply=reply)

    def wait(self, case: Case, desk: User, leader: User | None) -> Case:
        """Nobody on duty may act in that matter: the clock stands until somebody comes, as two persons decide."""
        if leader and leader.pk != desk.pk and not case.paused_at:
            opens = datetime.combine(clock.today(), time.fromisoformat(current().options["working_hours"][0][0]), tzinfo=clock.LOCAL)
            until = opens if opens > clock.now() else opens + timedelta(days=1)
            pauses.approve(pauses.ask(case, by=desk, reason="当班人员执法证不含该领域，待持证人员到岗后办理。", until=until), by=leader)
        return case

    def finish(self, order, person: User, told: str, note: str, reply: str) -> tuple[Case, str]:
        """The case with its result, and the reply that fits it."""
        brought = demo_endings.details(self.rng, order.case, told)
        note, reply = demo_endings.words(brought["outcome"], told, note, reply)
        evidence = {}
        if "photos" in NEEDS[Outcome(brought["outcome"])]:
            key = drafts.new_draft_key()
            photo = drafts.store_draft(self.image(), draft_key=key, by=person, kind="after")
            evidence = {"photo_ids": [photo.pk], "draft_key": key}
        return handling.finish(order, by=person, note=note, **brought, **evidence).case, reply

    def image(self) -> SimpleUploadedFile:
        if len(self.images) < 8:
            self.images.append(pictures.street(self.rng, "现场取证"))
        return SimpleUploadedFile("evidence.jpg", self.rng.choice(self.images), content_type="image/jpeg")
