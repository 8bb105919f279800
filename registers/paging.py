"""Pages of a list: a fixed number of rows, and the way to the next without counting what lies before."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest

ROWS = 50
MOST_PAGES = 2_000


@dataclass(frozen=True)
class Page:
    rows: list
    number: int
    newer: str  # address of the page before, "" on the first
    older: str

    def __iter__(self):
        return iter(self.rows)


def page_of(request: HttpRequest, rows: QuerySet) -> Page:
    """The rows of the page that the address asks for (?page=2)."""
    asked = request.GET.get("page", "1")
    number = min(int(asked), MOST_PAGES) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 9 and int(asked) else 1
    start = (number - 1) * ROWS
    found = list(rows[start : start + ROWS + 1])

    def address(other: int) -> str:
        query = request.GET.copy()
        query["page"] = other
        return f"?{query.urlencode()}"

    return Page(found[:ROWS], number, address(number - 1) if number > 1 else "", address(number + 1) if len(found) > ROWS else "")
