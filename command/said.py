"""What a console form said, as verbs want it: texts without blanks around, things by their keys, the version that was seen."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from cases.models import Case, Category
from enforcement.models import ConductRule, Officer, Organisation
from journal import clock
from journal.refused import BadInput


@dataclass(frozen=True)
class Said:
    """A posted form. Missing texts are "" (the verb asks for what it needs); keys that are none are `BadInput`."""

    posted: QueryDict

    def text(self, name: str, most: int = 500) -> str:
        said = self.posted.get(name, "").replace("\x00", "").strip()
        if len(said) > most:
            raise BadInput(_("This text is too long: at most %(most)d characters.") % {"most": most}, code="too_long", field=name)
        return said

    def number(self, name: str) -> int | None:
        value = self.posted.get(name, "")
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise BadInput(_("This choice is not known. Please choose again."), code="unknown", field=name)
        return int(value)

    def moment(self, name: str) -> datetime | None:
        """Local day and time as a field of the page sends it (2026-11-26T08:00)."""
        value = self.posted.get(name, "").strip()
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M").replace(tzinfo=clock.LOCAL) if value else None
        except ValueError:
            raise BadInput(_("This is no day and time."), code="malformed", field=name) from None

    @property
    def seen(self) -> int | None:
        """The case's version that the page showed."""
        return self.number("seen")

    def officers(self) -> list[Officer]:
        """The chosen officers, the lead first: `lead`, then each `companion`."""
        chosen = [value for value in (self.posted.get("lead"), *self.posted.getlist("companion")) if value]
        pks = list(dict.fromkeys(int(value) for value in chosen if value.isascii() and value.isdigit() and len(value) < 19))
        found = Officer.objects.select_related("user", "organisation").in_bulk(pks)
        if len(found) != len(set(chosen)):
            raise BadInput(_("This choice is not known. Please choose again."), code="unknown", field="lead")
        return [found[pk] for pk in pks]

    def officer(self) -> Officer:
        pk = self.number("officer")
        found = Officer.objects.select_related("user", "organisation").filter(pk=pk).first() if pk else None
        if found is None:
            raise BadInput(_("Choose an officer."), code="missing", field="officer")
        return found

    def organisation(self, name: str = "organisation") -> Organisation:
        pk = self.number(name)
        found = Organisation.objects.filter(pk=pk, is_active=True).first() if pk else None
        if found is None:
            raise BadInput(_("Choose an organisation."), code="missing", field=name)
        return found

    def category(self, name: str = "category") -> Category:
        pk = self.number(name)
        found = Category.objects.filter(pk=pk, is_active=True).first() if pk else None
        if found is None:
            raise BadInput(_("Choose what the matter is."), code="missing", field=name)
        return found

    def rule(self) -> ConductRule:
        pk = self.number("rule")
        found = ConductRule.objects.filter(pk=pk).first() if pk else None
        if found is None:
            raise BadInput(_("Choose a rule."), code="missing", field="rule")
        return found

    def accused(self) -> Officer | None:
        """Who broke it: by the number of his badge, else one of those who were sent; None: not said."""
        badge, pk = self.text("badge", 24), self.number("officer")
        found = Officer.objects.select_related("user", "organisation").filter(**({"badge": badge} if badge else {"pk": pk})).first()
        if found is None and (badge or pk):
            raise BadInput(_("There is no officer with this badge number."), code="unknown", field="badge")
        return found

    def case(self, name: str, user) -> Case:
        """Another case that `user` works on, by its key or its number (20261122-0012)."""
        digits = self.posted.get(name, "").strip().rpartition("-")[2]
        pk = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
        found = Case.objects.worked_by(user).filter(pk=pk).first() if pk else None
        if found is None and digits:
            raise BadInput(_("You see no case with this number: %(number)s.") % {"number": digits[:18]}, code="unknown", field=name)
        if found is None:
            raise BadInput(_("Choose a case."), code="missing", field=name)
        return found


def worked(queryset, user, **wanted):
    """One thing of a case that `user` works on; everybody else's is not found."""
    found = queryset.filter(case__in=Case.objects.worked_by(user), **wanted).first()
    if found is None:
        raise Http404
    return found
