"""What the simulated people may know beside their screens, asked of the database from their loop."""

import logging
import random
import time

from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from cases.models import Case, Category
from demo import endings, stories
from enforcement.models import Certificate, Duty, Officer, Organisation, User
from enforcement.roles import Role
from journal import clock

DATABASE_TRIES = 30  # a second apart
log = logging.getLogger(__name__)


def in_database(function):
    """A read of the demonstration's own knowledge (who is simulated, which story) outside the event loop."""

    def run(*args):
        for _try in range(DATABASE_TRIES):
            close_old_connections()
            try:
                return function(*args)
            except (DatabaseError, InterfaceError):  # it restarts
                connection.close()
                time.sleep(1)
        return function(*args)

    return sync_to_async(run, thread_sensitive=False)


@in_database
def facts(case_pk: int) -> dict | None:
    """What the crew may know about a case beside its screens: whether it is simulated, its story, its category, its limits."""
    case = Case.objects.select_related("category", "organisation", "target_class").filter(pk=case_pk).first()
    if case is None:
        return None
    report = case.reports.select_related("client").order_by("pk").first()
    client = report.client if report else None
    text = report.text if report else ""
    story = next((story for story in stories.stories() if story.text == text), None)
    return {
        "outcome": case.outcome, "limits": {stage: getattr(case.target_class, stage) for stage in case.target_class.STAGES},
        "simulated": case.is_simulated, "client": client.pk if client and client.is_active else None, "story": story, "text": text,
        "pass_on_to": None if story else _elsewhere(case), "category": case.category_id, "lon": case.point.x, "lat": case.point.y,
    }  # fmt: skip


def _elsewhere(case: Case) -> int | None:
    """An outside body for a matter that no unit of the county holds, so that only its centre has it."""
    if case.organisation_id != case.centre_id or not case.organisation.is_county_centre:
        return None
    outside = Organisation.objects.filter(kind=Organisation.Kind.OUTSIDE, accepts_handover=True, is_active=True)
    known = list(outside.order_by("code").values_list("pk", flat=True))
    return known[case.pk % len(known)] if known else None


@in_database
def open_case_of(story_code: str) -> int | None:
    """An open case that tells the story which another repeats."""
    first = next((story for story in stories.stories() if story.code == story_code), None)
    return Case.objects.open().filter(reports__text=first.text).values_list("pk", flat=True).first() if first else None


@in_database
def guess_category(text: str, story) -> int:
    """What a call taker makes of words: the category that shares most pairs of characters with them."""
    known = list(Category.objects.filter(is_active=True))
    if story and story.true_category:
        found = next((category for category in known if category.code == story.true_category), None)
        if found:
            return found.pk

    def pairs(words: str) -> set[str]:
        return {words[i : i + 2] for i in range(len(words) - 1)}

    said, chance = pairs(text), random.Random(text)
    best = max(known, key=lambda category: (len(said & pairs(category.name + category.plain_name + category.hint)), chance.random()))
    return best.pk


@in_database
def ending_of(case_pk: int, outcome: str, seed: int) -> dict:
    """The outcome's fields as a form sends them."""
    case = Case.objects.select_related("category__department", "organisation").get(pk=case_pk)
    brought = endings.details(random.Random(seed), case, outcome)
    return {key: getattr(value, "code", value) if not hasattr(value, "isoformat") else value.isoformat() for key, value in brought.items()}


@in_database
def roster() -> tuple[list[dict], list[dict]]:
    """Who is on duty now: one desk per centre, and certified officers with a place to start from."""
    now = clock.now()
    on_duty = User.objects.filter(is_demo=True, is_active=True, duties__starts_at__lte=now, duties__ends_at__gt=now)
    desks = []
    for centre in Organisation.objects.filter(has_centre=True, is_active=True):
        people = {role: on_duty.filter(organisation__centre=centre, role=role).order_by("-pk").first() for role in
                  (Role.CALL_TAKER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.DEPUTY)}  # fmt: skip
        dispatcher = people[Role.DISPATCHER] or people[Role.SHIFT_LEADER] or people[Role.DEPUTY]
        if dispatcher:
            desks.append({
                "centre": centre.pk, "taker": (people[Role.CALL_TAKER] or dispatcher).username, "dispatcher": dispatcher.username,
                "leader": (people[Role.SHIFT_LEADER] or people[Role.DEPUTY] or dispatcher).username,
            })  # fmt: skip
    officers = (
        Officer.objects.filter(user__in=on_duty, is_helper=False, suspended_at=None, certificates__in=Certificate.objects.valid(now))
        .select_related("user", "position")
        .distinct()
    )
    duties = dict(Duty.objects.filter(starts_at__lte=now, ends_at__gt=now).values_list("user", "pk"))
    phones = []
    rng = random.Random(7)
    for officer in officers.order_by("pk"):
        zone = officer.responsibilities.select_related("zone").order_by("zone__code").first()
        lon, lat = stories.spot(rng, zone.zone.code if zone else "")
        phones.append({"username": officer.user.username, "lon": lon, "lat": lat, "duty": duties.get(officer.user_id)})
    return desks, phones
