"""Taking in what people report (信息收集 · 案卷建立). One verb for every channel; it never sends anybody.

At most 12 SQL statements and one commit: the keys of report and case are drawn first, so that each row is written once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from enforcement.models import User
from grid.models import Camera
from journal import clock, deadlines, push, rows
from journal.moves import next_entry, step
from journal.refused import BadInput, Refused

from . import drafts, jurisdiction, limits, sealed
from .challenge import use_up
from .models import ApiClient, Case, Category, Report, TargetClass
from .places import Located, Place, locate
from .rulebook import Rulebook, current
from .texts import clean, clean_text
from .transitions import CASE_MOVES, State

CLOCK_SKEW = timedelta(minutes=1)  # between a desk's clock and the server's
LONGEST_CALL = timedelta(hours=12)  # an earlier start is a slip of the keyboard
OLDEST_FOOTAGE = timedelta(days=90)
KEY_MAX = 64


@dataclass(frozen=True)
class Received:
    """`case` None: held until a person has looked at it. `repeated`: this is the first answer again, nothing was stored."""

    report: Report
    case: Case | None
    code: str
    repeated: bool = False


def receive_report(
    *, by, channel: str, text: str, category: Category | str | None, place: Place, idempotency_key: str,
    contact: dict | None = None, photo_ids=(), draft_key: str = "", began_at: datetime | None = None,
    form_seconds: int | None = None, camera: Camera | None = None, camera_moment: datetime | None = None,
    on_behalf_of: str = "", language: str = "zh-hans", hold_reason: str = "", proof: str = "", client: ApiClient | None = None,
    is_simulated: bool = False, follows: Case | None = None, target_class: TargetClass | None = None, zones: Located | None = None,
) -> Received:  # fmt: skip
    """Store a report and open its case, or hold it (`hold_reason`) until a person releases it.

    `category` None or "": not sure. `contact` {"name", "phone"} is sealed. `photo_ids` are drafts of `draft_key`.
    `began_at` starts the clock (start of the call, the operator's mark; default: now). `proof` is a solved challenge: it
    counts once, a second use holds the report. `zones`: what `places.locate` said of the place, if just asked.
    Same key and content → the first answer; raises `Refused` ("key_reused") for other content under the same key, `BadInput`
    for what the reporter can correct.
    """
    now = clock.now()
    said = clean_text(text)
    if not said and not photo_ids and camera is None and follows is None:
        raise BadInput(_("Say in a few words what you saw, or add a photo."), code="empty")
    if len(photo_ids := list(dict.fromkeys(str(pk) for pk in photo_ids))) > settings.PHOTO_MAX_COUNT:
        raise BadInput(_("At most %(most)d photos can be sent.") % {"most": settings.PHOTO_MAX_COUNT}, code="too_many_photos")
    began_at = _begin(began_at, now)
    _check_footage(camera_moment, now)
    key = _bound_key(idempotency_key, by=by, client=client)
    zones = zones or locate(place)
    rules = current(zones.rules_version)
    known = _category(category, rules)
    _check_role(by)
    words = clean(place.words, lines=False)[:200] or zones.words
    content = {
        "channel": channel, "text": said, "category": known.code if known else "", "lon": place.lon, "lat": place.lat,
        "words": words, "contact": contact or {}, "photos": sorted(photo_ids), "camera": camera.pk if camera else None,
        "moment": camera_moment.isoformat() if camera_moment else None, "follows": follows.pk if follows else None,
    }  # fmt: skip
    code = sealed.new_code(key)
    routed = jurisdiction.route(known, zones, rules=rules)
    report = Report(
        channel=channel, text=said, category=known, centre=routed.centre, point=place.point, place=words,
        original_lon=place.original[0] if place.original else None, original_lat=place.original[1] if place.original else None,
        coordinate_system=place.system, accuracy_m=place.accuracy_m, place_source=place.source,
        began_at=began_at, received_at=now, form_seconds=form_seconds, tracking_hash=sealed.tracking_hash(code),
        camera=camera, camera_moment=camera_moment, taken_by=by if isinstance(by, User) else None, client=client,
        on_behalf_of=clean(on_behalf_of, lines=False)[:40], idempotency_key=key, content_hash=sealed.content_hash(content),
        language=language, is_simulated=is_simulated or bool(client and client.is_simulated),
    )  # fmt: skip
    try:
        with transaction.atomic():
            if proof and not use_up(proof):
                hold_reason = hold_reason or "no_proof"
            case = _store(
                report, by=by, rules=rules, routed=routed, zones=zones, hold_reason=hold_reason, contact=contact,
                photo_ids=photo_ids, draft_key=draft_key, follows=follows, target_class=target_class,
            )  # fmt: skip
    except IntegrityError:
        if (again := repetition(key, report.content_hash)) is None:
            raise
        return again
    return Received(report, case, code)


def repetition(key: str, content_hash: str) -> Received | None:
    """The first answer to a submission that came again, None if it is the first; `Refused` ("key_reused") for another content."""
    report = Report.objects.select_related("case").filter(idempotency_key=key).first()
    if report is None:
        return None
    if report.content_hash != content_hash:
        raise Refused(
            _("This form has already been sent with another content. Reload the page to send a new report."), code="key_reused"
        )
    return Received(report, report.case, sealed.new_code(key), repeated=True)


def _store(report, *, by, rules, routed, zones, hold_reason, contact, photo_ids, draft_key, follows, target_class) -> Case | None:
    """Write the rows of a new report, all in one round trip."""
    report.pk, case_pk = _draw_keys()
    case = None
    if hold_reason:
        report.state, report.held_reason = Report.State.HELD, hold_reason
        new = [next_entry(report, "held", by=by, data={"reason": hold_reason, "channel": report.channel, "content": report.content_hash})]
    else:
        case, new = new_case(report, pk=case_pk, by=by, rules=rules, routed=routed, zones=zones, follows=follows, target_class=target_class)
        report.case = case
    rows.insert(report, *new, *filter(None, [sealed.seal_contact(report, contact)]))
    if photo_ids:
        drafts.attach(photo_ids, draft_key=draft_key, report=report, case=case)
    tell(report, case, rules)
    return case


def new_case(
    report: Report, *, pk: int, by, rules: Rulebook, routed: jurisdiction.Routed, zones: Located,
    follows: Case | None = None, target_class: TargetClass | None = None,
) -> tuple[Case, list[models.Model]]:  # fmt: skip
    """The case of a report, and its rows to be inserted: itself, its first journal entry, the clocks that run from the start
    (taking in, the warning at 70 %, the whole loop). The caller links the report."""
    target = target_class or routed.target_class
    case = Case(
        pk=pk, state=State.RECEIVED, category=report.category, priority=jurisdiction.priority(report.category),
        target_class=target, is_ten_minute=target.is_ten_minute, organisation=routed.organisation, centre=routed.centre,
        routed_by=routed.rule, routed_because=routed.because, point=report.point, place=report.place,
        township_id=zones.pk("township"), village_id=zones.pk("village"), grid_id=zones.pk("grid"), area_id=zones.pk("area"),
        started_at=report.began_at, follows=follows, speed=report.client.speed if report.client_id else 1,
        is_simulated=report.is_simulated, list_number=rules.list_number,
    )  # fmt: skip
    case.due_at = limits.total_due(case, rules=rules)
    first = next_entry(case, "reported", by=by, data={
        "from": None, "to": State.RECEIVED, "report": report.pk, "channel": report.channel, "content": report.content_hash,
        "category": report.category.code if report.category_id else None, "organisation": routed.organisation.code,
        "centre": routed.centre.code, "rule": routed.rule.code if routed.rule else None, "target": target.code,
        "started_at": case.started_at.isoformat(), "due_at": case.due_at.isoformat(),
        "zones": {kind: zone.code for kind, zone in zones.zones.items()},
        **({"nearest_village": True} if zones.is_near else {}),
        **({"provisional_calendar": True} if limits.is_provisional(case, rules=rules) else {}),
        **({"follows": follows.pk} if follows else {}),
    })  # fmt: skip
    clocks = deadlines.new(case, {
        **limits.stage_begins(case, "take_in", case.started_at, rules=rules),
        "warn": limits.warn_due(case, rules=rules), "total": case.due_at,
    })  # fmt: skip
    return case, [case, first, *clocks]


def tell(report: Report, case: Case | None, rules: Rulebook) -> None:
    """After commit: consoles and walls of the centre and the county, and the reporter's own page."""
    thing = case or report
    names = {f"{kind}.{pk}" for kind in ("centre", "wall") for pk in (thing.centre_id, rules.county_centre.pk)}
    push.tell([*names, f"track.{report.track_key}"], thing.thread, thing.version)


def draw_case_key() -> int:
    return _draw_keys()[1]


def _draw_keys() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('cases_report', 'id')), nextval(pg_get_serial_sequence('cases_case', 'id'))")
        return cursor.fetchone()


