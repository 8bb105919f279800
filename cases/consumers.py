"""A citizen's socket follows one report by its tracking code."""

from journal.refused import Refused

from .models import Report
from .sealed import tracking_hash


def of_code(code: str) -> str | None:
    """Audience of the report with this code; None when there is none (a mistyped code looks the same as a foreign one)."""
    try:
        found = Report.objects.filter(tracking_hash=tracking_hash(code)).first()
    except Refused:
        return None
    return f"track.{found.track_key}" if found else None
