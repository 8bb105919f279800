"""Who may? For programs: the same answer as on the page, without the names of officers."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.forms import AuthorityForm
from cases.jurisdiction import Power
from enforcement.models import Basis

from .quota import within_quota
from .serializers import ErrorOutput


class BasisOutput(serializers.Serializer):
    text = serializers.CharField()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True)
    fine_min = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True, help_text=_("Yuan."))
    fine_max = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True, help_text=_("Yuan."))


class SubjectOutput(serializers.Serializer):
    name = serializers.CharField()
    seal = serializers.CharField()
    reconsideration_body = serializers.CharField()
    court = serializers.CharField(allow_blank=True)


class BarredOutput(serializers.Serializer):
    why_not = serializers.CharField()
    officers = serializers.IntegerField()


class PowerOutput(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField(allow_null=True, help_text=_("Code of the organisation that holds the item there."))
    unit_name = serializers.CharField(allow_null=True, help_text=_("What it was called on that day."))
    subject = SubjectOutput(allow_null=True, help_text=_("In whose name it acts."))
    handed_down_since = serializers.DateField(allow_null=True)
    basis = BasisOutput(allow_null=True, help_text=_("In force on the day of the conduct."))
    later_basis = BasisOutput(allow_null=True, help_text=_("In force today, where it is another one: the milder of the two counts."))
    qualified_officers = serializers.IntegerField()
    other_officers = BarredOutput(many=True, help_text=_("How many of the unit's people may not act there themselves, by reason."))
    why_not = serializers.CharField(allow_blank=True, help_text=_("Why nobody may; empty if somebody may."))


class AuthorityOutput(serializers.Serializer):
    place = serializers.CharField()
    zones = serializers.DictField(child=serializers.CharField(), help_text=_("Codes by kind."))
    day = serializers.DateField()
    owner = serializers.CharField(allow_null=True, help_text=_("Code of the organisation that a matter there is assigned to."))
    owner_name = serializers.CharField(allow_null=True)
    because = serializers.CharField(allow_blank=True)
    powers = PowerOutput(many=True)


def _parameter(name: str, kind, words) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=words)


class AuthorityView(APIView):
    """Who decides at a place, on a matter, on a day."""

    @extend_schema(
        operation_id="who_may", summary=_("Ask who may"),
        description=_("Who decides at a place on a matter on a day, in whose name and on what basis. One of category and item is needed."),
        parameters=[
            _parameter("lon", OpenApiTypes.DOUBLE, _("Longitude in degrees.")), _parameter("lat", OpenApiTypes.DOUBLE, _("Latitude in degrees.")),
            _parameter("zone", OpenApiTypes.STR, _("Code of a grid, village, township or patrol area instead of lon and lat.")),
            _parameter("place", OpenApiTypes.STR, _("The place in words; may also name a village or grid instead of lon and lat.")),
            _parameter("category", OpenApiTypes.STR, _("Code from /api/categories/.")), _parameter("item", OpenApiTypes.STR, _("Code of an item.")),
            _parameter("day", OpenApiTypes.DATE, _("The day on which one acts; default: today.")),
            _parameter("acted_on", OpenApiTypes.DATE, _("The day of the conduct; default: the same.")),
        ],
        responses={200: AuthorityOutput, **dict.fromkeys((401, 403, 422, 429), ErrorOutput)},
    )  # fmt: skip
    def get(self, request):
        within_quota(request)
        form = AuthorityForm(request.query_params)
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        answer = form.answer()
        routed = answer.routed
        return Response({
            "place": answer.zones.words, "zones": {kind: zone.code for kind, zone in answer.zones.zones.items()}, "day": answer.day,
            "owner": routed and routed.organisation.code, "owner_name": routed and routed.organisation.name,
            "because": routed.because if routed else "",
            "powers": [_power(power) for power in answer.powers],
        })  # fmt: skip


def _power(power: Power) -> dict:
    return {
        "code": power.item.code, "name": power.item.name, "kind": power.item.kind,
        "unit": power.unit and power.unit.code, "unit_name": power.unit_name or None,
        "subject": SubjectOutput(power.subject).data if power.subject else None,
        "handed_down_since": power.transfer and power.transfer.valid_from, "basis": _basis(power.basis), "later_basis": _basis(power.later),
        "qualified_officers": len(power.able),
        "other_officers": [{"why_not": why, "officers": len(standings)} for why, standings in power.others],
        "why_not": power.why_not,
    }  # fmt: skip


def _basis(basis: Basis | None) -> dict | None:
    return basis and BasisOutput(basis).data
