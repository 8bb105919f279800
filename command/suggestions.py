"""Who could go, and why; who cannot, and why not. The same rules answer the suggestion, the refusal and the officer's page."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.measure import Distance as Metres
from django.db.models import Case as Case_
from django.db.models import Count, F, OuterRef, Prefetch, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cases import parts
from cases.models import Case, JointPart
from cases.rulebook import Rulebook, current
from enforcement import equipment, qualification
from enforcement.models import Certificate, Duty, Equipment, Officer
from enforcement.qualification import Matter
from enforcement.roles import OUTDOORS
from grid.models import Responsibility
from journal import clock, prepared
from registers.plan import grace

from . import rights, travel
from .models import Dispatch, Reservation
from .transitions import ACTIVE


@dataclass(frozen=True)
class Suggestion:
    """One officer for one case. `why_not` empty: may be sent. `certificate`: the one that counts there. Distance in metres, estimated
    way in seconds."""

    officer: Officer
    why_not: str
    certificate: Certificate | None
    distance_m: int | None
    eta_s: int | None
    reasons: list[str] = field(default_factory=list)

    @property
    def can_go(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class Errand:
    """What somebody would be sent to, by the rules in force: a case, or one unit's part in it. `units`: only their people go (None:
    everybody of the centre)."""

    case: Case
    part: JointPart | None
    matter: Matter
    units: frozenset[int] | None
    rules: Rulebook

    @property
    def centre(self) -> int:
        """Whose dispatchers send."""
        return self.part.centre_id if self.part else self.case.centre_id


def errand(case: Case, part: JointPart | None = None) -> Errand:
    """In a joint action orders without a part are the leading unit's."""
    whose, rules = part or parts.leading(case), current()
    own = whose and whose.organisation_id != whose.centre_id
    return Errand(case, part, rights.matter_of(case, part, rules=rules), frozenset(rules.below(whose.organisation_id)) if own else None, rules)


def officers_for(to: Errand, moment, *, only: Iterable[int] | None = None):
    """Officers of the errand's centre who go out (of these keys), with all that decides whether they may go, in a fixed number of queries."""
    chosen = {} if only is None else {"pk__in": list(only)}
    officers = _people(to.case).going_out().filter(organisation__centre_id=to.centre, **chosen).annotate(
        duty_until=Subquery(_running(moment).values("ends_at")[:1]),
        kept_for=Subquery(Reservation.objects.filter(officer=OuterRef("pk"), ended_at=None, until__gt=moment).values("case_id")[:1]),
        busy_with=Subquery(Dispatch.objects.filter(officer=OuterRef("pk"), state__in=ACTIVE).values("case_id")[:1]),
        distance=Distance(F("position__point"), to.case.point),
        rides=Subquery(_running(moment).values("vehicle__kind")[:1]),
        load=Coalesce(Subquery(_handled(moment)), 0),
        signed=Subquery(_signed(moment, grace(to.rules.options))),
    )  # fmt: skip
    return qualification.looked_at(officers, to.matter, moment)


def _people(case: Case):
    """Officers with what is said of them for a case."""
    return Officer.objects.select_related("user", "organisation", "position").prefetch_related(
        Prefetch("equipment", Equipment.objects.filter(is_active=True).order_by("kind", "code"), to_attr="carries"),
        Prefetch("responsibilities", Responsibility.objects.filter(zone__in=_zones(case)), to_attr="here"),
    )


def _running(moment):
    return Duty.objects.filter(user=OuterRef("user"), starts_at__lte=moment, ends_at__gt=moment)


def _handled(moment):
    """How many orders he was given since his duty began; one that was called back or lapsed before he took it is none."""
    begun = Duty.objects.filter(user=OuterRef("officer__user"), starts_at__lte=moment, ends_at__gt=moment).values("starts_at")[:1]
    taken = Q(accepted_at__isnull=False) | ~Q(state__in=["recalled", "expired"])
    given = Dispatch.objects.filter(taken, officer=OuterRef("pk"), sent_at__gte=moment - timedelta(hours=24)).annotate(begun=Subquery(begun))
    return given.filter(sent_at__gte=F("begun")).order_by().values("officer").annotate(count=Count("pk")).values("count")


