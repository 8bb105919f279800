"""How a procedure runs, what one may do against a decision, and what officers must not do: what the law wants told before anybody asks
(行政处罚法 39, 44, 61)."""

from dataclasses import dataclass

from enforcement.models import ConductRule, LegalSubject, ProcedureStep
from journal import clock

from .models import Category
from .rulebook import Rulebook

RECONSIDERATION_DAYS = 60  # 行政复议法 20, from knowing of the decision
COURT_MONTHS = 6  # 行政诉讼法 46, from knowing of the decision
AFTER_RECONSIDERATION_DAYS = 15  # 行政诉讼法 45
RECONSIDERATION_FIRST = (ProcedureStep.Procedure.ON_SPOT,)  # 行政复议法 23: before one may sue


@dataclass(frozen=True)
class Course:
    """A procedure from its first step to its last."""

    procedure: str
    label: str
    steps: tuple[ProcedureStep, ...]
    reconsideration_first: bool


def courses() -> list[Course]:
    """The procedures that are published, in the order of the law. One statement."""
    steps = list(ProcedureStep.objects.all())
    found = [
        Course(value, label, tuple(step for step in steps if step.procedure == value), value in RECONSIDERATION_FIRST)
        for value, label in ProcedureStep.Procedure.choices
    ]
    return [course for course in found if course.steps]


def subjects(rules: Rulebook) -> list[LegalSubject]:
    """In whose name somebody here acts now, by code: whose decisions may be contested."""
    acting = {unit.legal_subject_id: unit.legal_subject for unit in rules.organisations.values() if unit.is_active and unit.legal_subject_id}
    return sorted(acting.values(), key=lambda subject: subject.code)


def must_not(rules: Rulebook, code: str) -> ConductRule | None:
    """The must-not that a complaint names, if it holds today."""
    return next((rule for rule in rules.must_nots(clock.today()) if rule.code == code), None)


def complaints(rules: Rulebook) -> Category | None:
    """The category under which the county takes complaints about officers; None: it has none, and the hotline takes them."""
    found = (rules.categories.get(code) for code in rules.complaints)
    return next((category for category in found if category and category.is_active), None)


STEP_COLUMNS = ("procedure", "number", "name", "text", "limit", "basis")
SUBJECT_COLUMNS = ("code", "name", "seal", "reconsideration_body", "court")


def step_rows() -> list[dict]:
    """All steps by STEP_COLUMNS."""
    return [{name: getattr(step, name) for name in STEP_COLUMNS} for course in courses() for step in course.steps]


def subject_rows(rules: Rulebook) -> list[dict]:
    """All subjects by SUBJECT_COLUMNS."""
    return [{name: getattr(subject, name) for name in SUBJECT_COLUMNS} for subject in subjects(rules)]
