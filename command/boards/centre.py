"""The console's board: a centre's open cases as queue rows; the county centre's holds all."""

from collections.abc import Iterable

from django.db.models import Count, Q
from django.template.loader import render_to_string

from cases.audience import county_centre_pk
from cases.models import Case, Finding, Handover, Lead, Pause, Report
from cases.rulebook import current
from cases.transitions import State
from command import help, presence, shift
from journal import clock, push

from . import calls, cases


class CentreBoard(push.Board):
    kind, family = "centre", cases.FAMILY

    def things(self, key: str) -> dict[str, int]:
        return self.things_of([key])[key]

    def things_of(self, keys: Iterable[str]) -> dict[str, dict[str, int]]:
        keys = list(keys)
        county = county_centre_pk()
        found, asked = cases.open_versions(keys, county), help.of_centres(keys, county)
        return {key: found[key] | asked[key] for key in keys}

    def render(self, key: str, things: Iterable[str], language: str) -> dict[str, dict]:
        return self.render_all({(key, language): list(things)}, {})[key, language]

    def render_all(self, wanted: dict, shared: dict) -> dict:
        rules = current()
        loaded = {thread: row for thread, row in cases.load(wanted, shared, rules).items() if row.case.is_open}
        found = cases.spoken(wanted, loaded, payload, rules)
        return calls.added(found, wanted, "command/_help_call.html")

    def positions(self, key: str) -> dict[str, list]:
        return cases.positions(key, county_centre_pk())

    def figures(self, key: str) -> dict:
        """Counts beside the queue: held reports, pauses to approve, answers awaited from departments and
        outside bodies, a shift's hand-over to take over, the newest lead; today's reports and ends; who looks at which case."""
        county = county_centre_pk()
        mine = {} if int(key) == county else {"centre_id": int(key)}
        of_case = {f"case__{name}": value for name, value in mine.items()}
        start, _ = clock.day_bounds(clock.today())
        today = Case.objects.filter(Q(started_at__gte=start) | Q(closed_at__gte=start), **mine).aggregate(
            reported=Count("pk", filter=Q(started_at__gte=start)), closed=Count("pk", filter=Q(closed_at__gte=start, state=State.CLOSED)),
        )
        return {
            "held": Report.objects.filter(state=Report.State.HELD, **mine).count(),
            "pauses": Pause.objects.filter(starts_at__isnull=True, refused_at__isnull=True, ends_at__isnull=True, **of_case).count(),
            "answers": Finding.objects.filter(answered_at__isnull=True, **of_case).count()
            + Handover.objects.filter(accepted_at__isnull=True, returned_at__isnull=True, **of_case).count(),
            "shift": shift.waiting(int(key)).count(),
            "newest_lead": Lead.objects.filter(**of_case).order_by("-pk").values_list("pk", flat=True).first() or 0,
            "looking": presence.of_centre(key, county), **today,
        }  # fmt: skip


def payload(row: cases.Row) -> dict:
    """What a console gets of a case: the shared facts, the place as said, and its queue row."""
    return {**cases.facts(row), "place": row.place, "html": render_to_string("command/_queue_row.html", {"row": row})}


push.register(CentreBoard())
