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
