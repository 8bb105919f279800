"""Input of intake, checked for type and length; what it means is the verb's business. Photos are drafts already.

Each form gives `report(...)`: the keyword arguments of `intake.receive_report` that it knows.
"""

import secrets
from datetime import UTC, datetime, timedelta

from django import forms
from django.conf import settings
from django.core import signing
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from grid.models import Camera
from journal import clock
from journal.refused import Refused

from . import challenge, drafts, ratelimit, texts
from .coordinates import SYSTEMS
from .intake import KEY_MAX
from .jurisdiction import Answer, who_may
from .models import Report
from .places import WORDS_MAX, Found, Place, from_input, locate, place, township_named
from .rulebook import current

_signer = signing.Signer(salt="cases.forms")
FORM_LIFE = timedelta(days=1)


def new_idempotency_key() -> str:
    """For a fresh form; stays the same through every refusal and repetition."""
    return secrets.token_urlsafe(18)


def started_token() -> str:
    """The moment at which a form was opened, signed."""
    return _signer.sign(str(int(clock.now().timestamp() * 1000)))


def fresh() -> dict:
    """Hidden values of a new form: its secrets and its opening moment."""
    return {"started": started_token(), "draft_key": drafts.new_draft_key(), "idempotency_key": new_idempotency_key()}


class TextField(forms.CharField):
    """Free text, cleaned; too long is refused with the number of characters, never cut."""

    def __init__(self, **kwargs):
        super().__init__(required=False, strip=False, widget=forms.Textarea, **kwargs)

    def to_python(self, value):
        try:
            return texts.clean_text(super().to_python(value))
        except Refused as refused:
            raise forms.ValidationError(str(refused.sentence), code=refused.code) from None


class LineField(forms.CharField):
    """One line of text."""

    def __init__(self, most: int, **kwargs):
        super().__init__(required=False, max_length=most, strip=False, **kwargs)

    def to_python(self, value):
        return texts.clean(super().to_python(value), lines=False)


class PhotosField(forms.MultipleChoiceField):
    """Ids of drafts, a repeated hidden field."""

    def __init__(self):
        super().__init__(required=False, widget=forms.MultipleHiddenInput)

    def valid_value(self, value):
        return drafts.is_id(value)


class BaseForm(forms.Form):
    """What all ways of reporting share: what, where, photos, and the form's own secrets."""

    source_choices = ("device", "map", "zone", "operator")
    category = forms.CharField(required=False, max_length=24)
    text = TextField()
    lon = forms.FloatField(required=False)
    lat = forms.FloatField(required=False)
    accuracy = forms.FloatField(required=False)
    place_source = forms.CharField(required=False, max_length=12)
    system = forms.ChoiceField(required=False, choices=[(system, system) for system in SYSTEMS])
    place_words = LineField(WORDS_MAX)
    zone = forms.CharField(required=False, max_length=24)
    photos = PhotosField()
    draft_key = forms.CharField(required=False, max_length=64)
    started = forms.CharField(required=False, max_length=80)
    idempotency_key = forms.CharField(max_length=KEY_MAX)

    swap: list[float] | None = None  # [lon, lat] to offer when the two were exchanged
    candidates: list[Found] = []  # places that the words may mean

    @property
    def drafts(self):
        """Photos that wait for this form, also after a refusal."""
        return drafts.of(self["draft_key"].value() or "")

    @property
    def opened_at(self) -> datetime | None:
        """When the form was opened; None when the token is missing, changed or older than a day."""
        try:
            opened = datetime.fromtimestamp(int(_signer.unsign(self["started"].value() or "")) / 1000, tz=UTC)
        except signing.BadSignature:
            return None
        return opened if clock.now() - opened <= FORM_LIFE else None

    @property
    def form_seconds(self) -> int | None:
        opened = self.opened_at
        return max(int((clock.now() - opened).total_seconds()), 0) if opened else None

    def clean(self):
        data = super().clean()
        if not data.get("text") and not data.get("photos") and "text" not in self.errors and not self.may_be_silent():
            self.add_error("text", forms.ValidationError(_("Say in a few words what you saw, or add a photo."), code="empty"))
        if not {"lon", "lat", "accuracy", "system", "zone", "place_words"} & set(self.errors):
            try:
                data["place"] = self.find_place(data)
                data["zones"] = locate(data["place"])
            except Refused as refused:
                self.swap = refused.extra.get("swap")
                self.candidates = [Found(**found) for found in refused.extra.get("candidates", [])]
                self.add_error("lon", forms.ValidationError(str(refused.sentence), code=refused.code))
        return data

    def may_be_silent(self) -> bool:
        """Whether the report says enough without text and photo."""
        return False

    def find_place(self, data: dict) -> Place:
        """From coordinates, else from the chosen zone, else from the zone that the words name."""
        source = data.get("place_source")
        return from_input(
            lon=data.get("lon"), lat=data.get("lat"), source=source if source in self.source_choices else "map",
            system=data.get("system", ""), accuracy_m=data.get("accuracy"), zone=data.get("zone", ""), words=data.get("place_words", ""),
        )  # fmt: skip

    def report(self) -> dict:
        """Keyword arguments for `intake.receive_report`, without `by` and `channel`."""
        data = self.cleaned_data
        return {
            "text": data["text"], "category": data["category"], "place": data["place"], "zones": data["zones"],
            "photo_ids": data["photos"], "draft_key": data["draft_key"], "idempotency_key": data["idempotency_key"],
            "form_seconds": self.form_seconds,
            "language": get_language() or settings.LANGUAGE_CODE,
        }  # fmt: skip


