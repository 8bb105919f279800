"""What became of a replay: a table that adds up, read from cases and journal."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from cases.models import ApiClient, Case, Report
from cases.transitions import OPEN, State
from command import metrics
from command.boards.cases import STAGES
from command.models import Dispatch
from journal.models import Entry

LINES = (*STAGES, "loop")


@dataclass
class Result:
    """Counts and times of one run; `problems` says what does not add up."""

    read: int
    stored: int
    rejected: Counter
    cases: Counter = field(default_factory=Counter)
    still_open: Counter = field(default_factory=Counter)
    held: int = 0
    joined: int = 0  # reports of a case that another one opened
    dispatched: int = 0
    in_time: dict = field(default_factory=dict)
    stages: dict = field(default_factory=dict)
    reworks: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict:
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}


def result(client: ApiClient, *, read: int, answered: int, rejected: Counter, speed: int) -> Result:
    """The table of a client's run. `answered`: how many rows the site said it has stored."""
    reports = Report.objects.filter(client=client)
    found = Result(read=read, stored=reports.count(), rejected=rejected, held=reports.filter(case=None).count())
    cases = list(Case.objects.filter(reports__client=client).distinct())
    found.cases = Counter(case.state for case in cases)
    found.dispatched = Dispatch.objects.filter(case__in=cases, is_lead=True).values("case").distinct().count()
    found.joined = found.stored - found.held - len(cases)
    found.reworks = sum(case.reworks for case in cases)
    _times(found, cases, speed)
    if found.stored != answered:
        found.problems.append(f"the site answered {answered} rows with success but has stored {found.stored}")
    if read != found.stored + sum(rejected.values()):
        found.problems.append(f"{read} rows read, {found.stored} stored, {sum(rejected.values())} rejected")
    return found


def _times(found: Result, cases: list[Case], speed: int) -> None:
    """Stages as supervision counts them (all rounds, pauses apart), of the closed cases; what the open ones wait for."""
    newest = Entry.objects.filter(thread__in=[case.thread for case in cases if case.state in OPEN]).order_by("thread", "-number")
    last = dict(newest.distinct("thread").values_list("thread", "verb"))
    found.still_open.update(f"{case.state}, last {last.get(case.thread, '?')}" for case in cases if case.state in OPEN)
    spans = defaultdict(list)
    for spent in metrics.spent([case.pk for case in cases if case.state == State.CLOSED]).values():
        for stage, scaled in spent.items():
            spans[stage].append(scaled / speed)
    for name, among in (("ten_minute", [c for c in cases if c.is_ten_minute]), ("all", cases)):
        closed = [case for case in among if case.state == State.CLOSED]
        found.in_time[name] = {"closed": len(closed), "in_time": sum(case.closed_at <= case.due_at for case in closed)}
    for stage, seconds in spans.items():
        seconds.sort()
        p50, p90 = (seconds[min(len(seconds) - 1, int(len(seconds) * share))] for share in (0.5, 0.9))
        found.stages[stage] = {"count": len(seconds), "p50_s": round(p50, 2), "p90_s": round(p90, 2),
                               "p50_scaled_s": round(p50 * speed, 1), "p90_scaled_s": round(p90 * speed, 1)}  # fmt: skip


def table(found: Result) -> list[str]:
    """Lines for a terminal."""
    lines = ["", f"rows read           {found.read:>7}", f"  stored            {found.stored:>7}"]
    lines += [f"  rejected          {count:>7}  {reason}" for reason, count in sorted(found.rejected.items())] or ["  rejected                0"]
    lines += [f"cases               {sum(found.cases.values()):>7}"]
    lines += [f"  {state:<18}{count:>7}" for state, count in sorted(found.cases.items())]
    lines += [f"    open: {why:<30}{count:>5}" for why, count in sorted(found.still_open.items())]
    lines += [f"joined another's    {found.joined:>7}", f"held for a person   {found.held:>7}"]
    lines += [f"dispatched          {found.dispatched:>7}", f"rounds of rework    {found.reworks:>7}"]
    for name, words in (("ten_minute", "ten-minute matters"), ("all", "all matters")):
        share = found.in_time[name]
        rate = f"{share['in_time'] / share['closed']:.1%}" if share["closed"] else "—"
        lines.append(f"closed in time, {words}: {share['in_time']} of {share['closed']} = {rate}")
    lines += ["", f"{'stage':<10}{'closed':>7}{'P50 s':>10}{'P90 s':>10}{'P50 scaled':>12}{'P90 scaled':>12}"]
    for stage in LINES:
        if row := found.stages.get(stage):
            lines.append(f"{stage:<10}{row['count']:>7}{row['p50_s']:>10.2f}{row['p90_s']:>10.2f}{row['p50_scaled_s']:>12.1f}{row['p90_scaled_s']:>12.1f}")
    return lines + [f"DOES NOT ADD UP: {problem}" for problem in found.problems]
