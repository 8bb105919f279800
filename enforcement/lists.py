"""Versions of the county's list of items: frozen when it changes, so that it can be said later what it was when a case began."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from journal import clock

from .models import Basis, DiscretionBand, DiscretionFactor, HearingThreshold, Item, ItemList, Tier, Transfer


def content() -> dict[str, list]:
    """The list as it stands, as plain values in a fixed order: what a version keeps and its digest is made of."""
    span = ("valid_from", "valid_to")
    wanted = {
        "items": (Item, ("code", "name", "kind", "department", "holder__code", "transferable", *span)),
        "bases": (Basis, ("item__code", "text", "fine_min", "fine_max", *span)),
        "tiers": (Tier, ("basis__item__code", "basis__valid_from", "party", "circumstance", "fine_min", "fine_max", "of")),
        "transfers": (Transfer, ("item__code", "organisation__code", "township", "document", *span)),
        "bands": (DiscretionBand, ("item__code", "party", "order", "degree", "condition", "fine_min", "fine_max", *span)),
        "factors": (DiscretionFactor, ("item__code", "factor", "level", "order", "share", *span)),
        "thresholds": (HearingThreshold, ("department", "party", "amount", *span)),
    }
    return {
        name: [[_plain(value) for value in row] for row in model.objects.order_by(*columns).values_list(*columns)]
        for name, (model, columns) in wanted.items()
    }


def _plain(value):
    return value if value is None or isinstance(value, bool | int | str) else str(value)


@transaction.atomic
def publish(*, by: str, document: str = "") -> ItemList | None:
    """Freeze the list as a new version if it differs from the last one, which ends now; None when nothing has changed.

    `by`: who changed it, as a label; `document`: by which paper."""
    held = content()
    digest = hashlib.sha256(json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    last = ItemList.objects.select_for_update().order_by("-number").first()
    if last and last.digest == digest:
        return None
    now, number = clock.now(), last.number + 1 if last else 1
    if last:
        now = max(now, last.since + timedelta(microseconds=1))
        last.until = now
        last.save(update_fields=["until"])
    with translation.override(settings.LANGUAGE_CODE):
        name = _("List of enforcement items, version %(number)d") % {"number": number}
    return ItemList.objects.create(
        number=number, name=name, document=document[:200], since=now, by=by[:80], items=len(held["items"]), transfers=len(held["transfers"]),
        digest=digest, content=held,
    )  # fmt: skip


# --- what changed from one version to the next ------------------------------------------------
PARTS = ("items", "bases", "tiers", "transfers", "bands", "factors")  # rows that begin with the code of their item


@dataclass(frozen=True)
class Changes:
    """Codes of items that a version added, removed and changed; `changed` says in which parts of it (of PARTS). `thresholds`: whether
    a hearing must be offered from another amount on."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: dict[str, tuple[str, ...]]
    thresholds: bool


def compare(before: dict[str, list], after: dict[str, list]) -> Changes:
    """What changed between two frozen contents, the old one first (an empty one: all was added)."""
    old, new = ({name: _by_code(held.get(name, [])) for name in PARTS} for held in (before, after))
    was, now = old["items"].keys(), new["items"].keys()
    changed = {}
    for code in sorted(was & now):
        if parts := tuple(name for name in PARTS if old[name].get(code, []) != new[name].get(code, [])):
            changed[code] = parts
    return Changes(tuple(sorted(now - was)), tuple(sorted(was - now)), changed, before.get("thresholds", []) != after.get("thresholds", []))


def _by_code(rows: list[list]) -> dict[str, list]:
    found: dict[str, list] = {}
    for code, *rest in rows:
        found.setdefault(code, []).append(rest)
    return found
