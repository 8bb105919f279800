"""The registers whose old values are kept (journal.history); what has a state and a record of its own is not among them."""

from journal.history import keep

from .conduct import ConductRule, PartyAct, ProcedureStep, Recusal
from .duty import DutyPattern, Equipment, Shift
from .organisations import LegalSubject, Organisation, OrganisationName
from .people import Certificate, Enrolment, Exam, Officer, StaffTransfer, TrainingPlan, User
from .powers import Baseline, Basis, DiscretionBand, DiscretionFactor, HearingThreshold, Item, Tier, Transfer

keep(
    LegalSubject, Organisation, OrganisationName, Officer, Exam, Certificate, StaffTransfer, TrainingPlan, Enrolment, Recusal, PartyAct,
    ConductRule, ProcedureStep, Equipment, Shift, DutyPattern, Item, Basis, Tier, Transfer, DiscretionBand, DiscretionFactor,
    HearingThreshold, Baseline,
)  # fmt: skip
keep(User, exclude=("password", "last_login", "is_superuser", "is_staff", "date_joined"))
