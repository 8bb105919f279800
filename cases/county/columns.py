"""How a cell becomes a value. A parser takes the cell's text and returns the value or raises ValueError with the reason."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Column:
    """A column: its name, its parser, the model's field that it fills, and the file whose key it must name."""

    name: str
    parse: Callable[[str], object]
    field: str = ""
    refers: str = ""
    may_be_empty: bool = False
    empty: object = ""
    kind: str = "text"  # text code codes choice choices yes_no number day time: how Excel and a form should treat it
    values: tuple[str, ...] = ()  # what a choice may be

    def read(self, cell: str):
        if cell == "":
            if self.may_be_empty:
                return self.empty
            raise ValueError(_("is empty"))
        return self.parse(cell)

    def spell(self, value) -> str:
        """The cell that `read` makes this value from, in one spelling."""
        return "" if value is None or (value == self.empty and self.may_be_empty) else _spelt(value)


def _spelt(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ";".join(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, float):  # a coordinate: six decimals as everywhere in the county's files, unless it has more
        return text if float(text := f"{value:.6f}") == value else repr(value)
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def plain(cell: str) -> str:
    if cell != cell.strip():
        raise ValueError(_("begins or ends with a blank"))
    if any(unicodedata.category(sign) in {"Cc", "Cf"} for sign in cell):
        raise ValueError(_("has a control character"))
    return cell


def _code(cell: str) -> str:
    if not re.fullmatch(r"[\w.\-]+", plain(cell)):
        raise ValueError(_("may hold letters, digits, “-”, “.” and “_” only"))
    return cell


def _yes_no(cell: str) -> bool:
    if cell not in {"yes", "no"}:
        raise ValueError(_("must be yes or no"))
    return cell == "yes"


def _whole(low: int, high: int):
    def parse(cell: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", cell) or not low <= int(cell) <= high:
            raise ValueError(_("must be a whole number from %(low)d to %(high)d") % {"low": low, "high": high})
        return int(cell)

    return parse


def number(cell: str) -> Decimal:
    try:
        value = Decimal(cell)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise ValueError(_("must be a number"))
    return value


def _amount(cell: str) -> Decimal:
    if (value := number(cell)) < 0 or value.as_tuple().exponent < -2 or value >= 10**10:
        raise ValueError(_("must be an amount with at most two decimals"))
    return value


def _fraction(cell: str) -> Decimal:
    if not 0 <= (value := number(cell)) <= 1 or value.as_tuple().exponent < -5:
        raise ValueError(_("must be a part of one, like 0.25"))
    return value


def _day(cell: str) -> date:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
            raise ValueError
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(_("must be a date like 2026-01-31")) from None


def clock_time(cell: str) -> time:
    try:
        if not re.fullmatch(r"\d{2}:\d{2}", cell):
            raise ValueError
        return time.fromisoformat(cell)
    except ValueError:
        raise ValueError(_("must be a time like 08:30")) from None


def _hours(cell: str) -> Decimal:
    if not 0 < (value := number(cell)) <= 24 or value.as_tuple().exponent < -2:
        raise ValueError(_("must be more than 0 and at most 24 hours"))
    return value


CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _credit_code(cell: str) -> str:
    if len(cell) != 18 or any(sign not in CREDIT_ALPHABET for sign in cell):
        raise ValueError(_("is no unified social credit code (18 digits and capital letters)"))
    total = sum(CREDIT_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(cell[:17]))
    if CREDIT_ALPHABET[-total % 31] != cell[17]:
        raise ValueError(_("is no unified social credit code: its last sign does not fit the others"))
    return cell


def _lessons(cell: str) -> Decimal:
    if not 0 <= (value := number(cell)) < 10_000 or value.as_tuple().exponent < -1:
        raise ValueError(_("must be hours with at most one decimal"))
    return value


def _one_of(values):
    def parse(cell: str) -> str:
        if cell not in values:
            raise ValueError(_("must be one of %(values)s") % {"values": ", ".join(values)})
        return cell

    return parse


def _list(parse):
    def parse_list(cell: str) -> list:
        values = [parse(part) for part in cell.split(";")]
        if len(set(values)) != len(values):
            raise ValueError(_("names something twice"))
        return values

    return parse_list


def text(name, *, optional=False, field=None):
    """Text for the field of the same name; `field=""`: for no field."""
    return Column(name, plain, name if field is None else field, may_be_empty=optional)


def code(name="code", *, field="", refers="", optional=False, empty=None):
    """A code: the key of its own row, or with `refers` of a row of another file; `empty`: what stands for none."""
    return Column(name, _code, field or name, refers, optional, empty if refers else "", "code")


def codes(name, *, refers="", field=""):
    return Column(name, _list(plain), field, refers, True, (), "codes")


def choices(name, values):
    """Some of `values`, for the field of the same name; empty: none named."""
    return Column(name, _list(_one_of(tuple(values))), name, "", True, (), "choices", tuple(values))


def credit_code(name):
    """A unified social credit code (GB 32100: 18 signs without I, O, Z, S, V; the last one is a check)."""
    return Column(name, _credit_code, name, may_be_empty=True, kind="code")


def yes_no(name, *, field="", optional=False):
    return Column(name, _yes_no, field or name, "", optional, None, "yes_no", ("yes", "no"))


def whole(name, low, high, *, field=""):
    return Column(name, _whole(low, high), field or name, kind="number")


def amount(name, *, optional=True):
    return Column(name, _amount, name, "", optional, None, "number")


def fraction(name):
    """A part of one, with at most five decimals."""
    return Column(name, _fraction, name, kind="number")


def day(name, *, optional=False):
    return Column(name, _day, name, "", optional, None, "day")


def time_of_day(name):
    return Column(name, clock_time, name, kind="time")


def hours(name):
    return Column(name, _hours, name, kind="number")


def lessons(name):
    """Hours of a training, with at most one decimal."""
    return Column(name, _lessons, name, kind="number")


def coordinate(name):
    """Degrees, to a millimetre: Excel keeps not much more of a number."""
    return Column(name, lambda cell: round(float(number(cell)), 8), name, kind="number")


def choice(name, values, *, field=None, optional=False):
    return Column(name, _one_of(tuple(values)), name if field is None else field, "", optional, "", "choice", tuple(values))