def _signed(moment, grace: timedelta):
    """Of the stretch that runs: "missing" when he has not signed on although its time for that is over, "left" when he has signed off."""
    late = When(kind="duty", came_at__isnull=True, starts_at__lt=moment - grace, then=Value("missing"))
    word = Case_(When(left_at__isnull=False, then=Value("left")), late, default=Value(""))
    return _running(moment).annotate(word=word).values("word")[:1]


def why_not(officer: Officer, to: Errand) -> str:
    """Why an officer of `officers_for` cannot be sent; "" when he can."""
    case = to.case
    if officer.organisation.centre_id != to.centre:
        return _("belongs to another command centre")
    if to.units is not None and officer.organisation_id not in to.units:
        return _("belongs to another unit")
    if bar := rights.bar(officer, to.matter):
        return qualification.words(bar)
    if officer.duty_until is None:
        return _("is off duty")
    if officer.busy_with and officer.busy_with != case.pk:
        return _("is on another case")
    if officer.busy_with == case.pk:
        return _("is already on this case")
    if officer.kept_for and officer.kept_for != case.pk:
        return _("is set aside for another case")
    return ""


def suggest(case: Case, *, part: JointPart | None = None, limit: int | None = 8, exclude=(), at=None) -> list[Suggestion]:
    """Officers of the centre (for a part: of its own): who can go first, of these who has come to his duty, the soonest on site first (by
    whole minutes), then who answers for the zone, has had less to do on this duty, and has more at hand; the rest follow with their reason.

    With a `limit` only those who come first are looked at closely, and the others when these are too few: the cost does not grow with
    the officers on duty."""
    moment, to = at or clock.now(), errand(case, part)
    if limit and len(first := _first(to, moment, limit, exclude)) == limit:
        return sorted(_looked_at(first, to, moment), key=_worth)
    found = sorted((one for one in _looked_at(officers_for(to, moment), to, moment) if one.officer.pk not in exclude), key=_worth)
    return found[:limit] if limit else found


def of(case: Case, officers: Iterable[int], *, part: JointPart | None = None, at=None) -> dict[int, Suggestion]:
    """{officer: what there is to say of him for the case, or a part in it}; who does not belong to its centre is missing."""
    moment, to = at or clock.now(), errand(case, part)
    return {one.officer.pk: one for one in _looked_at(officers_for(to, moment, only=officers), to, moment)}


def _looked_at(officers, to: Errand, moment) -> list[Suggestion]:
    options, found = to.rules.options, []
    stale, speeds = options["position_stale_s"], travel.speeds(options, bool(to.case.grid_id), moment)
    for officer in officers:
        age = officer_position_age(officer, moment)
        distance = round(officer.distance.m) if officer.distance is not None and age is not None else None
        eta = None
        if distance is not None:
            speed = speeds.get(_rides(officer), speeds[""])
            eta = travel.seconds(distance, accuracy_m=officer.position.accuracy_m, age_s=age, stale_s=stale, speed=speed)
        certificate = None if officer.is_helper else qualification.counting(officer.valid_certificates, to.matter)
        reasons = _reasons(officer, certificate, distance, eta, age, stale)
        found.append(Suggestion(officer, why_not(officer, to), certificate, distance, eta, reasons))
    return found


def officer_position_age(officer: Officer, moment) -> float | None:
    """Seconds since the newest fix, or None without one."""
    position = getattr(officer, "position", None)
    return (moment - position.at).total_seconds() if position else None


