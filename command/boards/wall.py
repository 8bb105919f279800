"""The wall's board: open cases, those that have just ended, who is on duty, today's figures and what just happened.

Nothing that a person has typed, no telephone, no citizen: places by zones, sentences in their public form. Staff are named,
as on any duty board.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.audience import county_centre_pk
from cases.models import Case, Report
from cases.models.guest import seen_by
from cases.rulebook import current
from cases.transitions import OPEN
from command import help, metrics
from command.sentences import SENTENCES, sentence
from enforcement.models import Duty, Organisation
from enforcement.roles import LEADING, OUTDOORS, Role
from grid.models import Zone
from journal import clock, push
from journal.models import Entry
from registers.sentences import ACCOUNT

from . import calls, cases

LINGER = timedelta(seconds=90)  # an ended case stays so long, so that its end is seen
RECENT = timedelta(minutes=10)
EVENTS_OF_A_CASE = 3
EVENTS = 8
QUIET_CASES = 10  # of a quiet centre: the newest ended ones still tell the last thing that happened
ROSTER, ROSTER_SECONDS = "roster", 120
KEEP_SECONDS = 2.5  # figures are counted once for all languages and for screens that come together
SILENT = {  # nothing about persons, and what only the dispatcher who waits for it needs to know
    "contact_read", "recused", "recusal_lifted", "barred", "rule_named", "rule_withdrawn", *ACCOUNT,
    "delivered", "seen", "notified", "not_notified", "reserved", "reservation_withdrawn",
}  # fmt: skip


class WallBoard(push.Board):
    kind, family = "wall", cases.FAMILY

    def __init__(self):
        self._kept: dict[str, tuple[float, dict]] = {}

    def things(self, key: str) -> dict[str, int]:
        return self.things_of([key])[key]

    def things_of(self, keys: Iterable[str]) -> dict[str, dict[str, int]]:
        keys, county = list(keys), county_centre_pk()
        found = cases.open_versions(keys, county)
        for pk, version, centre in _ended(keys, county).values_list("pk", "version", "centre_id"):
            for key in {str(centre), str(county)} & found.keys():
                found[key][f"case:{pk}"] = version
        asked = help.of_centres(keys, county)
        for key in keys:
            found[key] |= {ROSTER: _roster_version(), **asked[key]}
        return found

    def render(self, key: str, things: Iterable[str], language: str) -> dict[str, dict]:
        return self.render_all({(key, language): list(things)}, {})[key, language]

    def render_all(self, wanted: dict, shared: dict) -> dict:
        rules, since = current(), clock.now() - LINGER
        loaded = cases.load(wanted, shared, rules)
        loaded = {thread: row for thread, row in loaded.items() if row.case.is_open or (row.case.closed_at and row.case.closed_at >= since)}
        events = _events_of(loaded)  # after the cases: never older than the version that they come with
        found = cases.spoken(wanted, loaded, lambda row: payload(row, events.get(row.case.thread, [])), rules)
        for (key, language), things in wanted.items():
            if ROSTER in things:
                with translation.override(language):
                    found[key, language][ROSTER] = roster(int(key), rules.county_centre.pk)
        return calls.added(found, wanted, "command/_wall_help.html")

    def positions(self, key: str) -> dict[str, list]:
        return cases.positions(key, county_centre_pk())

    def figures(self, key: str) -> dict:
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept[0] > KEEP_SECONDS:
            kept = self._kept[key] = time.monotonic(), _count(Organisation.objects.get(pk=key))
        return _spoken(kept[1])


def _ended(keys: list[str], county: int | None):
    """Cases that ended within LINGER, by the centres' index."""
    centres = Organisation.objects.filter(has_centre=True).values("pk") if str(county) in keys else [int(key) for key in keys]
    return Case.objects.exclude(state__in=[*OPEN]).filter(centre__in=centres, closed_at__gte=clock.now() - LINGER)


# --- a case ----------------------------------------------------------------------------------
def payload(row: cases.Row, events: list[Entry]) -> dict:
    """The shared facts, the card of the case and what has just happened to it. "paused" and "ended" are moments in ms."""
    case, target = row.case, row.case.target_class
    marks, sofar = [], 0
    for stage in cases.STAGES[:-1]:
        sofar += getattr(target, stage)
        marks.append(round(sofar / target.total, 3))
    lead = row.lead
    card = {
        "row": row, "where": cases.zone_words(case), "lead": lead, "companions": len(row.dispatches) - 1,
        "marks": "" if target.in_working_time else " ".join(map(str, marks)),
    }  # fmt: skip
    return {
        **cases.facts(row), "paused": _ms(case.paused_at), "ended": _ms(case.closed_at), "word": row.stage_word,
        "lead": lead.officer_id if lead else None, "on_site": bool(lead and lead.arrived_at),
        "html": render_to_string("command/_wall_case.html", card),
        "events": [[entry.number, _ms(entry.at), sentence(entry, public=True)] for entry in events],
    }  # fmt: skip


