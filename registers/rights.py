"""Who reads and who edits a register. What is not yours is not there."""

from django.http import Http404

from cases.county.tables import BY_NAME, Table
from enforcement.models import User
from enforcement.roles import ADMINISTRATORS, REGISTER_EDITORS, REGISTER_READERS, Role

PERSONAL = ("officers", "exams", "certificates", "staff_transfers", "enrolments", "recusals", "party_acts")


def may_read(user: User, name: str) -> bool:
    """Of registers about persons those of the county's centre read, and administrators: they hold everybody's rows."""
    if user.role not in REGISTER_READERS.get(name, ()):
        return False
    return name not in PERSONAL or user.role in ADMINISTRATORS or bool(user.centre and user.centre.is_county_centre)


def may_edit(user: User, name: str) -> bool:
    """Powers are the county's: a legal reviewer of a brigade or a town reads them only."""
    if user.role not in REGISTER_EDITORS.get(name, ()):
        return False
    return user.role != Role.LEGAL_REVIEWER or bool(user.organisation_id and user.organisation.is_county_centre)


def readable(user: User, name: str) -> Table:
    """The register of this name. Raises Http404."""
    if name not in BY_NAME or not may_read(user, name):
        raise Http404
    return BY_NAME[name]


def editable(user: User, name: str) -> Table:
    """The register of this name, which the person may change. Raises Http404."""
    if name not in BY_NAME or not may_edit(user, name):
        raise Http404
    return BY_NAME[name]