class ContactMixin(forms.Form):
    """The informant; goes nowhere but into the sealed table."""

    contact_name = LineField(40)
    contact_phone = LineField(20)

    def clean_contact_phone(self):
        phone = self.cleaned_data["contact_phone"]
        if phone and not 5 <= sum(character.isdigit() for character in phone) <= 15:
            raise forms.ValidationError(_("This is not a telephone number."), code="phone")
        return phone

    @property
    def contact(self) -> dict:
        return {"name": self.cleaned_data["contact_name"], "phone": self.cleaned_data["contact_phone"]}


class ReportForm(ContactMixin, BaseForm):
    """The citizen's form. Nothing suspicious is refused in silence: it is held until a person has looked at it."""

    website = forms.CharField(required=False, max_length=200)  # honeypot: people do not see it
    rules = forms.MultipleChoiceField(required=False, choices=list)  # must-nots that an officer broke, by code; one tap each
    altcha = forms.CharField(required=False, max_length=challenge.PAYLOAD_MAX)
    source_choices = ("device", "map", "zone")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rules"].choices = [(rule.code, rule.text) for rule in current().must_nots(clock.today())]

    def clean(self):
        """What was ticked of a complaint becomes part of what was said: the public words of each rule, a line each."""
        data, rules = self.cleaned_data, current()
        ticked = data.get("rules") or []
        if ticked and rules.complaints and data.get("category") in ("", *rules.complaints) and "text" not in self.errors:
            words = dict(self.fields["rules"].choices)
            data["category"] = data.get("category") or rules.complaints[0]
            try:
                data["text"] = texts.clean_text("\n".join([data.get("text", ""), *(f"· {words[code]}" for code in ticked)]))
            except Refused as refused:
                self.add_error("text", forms.ValidationError(str(refused.sentence), code=refused.code))
        return super().clean()

    def report(self, request) -> dict:
        """Keyword arguments for `intake.receive_report`; raises `TooMany` for a flood from one address."""
        ratelimit.check_public("reports", request)
        proof = challenge.proof_of(self.cleaned_data["altcha"])
        return {
            **super().report(), "channel": Report.Channel.WEB, "contact": self.contact, "proof": proof,
            "hold_reason": self.suspicion(request, proof=proof),
        }  # fmt: skip

    def suspicion(self, request, *, proof: str) -> str:
        """Why a person should look first ("" = no reason): see `held.REASONS`."""
        if self.cleaned_data["website"]:
            return "honeypot"
        seconds = self.form_seconds
        if seconds is None:
            return "no_start"
        if seconds < settings.FORM_MINIMUM_SECONDS:
            return "too_fast"
        if ratelimit.is_over("proved" if proof else "unproved", request):
            return "too_many"
        return ""