def _events_of(threads: Iterable[str]) -> dict[str, list[Entry]]:
    """The newest entries of each thread that may be told, newest first."""
    found: dict[str, list[Entry]] = defaultdict(list)
    rows = Entry.objects.filter(thread__in=threads, at__gte=clock.now() - RECENT, verb__in=_told()).order_by("-pk")
    for entry in rows:
        if len(found[entry.thread]) < EVENTS_OF_A_CASE:
            found[entry.thread].append(entry)
    return found


def _told() -> list[str]:
    return sorted(SENTENCES.keys() - SILENT)


# --- who is on duty --------------------------------------------------------------------------
def _roster_version() -> int:
    """Rises every two minutes: shifts change by the clock, not by a verb."""
    return int(clock.now().timestamp()) // ROSTER_SECONDS


def roster(centre: int, county: int | None) -> dict:
    """Officers of the centre (all, for the county's) with who is on duty, and whom to call: leaders on duty and on-call people."""
    now = clock.now()
    duties = Duty.objects.filter(starts_at__lte=now, ends_at__gt=now, user__is_active=True).select_related("user__organisation", "user__officer")
    if centre != county:
        duties = duties.filter(user__organisation__centre=centre)
    officers, reachable = {}, []
    for duty in duties.order_by("-kind", "user__organisation__code", "user_id"):
        user = duty.user
        if user.role in OUTDOORS and duty.kind == "duty" and hasattr(user, "officer"):
            officers[str(user.officer.pk)] = [user.name, _unit(user.organisation), user.officer.is_helper]
        elif user.organisation.centre_id == centre and (duty.kind == "on_call" or user.role in LEADING):
            reachable.append([user.name, str(Role(user.role).label), duty.get_kind_display()])
    return {"v": _roster_version(), "officers": officers, "reachable": reachable[:6]}


# --- figures ---------------------------------------------------------------------------------
def _count(centre: Organisation) -> dict:
    """Everything that is counted, without words."""
    centres, today = metrics.centres_of(centre), metrics.today()
    channels = Report.objects.filter(today.contains("received_at"), case__centre__in=centres).values_list("channel")
    return {
        "day": today.first.isoformat(), "counts": metrics.counts(centres, today), "times": metrics.times(centres, today),
        "budgets": metrics.budgets(), "channels": dict(channels.annotate(count=Count("pk")).order_by("-count")),
        "events": _last_events(centre), "centres": list(Organisation.objects.filter(pk__in=centres)),
        "places": {zone.pk: zone for zone in Zone.objects.filter(kind__in=["area", "grid", "township"], is_active=True).defer("geometry")},
    }  # fmt: skip


def _last_events(centre: Organisation) -> list[tuple[Entry, Case]]:
    """What happened last, newest first: for the county's centre anywhere, else in the open cases and those that ended last."""
    told = Entry.objects.filter(verb__in=_told(), thread__startswith="case:").order_by("-pk")
    if not centre.is_county_centre:
        mine = Case.objects.filter(seen_by(centre.pk))
        ended = mine.filter(closed_at__isnull=False).order_by("-closed_at").values_list("pk", flat=True)[:QUIET_CASES]
        threads = [f"case:{pk}" for pk in (*mine.filter(state__in=[*OPEN]).values_list("pk", flat=True), *ended)]
        told = told.filter(thread__in=threads).order_by("-at", "-pk")
    entries = list(told[:EVENTS])
    zones = ("township", "village", "grid", "area")
    of = Case.objects.filter(pk__in={int(entry.thread.partition(":")[2]) for entry in entries}).select_related("category", *zones)
    by_thread = {case.thread: case for case in of.defer(*(f"{zone}__geometry" for zone in zones))}
    return [(entry, by_thread[entry.thread]) for entry in entries]


def _spoken(counted: dict) -> dict:
    """The figures as JSON, with names in the reader's language."""
    counts, times = counted["counts"], counted["times"]
    lines = [
        {
            "name": _unit(organisation),
            **counts.centres[organisation.pk].as_json(), "loop": _of(times.get(organisation.pk, {}), "loop"),
        }
        for organisation in counted["centres"]
    ]  # fmt: skip
    places = [
        {"name": counted["places"][pk].name if pk in counted["places"] else _("Elsewhere"), **one.as_json()}
        for pk, one in counts.places.items()
    ]
    channels = {str(Report.Channel(name).label): count for name, count in counted["channels"].items()}
    return {
        "day": counted["day"], "total": counts.total.as_json(), "budgets": counted["budgets"],
        "times": {name: one.as_json() for name, one in times.get(None, {}).items()},
        "centres": lines, "places": sorted(places, key=lambda line: (-line["open"], -line["reported"], line["name"])), "channels": channels,
        "events": [[entry.thread, entry.number, _ms(entry.at), told(case), sentence(entry, public=True)] for entry, case in counted["events"]],
    }  # fmt: skip


def _of(times: dict, name: str) -> list | None:
    return times[name].as_json() if name in times else None


def told(case: Case) -> str:
    """What and where, as the ticker begins: the category and the zones."""
    return " · ".join(part for part in (cases.category_name(case.category), cases.zone_words(case)) if part)


def _unit(organisation: Organisation) -> str:
    return organisation.short_name if get_language() == "zh-hans" else organisation.name_en or organisation.short_name


def _ms(moment) -> int | None:
    return int(moment.timestamp() * 1000) if moment else None


push.register(WallBoard())