# Those who are first by minutes, with all who tie with the last of them; only of these few it is asked who answers for the zone, who has
# had how much to do and who has what at hand; and only of the first of these, one after the other, whether anything bars them.
_FIRST = """
WITH soonest AS (
    SELECT f.id, d.starts_at, d.ends_at, rides.kind AS rides, coalesce(has.n, 0) AS n, sign.signed, way.seconds,
        floor(round(way.seconds) / 60) AS minutes
    FROM enforcement_officer f
    JOIN enforcement_organisation o ON o.id = f.organisation_id AND o.centre_id = {centre}
        AND ({units} IS NULL OR o.id = ANY ({units}))
    JOIN enforcement_user u ON u.id = f.user_id AND u.is_active AND u.role = ANY ({outdoors})
    JOIN enforcement_duty d ON d.user_id = u.id AND d.starts_at <= {now} AND d.ends_at > {now}
    LEFT JOIN command_position p ON p.officer_id = f.id
    LEFT JOIN enforcement_equipment rides ON rides.id = d.vehicle_id
    LEFT JOIN (SELECT holder_id, count(*) AS n, min(kind) FILTER (WHERE kind = ANY ({vehicles})) AS vehicle FROM enforcement_equipment
        WHERE is_active GROUP BY holder_id) AS has ON has.holder_id = f.id
    CROSS JOIN LATERAL (SELECT (ST_Distance(p.point, {point}, false) + coalesce(p.accuracy_m, 0)
        + {drift} * greatest(0, extract(epoch FROM {now} - p.at) - {stale}))
        / coalesce({speeds} ->> coalesce(rides.kind, has.vehicle), {speeds} ->> '')::float AS seconds) AS way
    CROSS JOIN LATERAL (SELECT CASE WHEN d.left_at IS NOT NULL THEN 'left'
        WHEN d.kind = 'duty' AND d.came_at IS NULL AND d.starts_at < {late} THEN 'missing' ELSE '' END AS signed) AS sign
    WHERE NOT f.is_helper AND (f.suspended_at IS NULL OR f.suspended_at > {now}) AND NOT f.id = ANY ({exclude})
    AND NOT EXISTS (SELECT FROM command_dispatch b WHERE b.officer_id = f.id AND b.state IN ('sent', 'accepted', 'on_site'))
    AND NOT EXISTS (SELECT FROM command_reservation r WHERE r.officer_id = f.id AND r.ended_at IS NULL AND r.until > {now}
        AND r.case_id <> {case})
    ORDER BY sign.signed <> '', way.seconds IS NULL, minutes FETCH FIRST ({most} + 12) ROWS WITH TIES
), ranked AS MATERIALIZED (
    SELECT s.*, (SELECT CASE WHEN bool_or(h.role = 'owner') THEN 0 WHEN count(*) > 0 THEN 1 ELSE 2 END FROM grid_responsibility h
            WHERE h.officer_id = s.id AND h.zone_id = ANY ({zones})) AS rank,
        (SELECT count(*) FROM command_dispatch g WHERE g.officer_id = s.id
            AND (g.accepted_at IS NOT NULL OR g.state NOT IN ('recalled', 'expired'))
            AND g.sent_at >= greatest(s.starts_at, {now} - interval '24 hours')) AS load
    FROM soonest s ORDER BY signed <> '', seconds IS NULL, minutes, rank, load, n DESC, seconds, id
)
SELECT id, ends_at, rides, signed, load, (SELECT ST_Distance(p.point, {point}) FROM command_position p WHERE p.officer_id = ranked.id) FROM ranked
WHERE command_bar(id, {case}, {now}, {part}) = '' LIMIT {most}
"""
_VALUES = {"centre": "bigint", "case": "bigint", "part": "bigint", "now": "timestamptz", "late": "timestamptz", "outdoors": "text[]",
           "most": "bigint", "vehicles": "text[]", "point": "geography", "drift": "float", "stale": "float", "speeds": "jsonb",
           "exclude": "bigint[]", "zones": "bigint[]", "units": "bigint[]"}  # fmt: skip
