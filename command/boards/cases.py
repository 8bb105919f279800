"""What consoles and walls know of a case: read for any number of cases in four statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.models import Case, CentreOffer, GuestCentre, JointPart, Pause
from cases.models.guest import seen_by
from cases.rulebook import Rulebook, current
from cases.transitions import OPEN, OPEN_PARTS, PartState
from cases.transitions import State as CaseState
from command.models import Dispatch, Position
from command.sentences import STAGES as STAGE_WORDS  # noqa: F401  the wall names stages too
from command.sentences import WAITING
from command.transitions import ACTIVE, State
from enforcement.models import Organisation
from journal import clock
from journal.models import Deadline

STAGES = ("take_in", "send", "accept", "handle", "verify")
WHOSE = ("take_in", "send")  # whose case it is may still be asked
FAMILY = "cases"  # consoles and walls load the same rows
POSITION_SHOWN_S = 1800  # older fixes say nothing about now


class Named:
    """What has a `case` names it as every page does."""

    case: Case

    @property
    def title(self) -> str:
        return category_name(self.case.category)

    @property
    def place(self) -> str:
        """As a person said it, else by zones."""
        return self.case.place or zone_words(self.case)


@dataclass(frozen=True)
class Row(Named):
    """A case with whom it binds (the lead first), the stage it is in and when that stage is due; ended cases have no stage."""

    case: Case
    dispatches: tuple[Dispatch, ...]
    stage: str
    stage_due: datetime | None = None
    units: tuple[Organisation, ...] = ()  # of a joint action
    asked: tuple[Organisation, ...] = ()  # of these, whose centre has not answered yet

    @property
    def lead(self) -> Dispatch | None:
        return self.dispatches[0] if self.dispatches and self.dispatches[0].is_lead else None

    @property
    def companions(self) -> int:
        """Who goes along with the lead."""
        return sum(dispatch.part_id is None for dispatch in self.dispatches) - (self.lead is not None)

    @property
    def centres(self) -> set[int]:
        """Whose screens it is on, beside the county's."""
        return {self.case.centre_id, *self.case.guest_centres}

    @property
    def stage_word(self) -> str:
        return str(WAITING[self.stage]) if self.stage else self.case.get_state_display()

    @property
    def late(self) -> bool:
        return self.case.is_open and not self.case.paused_at and clock.now() > self.case.due_at


def category_name(category) -> str:
    """The category in the reader's language."""
    if category is None:
        return _("Not sure yet")
    return category.name if get_language() == "zh-hans" else category.name_en or category.name


def zone_words(case: Case) -> str:
    """Where by zones only (古城镇 · 后八里村 · 第12网格): nothing that a person has typed."""
    parts = (case.township, case.village if not case.grid else None, case.grid, case.area)
    return " · ".join(zone.name for zone in parts if zone)


def stage_of(state: str, lead_state: str | None) -> str:
    """Which of the five stages a case is in; "" when it has ended."""
    if state == CaseState.RECEIVED:
        return "take_in"
    if state == CaseState.RESOLVED:
        return "verify"
    if state != CaseState.IN_HAND:
        return ""
    return "send" if lead_state is None else "accept" if lead_state == State.SENT else "handle"


def rows(cases, rules: Rulebook | None = None) -> list[Row]:
    """Rows of a Case queryset, in its order."""
    rules = rules or current()
    offered = CentreOffer.objects.filter(case=OuterRef("pk")).order_by("-pk").values(
        json=JSONObject(to="to_centre", unanswered="unanswered_at", ending="ending"))  # fmt: skip
    guests = GuestCentre.objects.open().filter(case=OuterRef("pk")).values("centre")
    parts = JointPart.objects.filter(case=OuterRef("pk"), state__in=(*OPEN_PARTS, PartState.DONE)).order_by("-is_lead", "pk").values("organisation")
    active = Dispatch.objects.filter(state__in=ACTIVE).select_related("officer__user", "part").order_by("-is_lead", "part", "-is_first", "pk")
    found = list(
        cases.annotate(pause_asked=Exists(Pause.objects.filter(case=OuterRef("pk"), starts_at=None, refused_at=None, ends_at=None)),
                       guest_centres=ArraySubquery(guests), joint_units=ArraySubquery(parts),
                       open_units=ArraySubquery(parts.filter(state__in=OPEN_PARTS)),
                       asked_units=ArraySubquery(parts.filter(state=PartState.ASKED)), last_offer=Subquery(offered[:1]))
        .prefetch_related(Prefetch("dispatches", active, to_attr="active_dispatches"))
    )
    due = _stage_due(found)
    made = []
    for case in found:
        rules.fill(case)
        offer = case.last_offer or {"ending": CentreOffer.Ending.LAPSED, "unanswered": None}
        case.offered_to = None if offer["ending"] else rules.organisations[offer["to"]]
        dispatches = tuple(case.active_dispatches)
        for dispatch in dispatches:
            dispatch.officer.organisation = rules.organisations[dispatch.officer.organisation_id]
        lead = dispatches[0] if dispatches and dispatches[0].is_lead else None
        stage = stage_of(case.state, lead.state if lead else None)
        subject = f"dispatch:{lead.pk}" if stage == "accept" else ""
        # 行政处罚法 25: between two centres that do not agree the common superior decides.
        case.is_disputed = bool(case.offered_to and offer["unanswered"]) or (offer["ending"] == CentreOffer.Ending.RETURNED and stage in WHOSE)
        units, asked = (tuple(rules.organisations[pk] for pk in found) for found in (case.joint_units, case.asked_units))
        made.append(Row(case, dispatches, stage, due.get((case.thread, stage, subject)), units, asked))
    return made


