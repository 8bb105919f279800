"""Posts and what they may do. Rights are code: a change of a right is a reviewed change, not a click.

Names after CJJ/T 106-2010 and GB/T 30428 (受理员, 派遣员, 值班长, 监督员 …).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    CALL_TAKER = "call_taker", _("Call taker")
    DISPATCHER = "dispatcher", _("Dispatcher")
    SHIFT_LEADER = "shift_leader", _("Shift leader")
    DEPUTY = "deputy", _("On-call deputy")
    OFFICER = "officer", _("Enforcement officer")
    SQUAD_LEADER = "squad_leader", _("Squad leader")
    HELPER = "helper", _("Village helper")
    SUPERVISOR = "supervisor", _("Supervisor")
    LEGAL_REVIEWER = "legal_reviewer", _("Legal reviewer")
    DISPLAY = "display", _("Display screen")
    SYSTEM_ADMIN = "system_admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    AUDIT_ADMIN = "audit_admin", _("Audit administrator")


CENTRE = frozenset({Role.CALL_TAKER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.DEPUTY})
DISPATCHING = frozenset({Role.DISPATCHER, Role.SHIFT_LEADER, Role.DEPUTY})
LEADING = frozenset({Role.SHIFT_LEADER, Role.DEPUTY})
FIELD = frozenset({Role.OFFICER, Role.SQUAD_LEADER})  # may decide on the spot (with a valid certificate)
OUTDOORS = FIELD | {Role.HELPER}
# GB/T 22239 (等保): three posts of three persons. They configure, grant and look back; none of them sees cases, cameras or money.
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

# Which posts may enter which surface (config.surfaces).
SURFACE_ROLES = {
    "command": CENTRE | {Role.SUPERVISOR, Role.LEGAL_REVIEWER},
    "wall": CENTRE | {Role.SUPERVISOR, Role.DISPLAY},
    "officer": OUTDOORS,
    "supervision": frozenset({Role.SUPERVISOR, Role.SHIFT_LEADER, Role.DEPUTY, Role.LEGAL_REVIEWER}),
    "registers": ADMINISTRATORS | CENTRE | FIELD | {Role.SUPERVISOR, Role.LEGAL_REVIEWER},
}

# Which post imports and edits which register (by the name of its file). Powers: legal review of the county centre; people, equipment,
# rules and places: the system administrator, who gives nobody a post alone (registers/planning.py) and sees no case, camera or money.
_POWERS = ("legal_subjects", "organisation_names", "items", "bases", "tiers", "transfers", "discretion_bands", "discretion_factors",
           "hearing_thresholds", "procedure_steps")  # fmt: skip
_CONFIGURATION = ("organisations", "officers", "exams", "certificates", "staff_transfers", "trainings", "enrolments", "recusals", "party_acts",
                  "conduct_rules", "duty", "equipment", "baselines", "responsibilities", "cameras", "target_classes", "categories",
                  "target_rules", "routing_rules", "sending_rules", "calendar")  # fmt: skip
REGISTER_EDITORS = {
    **dict.fromkeys(_POWERS, frozenset({Role.LEGAL_REVIEWER})),
    **dict.fromkeys(_CONFIGURATION, frozenset({Role.SYSTEM_ADMIN})),
}
_READERS = ADMINISTRATORS | LEADING | {Role.LEGAL_REVIEWER, Role.SUPERVISOR}
# Who reads each: whom an officer is related to is nobody's business but theirs who apply it, and a list of cameras is no audit's.
REGISTER_READERS = {name: editors | _READERS for name, editors in REGISTER_EDITORS.items()} | {
    # Phones, staff numbers and certificates of the whole county: leaders have their own people's on the people's page.
    **{name: editors | ADMINISTRATORS | {Role.LEGAL_REVIEWER, Role.SUPERVISOR} for name, editors in REGISTER_EDITORS.items()
       if name in ("officers", "exams", "certificates", "staff_transfers", "enrolments")},
    "recusals": frozenset({Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER, Role.SUPERVISOR}),
    "party_acts": frozenset({Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER, Role.SUPERVISOR}),
    "cameras": LEADING | {Role.SYSTEM_ADMIN, Role.LEGAL_REVIEWER, Role.SUPERVISOR},
}