_SOONEST = _FIRST.format(**{name: f"${at}::{kind}" for at, (name, kind) in enumerate(_VALUES.items(), 1)})


def _first(to: Errand, moment, most: int, exclude) -> list[Officer]:
    """The officers who come first by `_worth`, of those whom nothing keeps away, as from `officers_for`; fewer when of the first twelve more
    too many are barred. One statement that is planned once chooses them (its measure is the sphere, within 0.6 %: who is next to the last
    one may be another, never who is first), four plain ones say what is shown."""
    options, case = to.rules.options, to.case
    values = {
        "centre": to.centre, "units": None if to.units is None else sorted(to.units), "part": to.part and to.part.pk,
        "case": case.pk, "now": moment, "late": moment - grace(options), "outdoors": sorted(OUTDOORS), "most": most,
        "vehicles": list(equipment.VEHICLES), "point": case.point.ewkt, "drift": travel.DRIFT_MS, "stale": options["position_stale_s"],
        "speeds": json.dumps(travel.speeds(options, bool(case.grid_id), moment)), "exclude": list(exclude), "zones": _zones(case),
    }  # fmt: skip
    found = {row[0]: row[1:] for row in prepared.fetch("soonest_officers", _SOONEST, [values[name] for name in _VALUES])}
    officers = list(qualification.with_certificates(_people(case).filter(pk__in=found), moment)) if len(found) == most else []
    for officer in officers:
        officer.duty_until, officer.rides, officer.signed, officer.load, metres = found[officer.pk]
        officer.distance = None if metres is None else Metres(m=metres)
        officer.busy_with = officer.kept_for = None
        officer.is_open, officer.is_suspended, officer.is_recused, officer.is_separated = True, False, False, False  # says command_bar()
    return officers


def _zones(case: Case) -> list[int]:
    return [zone for zone in (case.grid_id, case.area_id, case.village_id) if zone]


def _worth(one: Suggestion) -> tuple:
    officer = one.officer
    soon = (one.eta_s is None, (one.eta_s or 0) // 60)
    return (bool(one.why_not), officer.is_helper, bool(officer.signed), *soon, _rank(officer), officer.load, -len(officer.carries),
            one.distance_m or 0, officer.pk)  # fmt: skip


def _rides(officer: Officer) -> str:
    """Kind of the vehicle of his duty, else of one that he carries; "" on foot or as it comes."""
    return officer.rides or next((one.kind for one in officer.carries if one.kind in equipment.VEHICLES), "")


def _rank(officer: Officer) -> int:
    roles = {row.role for row in officer.here}
    return 0 if Responsibility.Role.OWNER in roles else 1 if roles else 2


def _reasons(officer, certificate, distance, eta, age, stale) -> list[str]:
    words = [str(row.get_role_display()) for row in officer.here[:1]]
    if officer.is_helper:
        words.append(_("helper: goes first, does not decide"))
    if distance is None:
        words.append(_("position unknown"))
    else:
        words.append(_("%(metres)d m") % {"metres": distance} if distance < 1000 else _("%(km).1f km") % {"km": distance / 1000})
        words.append(_("about %(minutes)d min") % {"minutes": max(1, round(eta / 60))})
        if age > stale:
            words.append(_("position %(minutes)d min old") % {"minutes": round(age / 60)})
    if certificate:
        words.append(_("certificate valid"))
    if officer.busy_with is None and officer.duty_until is not None:
        words.append(_("free"))
    if officer.signed:
        words.append(_("not signed on") if officer.signed == "missing" else _("signed off"))
    if officer.load:
        words.append(_("%(n)d orders on this duty") % {"n": officer.load})
    words += dict.fromkeys(equipment.word(one.kind, one.name) for one in officer.carries)
    return words


def could_go(case: Case, *, part: JointPart | None = None, limit: int = 3) -> list[str]:
    """Names of those who could be sent instead: a refusal names them."""
    return [one.officer.name for one in suggest(case, part=part, limit=limit) if one.can_go and not one.officer.is_helper]
