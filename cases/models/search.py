"""What is searched for: the words of each case, and who looked for a caller's number."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from enforcement.models import Organisation, User
from journal.models import Thread

from .case import Case


class Grams(models.Func):
    """The pairs of neighbouring characters of a folded text, as the index has them."""

    function = "cases_grams"
    output_field = ArrayField(models.TextField())


class SearchText(models.Model):
    """The words by which a case is found, one row a case. The database writes it (`cases_search_write`) when a report, an entry that
    quotes somebody, the place or the kind of matter is written; nothing of a sealed contact ever enters. `body` holds pieces
    "<kind>\\x1f<words>" (kinds: `cases.searching.PIECES`), parted by \\x1e; `folded` is what is compared."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="words")
    body = models.TextField()
    folded = models.GeneratedField(
        expression=models.Func("body", function="cases_fold"), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        indexes = [GinIndex(Grams("folded"), name="search_grams")]


class PhoneSearch(Thread):
    """Somebody looked for a caller's number: who, why, how much was found. The number itself is kept nowhere."""

    class Purpose(models.TextChoices):
        CALL_BACK = "call_back", _("The caller asks how the matter stands")
        SAME_MATTER = "same_matter", _("Whether the matter was reported before")
        DANGER = "danger", _("Danger: the caller has to be found")
        OTHER = "other", _("Another purpose, in words")

    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    purpose = models.CharField(max_length=12, choices=Purpose)
    at = models.DateTimeField()
    found = models.PositiveIntegerField()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="phone_search_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="as_looked_for", fields=["by", "centre", "purpose", "at", "found"]),
        ]
