"""What a form of the registers' pages said: texts without blanks around, things by their keys."""

from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from django.utils.translation import gettext as _

from enforcement.models import Organisation
from journal.refused import BadInput


def text(data: QueryDict, name: str, most: int = 200) -> str:
    said = data.get(name, "").replace("\x00", "").strip()
    if len(said) > most:
        raise BadInput(_("This text is too long: at most %(most)d characters.") % {"most": most}, code="too_long", field=name)
    return said


def key(data: QueryDict, name: str) -> int | None:
    """A number that names a row; None when it is empty or none."""
    value = data.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def keys(data: QueryDict, name: str) -> list[int]:
    return [int(value) for value in data.getlist(name) if value.isascii() and value.isdigit() and len(value) < 19]


def unit(data: QueryDict, name: str = "unit") -> Organisation:
    pk = key(data, name)
    found = Organisation.objects.filter(pk=pk, is_active=True).first() if pk else None
    if found is None:
        raise BadInput(_("Choose an organisation."), code="missing", field=name)
    return found


def hours(data: QueryDict, name: str) -> Decimal:
    try:
        found = Decimal(data.get(name, "").strip() or "0").quantize(Decimal("0.1"))
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise BadInput(_("This is not a number of hours."), code="hours", field=name)
    return found
