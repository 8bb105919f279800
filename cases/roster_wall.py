"""The roster wall (上墙公示, 行政处罚法 42, 48): who may enforce here today, by unit, with certificate number and portrait.

Only who holds a certificate in force today and is not suspended; helpers stand apart, as people without powers. Never phone numbers,
staff numbers, relations, scores.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Q

from enforcement.models import Certificate, LegalSubject, Officer, Organisation
from enforcement.roles import Role
from journal import clock

from .rulebook import Rulebook

SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
FEW = 3  # fields that are named one by one


@dataclass(frozen=True)
class Person:
    """Somebody on the wall. `unit`: the nearest one above that acts in somebody's name; `squad`: where he works, if that is another."""

    pk: int
    name: str
    role: str
    unit: Organisation
    unit_name: str
    squad: Organisation | None
    portrait: str  # SHA-256, "" without one
    certificates: tuple[Certificate, ...]
    townships: tuple[str, ...]  # where the certificates hold; empty: in all
    is_helper: bool

    @property
    def post(self) -> str:
        return Role(self.role).label

    @property
    def subject(self) -> LegalSubject | None:
        return self.unit.legal_subject

    @property
    def fields(self) -> tuple[str, ...]:
        """Departments whose items his certificates cover; empty: all."""
        if any(not one.fields for one in self.certificates):
            return ()
        return tuple(dict.fromkeys(field for one in self.certificates for field in one.fields))

    @property
    def some_fields(self) -> tuple[str, ...]:
        """The first of them, where naming all would be too long."""
        return self.fields if len(self.fields) <= FEW + 1 else self.fields[:FEW]

    @property
    def further_fields(self) -> int:
        return len(self.fields) - len(self.some_fields)


def people(rules: Rulebook, day: date, *, helpers: bool = False) -> list[Person]:
    """Everybody on the wall on `day`, in its order: by subject, unit and squad, leaders first. Two statements, however many they are.

    `helpers`: those without powers instead."""
    by_code = {zone.code: zone.name for zone in rules.zones.values() if zone.kind == "township"}
    held: dict[int, list[Certificate]] = {}
    if not helpers:
        for certificate in Certificate.objects.in_force(day).order_by("number"):
            held.setdefault(certificate.officer_id, []).append(certificate)
    found = []
    on_duty = Officer.objects.in_service(clock.now()).filter(is_helper=helpers)
    wanted = ("pk", "user__name", "user__role", "organisation_id", "is_leader", "badge", "portrait")
    for pk, name, role, where, leads, badge, portrait in on_duty.values_list(*wanted):
        if not helpers and pk not in held:
            continue
        place = rules.organisations[where]
        acting = acting_unit(rules, place)
        certificates = tuple(held.get(pk, ()))
        one = Person(
            pk, name, role, acting, rules.name_on(acting, day), place if place.pk != acting.pk else None, portrait, certificates,
            _townships(certificates, by_code), helpers,
        )  # fmt: skip
        found.append((_order(acting, place), not leads, badge, one))
    return [one for *_key, one in sorted(found, key=lambda row: row[:3])]


def matching(found: Iterable[Person], *, unit: str = "", words: str = "") -> list[Person]:
    """Those of a unit (its code) of whom name, unit, squad or certificate number hold all `words`."""
    return [one for one in found if (not unit or one.unit.code == unit) and _says(one, words)]


def acting_unit(rules: Rulebook, organisation: Organisation) -> Organisation:
    """The nearest organisation from this one upwards that acts in somebody's name; itself when there is none."""
    found = organisation
    while found.legal_subject_id is None and found.parent_id:
        found = rules.organisations[found.parent_id]
    return found if found.legal_subject_id else organisation


def _order(unit: Organisation, place: Organisation) -> tuple:
    return (unit.legal_subject.code if unit.legal_subject else "~", unit.code, place.pk != unit.pk, place.code)


def _townships(certificates: Iterable[Certificate], by_code: dict[str, str]) -> tuple[str, ...]:
    if any(not one.townships for one in certificates):
        return ()
    return tuple(dict.fromkeys(by_code.get(code, code) for one in certificates for code in one.townships))


def _says(person: Person, words: str) -> bool:
    squad = person.squad.name if person.squad else ""
    said = " ".join((person.name, person.unit_name, person.unit.short_name, squad, *(one.number for one in person.certificates))).casefold()
    return all(word in said for word in words.casefold().split())


def by_unit(found: Iterable[Person]) -> list[tuple[Organisation, str, list[Person]]]:
    """(unit, its name of the day, its people), in the wall's order."""
    groups = [list(group) for _unit, group in groupby(found, key=lambda person: person.unit.pk)]
    return [(group[0].unit, group[0].unit_name, group) for group in groups]


def shows(portrait: str) -> bool:
    """Whether a portrait (its SHA-256) is somebody's on the wall now. One statement."""
    if not SHA256.fullmatch(portrait):
        return False
    now = clock.now()
    on_wall = Q(is_helper=True) | Q(certificates__in=Certificate.objects.valid(now))
    return Officer.objects.in_service(now).filter(on_wall, portrait=portrait).exists()


def portrait_file(digest: str) -> str:
    """Name of a portrait's file under MEDIA_ROOT."""
    return f"portraits/{digest[:2]}/{digest}.jpg"


COLUMNS = (
    "kind", "name", "post", "subject", "unit", "unit_name", "squad", "certificate", "fields", "townships", "valid_from", "valid_to",
)  # fmt: skip


def rows(found: Iterable[Person], townships: dict[str, str]) -> list[dict]:
    """The wall as plain values by COLUMNS, a row for each certificate, a row without one for a helper. `fields` and `townships`: empty: all."""
    listed = []
    for person in found:
        for certificate in person.certificates or (None,):
            listed.append(dict(zip(COLUMNS, (
                "helper" if person.is_helper else "officer", person.name, str(person.post), person.subject.name if person.subject else "",
                person.unit.code, person.unit_name, person.squad.name if person.squad else "",
                *(_certificate(certificate, townships) if certificate else [""] * 5),
            ), strict=True)))  # fmt: skip
    return listed


def _certificate(one: Certificate, townships: dict[str, str]) -> list[str]:
    places = "；".join(townships.get(code, code) for code in one.townships)
    return [one.number, "；".join(one.fields), places, one.valid_from.isoformat(), one.valid_to.isoformat()]
