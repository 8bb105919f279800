"""What a centre goes on knowing of a case that it sees no more: its number, who did what and when, to whom it went. Nothing of what is in it."""

from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cases.models import Case, CentreOffer
from cases.rulebook import current
from enforcement.models import Organisation
from journal.models import Entry
from journal.spoken import when

from .sentences import sentence

Ending = CentreOffer.Ending
GIVEN = {"offer_accepted": ("from", "to"), "designated": ("from", "to"), "classified": ("from_organisation", "organisation")}
UNASKED = ("offer_returned", "offer_withdrawn", "offer_lapsed", "designated")  # of who was asked to take it over
PARTED = ("part_refused", "part_done", "part_ended", "part_dropped")


def said(pks: list[int], user) -> dict[int, str]:
    """{key: sentence} of those of the cases that have left the user's centre; of all others, nothing."""
    seen = set(Case.objects.visible_to(user).filter(pk__in=pks).values_list("pk", flat=True))
    away = {case.thread: case for case in Case.objects.filter(pk__in=set(pks) - seen).only("started_at")} if user.centre else {}
    if not away:
        return {}
    offers = CentreOffer.objects.filter(case__in=[case.pk for case in away.values()], to_centre=user.centre)
    asked = {f"offer:{pk}" for pk in offers.values_list("pk", flat=True)}
    centres = {unit.code: unit.centre_id for unit in current().organisations.values()}
    found = {}
    for entry in Entry.objects.filter(thread__in=away, verb__in={*GIVEN, *UNASKED, *PARTED}).order_by("number"):
        if _concerns(entry, user.centre, asked, centres):
            case, what = away[entry.thread], sentence(entry, quotes=False)
            found[case.pk] = _("Case %(number)s: %(what)s (%(who)s, %(time)s)") % {
                "number": case.number, "what": what, "who": entry.who, "time": when(entry.at)}  # fmt: skip
    return found


def _concerns(entry: Entry, centre: Organisation, asked: set[str], centres: dict[str, int | None]) -> bool:
    """Whether the entry is why the centre sees the case no more."""
    if entry.verb in PARTED:
        return centres.get(entry.data.get("unit_code")) == centre.pk
    if entry.verb in UNASKED and entry.subject in asked:
        return True
    before, after = (centres.get(entry.data.get(key)) for key in GIVEN.get(entry.verb, ("", "")))
    return before == centre.pk != after


def given(centre: Organisation) -> QuerySet[CentreOffer]:
    """Offers by which cases have left a centre: signed for, or designated to another. `then`: whose the case was afterwards."""
    following = CentreOffer.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk")).order_by("pk").values("from_centre")
    made = CentreOffer.objects.filter(from_centre=centre, ending__in=[Ending.ACCEPTED, Ending.DESIGNATED])
    made = made.annotate(then=Coalesce(Subquery(following[:1]), F("case__centre"), output_field=BigIntegerField())).exclude(then=centre.pk)
    return made.select_related("case", "organisation", "ended_by__organisation").order_by("-ended_at", "-pk")