def _stage_due(cases: Iterable[Case]) -> dict:
    """{(thread, kind, subject): due}; the newest that was not cancelled, fired ones too (they are past)."""
    found = Deadline.objects.filter(
        thread__in=[case.thread for case in cases], kind__in=STAGES, cancelled_at__isnull=True
    ).order_by("pk")
    return {(row.thread, row.kind, row.subject if row.kind == "accept" else ""): row.due_at for row in found}


def facts(row: Row) -> dict:
    """What every screen of the staff may show of a case: no text of a person, no informant. Moments in Unix ms."""
    case = row.case
    return {
        "v": case.version, "lon": case.point.x, "lat": case.point.y, "state": case.state, "stage": row.stage,
        "started": _ms(case.started_at), "due": _ms(case.due_at), "stage_due": _ms(row.stage_due),
        "paused": _ms(case.paused_at) or False, "priority": case.priority, "ten": case.is_ten_minute,
        "officers": [dispatch.officer_id for dispatch in row.dispatches], "title": row.title, "place": zone_words(case),
        "number": case.number, "late": row.late, "escalation": case.escalation, "centre": case.centre_id,
        "offered": case.offered_to.pk if case.offered_to else None,
    }  # fmt: skip


def _ms(moment) -> int | None:
    return int(moment.timestamp() * 1000) if moment else None


def of_centre(cases, key: str, county_centre: int | None):
    """A Case queryset narrowed to what a centre sees: the county centre all, the others their own and those they are guests of."""
    return cases if int(key) == county_centre else cases.filter(seen_by(int(key)))


def load(wanted: dict[tuple[str, str], Iterable[str]], shared: dict[str, Row | None], rules: Rulebook) -> dict[str, Row]:
    """{"case:12": row} of all cases in `wanted` {(centre key, language): things}; asks only for what `shared` does not hold yet."""
    threads = {thing for things in wanted.values() for thing in things if thing.startswith("case:")}
    if missing := threads - shared.keys():
        shared.update(dict.fromkeys(missing))
        found = rows(Case.objects.filter(pk__in=[int(thread.partition(":")[2]) for thread in missing]), rules)
        shared.update((row.case.thread, row) for row in found)
    return {thread: row for thread in threads if (row := shared[thread])}


def spoken(wanted: dict[tuple[str, str], Iterable[str]], loaded: dict[str, Row], payload: Callable[[Row], dict], rules: Rulebook) -> dict:
    """{(centre key, language): {thing: payload}} for `wanted` {(centre key, language): things}: each language once, however many
    centres hear it. Who sees what is as in `of_centre`."""
    county = str(rules.county_centre.pk)
    found: dict[tuple[str, str], dict[str, dict]] = {}
    said: dict[str, dict[str, dict]] = defaultdict(dict)
    for (key, language), things in wanted.items():
        mine = [thing for thing in things if thing in loaded and (key == county or int(key) in loaded[thing].centres)]
        with translation.override(language):
            said[language].update((thing, payload(loaded[thing])) for thing in mine if thing not in said[language])
        found[key, language] = {thing: said[language][thing] for thing in mine}
    return found


def open_versions(keys: Iterable[str], county_centre: int | None) -> dict[str, dict[str, int]]:
    """{centre key: {"case:12": version}} of open cases, guests' too, one statement for all centres."""
    keys = list(keys)
    versions: dict[str, dict[str, int]] = {key: {} for key in keys}
    own = Case.objects.filter(state__in=[*OPEN]).values_list("pk", "version", "centre_id")
    guests = GuestCentre.objects.open().filter(case__state__in=[*OPEN]).values_list("case_id", "case__version", "centre_id")
    for pk, version, centre in own.union(guests):
        for key in {str(centre), str(county_centre)} & versions.keys():
            versions[key][f"case:{pk}"] = version
    return versions


def positions(key: str, county_centre: int | None) -> dict[str, list]:
    """Newest fixes of the centre's officers and of those who act on a case that it sees (of all, for the county centre):
    {"5": [lon, lat, heading, at in ms]}."""
    since = clock.now() - timedelta(seconds=POSITION_SHOWN_S)
    fixes = Position.objects.filter(at__gte=since)
    if int(key) != county_centre:
        acting = Dispatch.objects.active().filter(part__isnull=False, case__centre=int(key)).values("officer")
        leading = Dispatch.objects.active().filter(case__in=GuestCentre.objects.open().filter(centre=int(key)).values("case")).values("officer")
        fixes = fixes.filter(Q(officer__organisation__centre_id=int(key)) | Q(officer__in=acting) | Q(officer__in=leading))
    return {str(fix.officer_id): [fix.point.x, fix.point.y, fix.heading, _ms(fix.at)] for fix in fixes}
