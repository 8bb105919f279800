"""From a day to a day, both included: what most rows of the registers are true for."""

from datetime import date

from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value


class Span(models.Model):
    """From a day to a day, both included; without end when `valid_to` is empty."""

    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def days() -> Func:
    """The days from `valid_from` to `valid_to` as a range, for constraints."""
    return Func("valid_from", "valid_to", Value("[]"), function="DATERANGE", output_field=DateRangeField())


def moments(since: str, until: str) -> Func:
    """The time from `since` to before `until` as a range, for constraints; an empty `until` is without end."""
    return Func(since, until, Value("[)"), function="TSTZRANGE", output_field=DateTimeRangeField())


def in_order(name: str) -> models.CheckConstraint:
    """No span ends before it begins."""
    return models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name=name)
