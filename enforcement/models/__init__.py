"""Who may enforce what: organisations, people, certificates, items and their transfers, conduct, equipment, duty."""

from .accounts import Account, PostChange
from .conduct import ConductRule, PartyAct, ProcedureStep, Recusal
from .duty import (
    Duty,
    DutyPattern,
    DutySwap,
    Equipment,
    EquipmentIssue,
    Leave,
    Roster,
    Shift,
)
from .organisations import LegalSubject, Organisation, OrganisationName
from .people import (
    Certificate,
    Enrolment,
    Exam,
    Officer,
    StaffTransfer,
    TrainingPlan,
    User,
)
from .powers import (
    Baseline,
    Basis,
    DiscretionBand,
    DiscretionFactor,
    HearingThreshold,
    Item,
    ItemList,
    Party,
    Tier,
    Transfer,
)
from .screens import Screen

__all__ = [
    "Account", "Baseline", "Basis", "Certificate", "ConductRule", "DiscretionBand", "DiscretionFactor", "Duty", "DutyPattern", "DutySwap",
    "Enrolment", "Equipment", "EquipmentIssue", "Exam", "HearingThreshold", "Item", "ItemList", "Leave", "LegalSubject", "Officer",
    "Organisation", "OrganisationName", "Party", "PartyAct", "PostChange", "ProcedureStep", "Recusal", "Roster", "Screen", "Shift", "StaffTransfer",
    "Tier", "TrainingPlan", "Transfer", "User",
]  # fmt: skip

from . import kept  # noqa: F401  their histories
