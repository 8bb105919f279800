"""Shapes of the API. Input is checked for type and length here; what it means is the verb's business."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases import texts
from cases.coordinates import SYSTEMS
from cases.models import Report
from cases.tracking import STEPS
from cases.transitions import Outcome, State

CHANNELS = (Report.Channel.API, Report.Channel.HOTLINE, Report.Channel.WALK_IN, Report.Channel.WECHAT)


class CleanField(serializers.CharField):
    """Free text, cleaned as in the forms before its length is checked."""

    def __init__(self, *, lines: bool = False, **kwargs):
        super().__init__(required=False, allow_blank=True, default="", trim_whitespace=False, **kwargs)
        self.lines = lines

    def to_internal_value(self, data):
        return texts.clean(super().to_internal_value(data), lines=self.lines)


class ContactInput(serializers.Serializer):
    name = CleanField(max_length=40)
    phone = serializers.RegexField(r"^[0-9+() \-]{5,20}$", required=False, allow_blank=True, default="")


class ReportInput(serializers.Serializer):
    text = CleanField(lines=True, help_text=_("What was seen, at most 2,000 characters; may be empty with a photo."))
    category = serializers.CharField(required=False, allow_blank=True, default="", max_length=24,
                                     help_text=_("Code from /api/categories/; empty: not sure."))  # fmt: skip
    lon = serializers.FloatField(required=False, allow_null=True, default=None, help_text=_("Longitude in degrees."))
    lat = serializers.FloatField(required=False, allow_null=True, default=None, help_text=_("Latitude in degrees."))
    system = serializers.ChoiceField(SYSTEMS, required=False, default="wgs84", help_text=_("Coordinate system of lon and lat."))
    accuracy_m = serializers.FloatField(required=False, allow_null=True, default=None, min_value=0, help_text=_("Metres."))
    zone = serializers.CharField(required=False, allow_blank=True, default="", max_length=24,
                                 help_text=_("Code of a grid, village, township or patrol area instead of lon and lat."))  # fmt: skip
    place = CleanField(max_length=200, help_text=_("The place in words; may also name a village or grid instead of lon and lat."))
    photos = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=6,
                                   help_text=_("Ids from /api/photos/."))  # fmt: skip
    contact = ContactInput(required=False, allow_null=True, default=None, help_text=_("Sealed; leave it out for an anonymous report."))
    channel = serializers.ChoiceField(CHANNELS, required=False, default="api", help_text=_("How it came to the client."))
    began_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text=_("Start of the call; starts the clock."))
    on_behalf_of = CleanField(max_length=40, help_text=_("A kind of person, never a name."))
    language = serializers.ChoiceField(["zh-hans", "en"], required=False, default="zh-hans")


class StepOutput(serializers.Serializer):
    name = serializers.ChoiceField(STEPS)
    label = serializers.CharField()
    state = serializers.ChoiceField(["done", "now", "todo"])
    at = serializers.DateTimeField(allow_null=True)


class ReportOutput(serializers.Serializer):
    code = serializers.CharField(help_text=_("The tracking code: keep it, it is shown to nobody else."))
    number = serializers.CharField(allow_null=True, help_text=_("Number of the case; null while the report is held."))
    state = serializers.ChoiceField([*State.values, Report.State.HELD.value, Report.State.DISCARDED.value])
    outcome = serializers.ChoiceField([*Outcome.values, ""], allow_blank=True)
    title = serializers.CharField(help_text=_("Where the matter stands, in plain words."))
    sentence = serializers.CharField()
    reply = serializers.CharField(allow_blank=True, help_text=_("What the centre answers when it closes the case."))
    received_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    steps = StepOutput(many=True)


@extend_schema_field(OpenApiTypes.BINARY)
class UploadField(serializers.FileField):
    """A file, described as one."""


class PhotoInput(serializers.Serializer):
    file = UploadField(help_text=_("JPEG, PNG, WebP or HEIC, at most 20 MB."), allow_empty_file=True)


class PhotoOutput(serializers.Serializer):
    id = serializers.UUIDField()
    sha256 = serializers.CharField()


class CategoryOutput(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    plain_name = serializers.CharField()
    group = serializers.CharField()
    priority = serializers.CharField()
    photo_wanted = serializers.BooleanField()
    hint = serializers.CharField(allow_blank=True)


class ErrorOutput(serializers.Serializer):
    """Every error: a stable code for programs and a sentence in the language of Accept-Language."""

    code = serializers.CharField()
    detail = serializers.CharField()
    fields = serializers.DictField(required=False, help_text=_("With code “invalid”: sentences by field."))
    swap = serializers.ListField(child=serializers.FloatField(), required=False,
                                 help_text=_("With code “outside”: the position with longitude and latitude exchanged."))  # fmt: skip