def _bound_key(key: str, *, by, client: ApiClient | None) -> str:
    """The key within its form or client: nobody can take up another's."""
    if not key or len(key) > KEY_MAX or not key.isascii() or not key.isprintable():
        raise BadInput(_("The idempotency key must have 1 to %(most)d printable ASCII characters.") % {"most": KEY_MAX}, code="bad_key")
    actor = by.actor
    return f"{f'client.{client.pk}' if client else f'{actor.kind}.{actor.id}'}:{key}"


def _begin(began_at: datetime | None, now: datetime) -> datetime:
    if began_at is None or now < began_at <= now + CLOCK_SKEW:
        return now
    if began_at > now:
        raise BadInput(_("The start lies in the future. Please correct the time."), code="future")
    if began_at < now - LONGEST_CALL:
        raise BadInput(_("The start lies more than 12 hours back. Please correct the time."), code="past")
    return began_at


def _check_footage(moment: datetime | None, now: datetime) -> None:
    if moment and moment > now + CLOCK_SKEW:
        raise BadInput(_("The moment of the camera picture lies in the future. Please correct the time."), code="future")
    if moment and moment < now - OLDEST_FOOTAGE:
        raise BadInput(_("The camera picture is older than 90 days and is no longer kept. Please correct the time."), code="past")


def _category(category: Category | str | None, rules: Rulebook) -> Category | None:
    if not category:
        return None
    known = rules.categories.get(category if isinstance(category, str) else category.code)
    if known is None or not known.is_active:
        raise BadInput(_("This kind of matter is not known. Choose one from the list, or “not sure”."), code="category")
    return known


def _check_role(by) -> None:
    row = step(CASE_MOVES, None, "reported")
    if row is None or not row.by & by.actor.roles:
        raise Refused(_("Your post does not allow this step."), code="not_allowed")
