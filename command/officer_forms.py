"""What an officer's phone may send, checked for type and length; the verbs decide the rest."""

import unicodedata
from datetime import UTC, datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.transitions import Outcome
from enforcement.models import Item, Organisation, Recusal
from enforcement.parties import credit_code
from journal.refused import BadInput


class PhoneMoment(forms.Field):
    """Milliseconds since 1970 by the phone's clock, as a moment; None when the phone sends none (no script)."""

    def to_python(self, value):
        if value in self.empty_values:
            return None
        try:
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            raise forms.ValidationError(_("The phone's time cannot be read.")) from None


class UuidList(forms.MultipleChoiceField):
    """Repeated field of uuids."""

    def __init__(self, **options):
        super().__init__(required=False, **options)
        self._uuid = forms.UUIDField()

    def to_python(self, value):
        return [self._uuid.clean(text) for text in value or []]

    def validate(self, value):
        pass


class PhoneForm(forms.Form):
    """Every post carries a uuid of the phone's making, and when it was pressed there."""

    uuid = forms.UUIDField()
    phone_at = PhoneMoment(required=False)

    def read(self) -> dict:
        """The cleaned data; `BadInput` with the first problem as a sentence."""
        if not self.is_valid():
            field, problems = next(iter(self.errors.items()))
            raise BadInput(problems[0], code="invalid", field=field)
        return self.cleaned_data


class AcceptForm(PhoneForm):
    pass


class HelpForm(PhoneForm):
    """A place that cannot be read is none: the call itself never fails for it."""

    lon = forms.FloatField(required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90)

    def clean(self):
        found = [self.cleaned_data.get("lon"), self.cleaned_data.get("lat")]
        self.cleaned_data["lon"], self.cleaned_data["lat"] = found if None not in found else (None, None)
        for name in ("lon", "lat"):
            self.errors.pop(name, None)
        return self.cleaned_data


class DeclineForm(PhoneForm):
    preset = forms.CharField(required=False, max_length=100)
    reason = forms.CharField(required=False, max_length=200)

    def clean(self):
        said = [self.cleaned_data.get(name, "").strip() for name in ("preset", "reason")]
        self.cleaned_data["reason"] = "；".join(part for part in said if part)[:200]
        if not self.cleaned_data["reason"]:
            self.add_error("reason", _("Say why you cannot go."))
        return self.cleaned_data


class PositionForm(forms.Form):
    lon = forms.FloatField(min_value=-180, max_value=180)
    lat = forms.FloatField(min_value=-90, max_value=90)
    accuracy = forms.FloatField(required=False, min_value=0)
    heading = forms.FloatField(required=False, min_value=0, max_value=360)
    phone_at = PhoneMoment(required=False)


class ArriveForm(PhoneForm):
    lon = forms.FloatField(required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90)
    accuracy = forms.FloatField(required=False, min_value=0)
    preset = forms.CharField(required=False, max_length=100)
    reason = forms.CharField(required=False, max_length=200)

    def clean(self):
        said = [self.cleaned_data.get(name, "").strip() for name in ("preset", "reason")]
        self.cleaned_data["reason"] = "；".join(part for part in said if part)[:200]
        return self.cleaned_data


class ConfirmForm(PhoneForm):
    note = forms.CharField(max_length=2000)


class PhotosForm(PhoneForm):
    photos = UuidList()


class FinishForm(PhotosForm):
    outcome = forms.ChoiceField(choices=Outcome.choices, required=False)
    note = forms.CharField(required=False, max_length=2000)
    recheck_on = forms.DateField(required=False)
    item = forms.ModelChoiceField(Item.objects, to_field_name="code", required=False)
    organisation = forms.ModelChoiceField(Organisation.objects, to_field_name="code", required=False)
    department = forms.ModelChoiceField(Organisation.objects, to_field_name="code", required=False)
    question = forms.CharField(required=False, max_length=500)
    police_contact = forms.CharField(required=False, max_length=80)
    party_name = forms.CharField(required=False, max_length=80)
    party = forms.CharField(required=False, max_length=40)  # unified social credit code

    def clean(self):
        """A party is known by both, its name and its code, however it was typed (full width, small letters, blanks)."""
        name, code = (self.cleaned_data.get(field, "").strip() for field in ("party_name", "party"))
        code = "".join(unicodedata.normalize("NFKC", code).upper().split())
        if bool(name) != bool(code):
            self.add_error("party", _("Give the party's name and its unified social credit code, or neither."))
        elif code:
            try:
                self.cleaned_data["party"] = credit_code(code)
            except ValueError as fault:
                self.add_error("party", _("The party: “%(code)s” %(fault)s.") % {"code": code[:18], "fault": fault})
        return self.cleaned_data


class StepAsideForm(PhoneForm):
    relation = forms.ChoiceField(
        choices=Recusal.Relation.choices, error_messages={"required": _("Say which relation it is; only those who decide read it.")}
    )
    about = forms.CharField(required=False, max_length=200)