class OperatorForm(ContactMixin, BaseForm):
    """Hotline, reception and WeChat, typed by an operator. `call_started` starts the clock."""

    channel = forms.ChoiceField(choices=[(name, name) for name in (Report.Channel.HOTLINE, Report.Channel.WALK_IN, Report.Channel.WECHAT)])
    on_behalf_of = LineField(40)
    call_started = forms.CharField(required=False, max_length=40)

    def clean_call_started(self):
        return moment(self.cleaned_data["call_started"])

    def report(self) -> dict:
        data = self.cleaned_data
        return {
            **super().report(), "channel": data["channel"], "contact": self.contact, "began_at": data["call_started"],
            "on_behalf_of": data["on_behalf_of"],
        }  # fmt: skip


class CameraForm(BaseForm):
    """What an operator sees on a camera. The clock starts at his mark: the opening of the form; the picture's moment is kept."""

    moment = forms.CharField(required=False, max_length=40)
    source_choices = ("camera", "map")

    def __init__(self, *args, camera: Camera, **kwargs):
        super().__init__(*args, **kwargs)
        self.camera = camera

    def may_be_silent(self) -> bool:
        return True

    def clean_moment(self):
        return moment(self.cleaned_data["moment"])

    def find_place(self, data):
        if data.get("lon") is None or data.get("lat") is None:
            return place(self.camera.point.x, self.camera.point.y, source="camera", words=data.get("place_words") or self.camera.name)
        return super().find_place(data)

    def report(self) -> dict:
        return {
            **super().report(), "channel": Report.Channel.CAMERA, "camera": self.camera, "began_at": self.opened_at,
            "camera_moment": self.cleaned_data["moment"] or self.opened_at or clock.now(),
        }  # fmt: skip


class PatrolForm(BaseForm):
    """What an officer or helper meets on patrol: two taps and a photo."""

    source_choices = ("device", "map", "zone")

    def report(self) -> dict:
        return {**super().report(), "channel": Report.Channel.PATROL}


def moment(text: str) -> datetime | None:
    """ISO 8601 from a form; without an offset it is local time. ValidationError when it is none."""
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise forms.ValidationError(_("This is not a date and time."), code="moment") from None
    return value if value.tzinfo else value.replace(tzinfo=clock.LOCAL)


class AuthorityForm(forms.Form):
    """The question "who may?": a place, a matter (category or item), the day on which one acts, and the day of the act itself."""

    place = LineField(WORDS_MAX)
    zone = forms.CharField(required=False, max_length=24)
    lon = forms.FloatField(required=False)
    lat = forms.FloatField(required=False)
    category = forms.CharField(required=False, max_length=24)
    item = forms.CharField(required=False, max_length=24, strip=True)
    day = forms.DateField(required=False)
    acted_on = forms.DateField(required=False)

    candidates: list[Found] = []  # places that the words may mean

    def clean(self):
        data = super().clean()
        self._look_up(data)
        if data.get("day") and data.get("acted_on") and data["acted_on"] > data["day"]:
            self.add_error("acted_on", _("Nobody can act on what has not happened yet: this day lies after the other one."))
        if self.errors:
            return data
        try:
            is_point = data["zone"] or data["lon"] is not None or data["lat"] is not None
            data["zones"] = (None if is_point else township_named(data["place"])) or locate(
                from_input(lon=data["lon"], lat=data["lat"], source="map", zone=data["zone"], words=data["place"]))  # fmt: skip
        except Refused as refused:
            self.candidates = [Found(**one) for one in refused.extra.get("candidates", ())]
            unknown = refused.code == "no_place"
            self.add_error("place", _("Give the name of a township, village or grid of this county.") if unknown else str(refused.sentence))
        return data

    def _look_up(self, data: dict) -> None:
        rules = current()
        data["category"] = rules.categories.get(data.get("category")) if data.get("category") else None
        code, data["item"] = data.get("item"), None
        if code:
            data["item"] = next((item for item in rules.items.values() if item.code == code.partition(" ")[0]), None)
            if data["item"] is None:
                self.add_error("item", _("No item has this code."))
        elif data["category"] is None:
            self.add_error("category", _("Choose what it is about: a category or an item."))

    def answer(self) -> Answer:
        """Of a valid form."""
        data = self.cleaned_data
        return who_may(zones=data["zones"], category=data["category"], item=data["item"], day=data["day"], acted_on=data["acted_on"])
