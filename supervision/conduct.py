"""How often each rule of conduct was named in a period, and in which cases. Counted, never priced."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cases.models import Case, NamedRule
from command.metrics import Period
from enforcement.models import ConductRule, Organisation
from journal import clock

CASES_SHOWN = 20
KINDS = (ConductRule.Kind.MUST_NOT, ConductRule.Kind.DUTY, ConductRule.Kind.WORK)  # the gravest first


@dataclass
class Line:
    """A rule with the namings that stand."""

    rule: ConductRule
    named: list[NamedRule] = field(default_factory=list)

    @property
    def shown(self) -> list[NamedRule]:
        return self.named[:CASES_SHOWN]

    @property
    def more(self) -> list[NamedRule]:
        """What stands behind a fold, so that a long line hides no other."""
        return self.named[CASES_SHOWN:]


def lines(user, centres: Iterable[int | Organisation], period: Period) -> list[Line]:
    """All rules that hold or were named, the most often named first; two statements. Namings that were taken back are not counted."""
    visible = Case.objects.visible_to(user).filter(centre__in=centres)
    named = (
        NamedRule.objects.filter(period.contains("named_at"), case__in=visible, withdraws=None, withdrawn_by=None)
        .select_related("case", "officer__user").order_by("-named_at", "-pk")
    )  # fmt: skip
    found = {rule.pk: Line(rule) for rule in ConductRule.objects.all()}
    for one in named:
        found[one.rule_id].named.append(one)
    day = clock.today()
    shown = [line for line in found.values() if line.named or line.rule.covers(day)]
    return sorted(shown, key=lambda line: (-len(line.named), KINDS.index(line.rule.kind), line.rule.number))
