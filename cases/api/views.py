"""The REST API: the same verb as the forms, for programs with a key and a quota of their own."""

import uuid

from django.conf import settings
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import drafts, intake, ratelimit, rulebook, sealed
from cases.models import ApiClient, Report
from cases.places import from_input, locate
from journal.refused import Refused

from . import schema  # noqa: F401  registers the description of the key
from .following import following
from .quota import within_quota
from .serializers import CategoryOutput, ErrorOutput, PhotoInput, PhotoOutput, ReportInput, ReportOutput

DRAFTS_A_CLIENT = 1000  # that wait to be sent with a report
ERRORS = dict.fromkeys((400, 401, 403, 413, 415, 422, 429), ErrorOutput)
REPORT_INPUT = ReportInput()  # one for all requests: checking keeps nothing in it, and making one copies every field
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER,
    description=gettext_lazy("1 to 64 ASCII characters. The same key with the same content gives the first answer again (200)."),
)  # fmt: skip


class ReportsView(APIView):
    """Create reports."""

    parser_classes = [JSONParser]

    @extend_schema(
        operation_id="create_report", summary=gettext_lazy("File a report"),
        description=gettext_lazy("The report is stored and its case opened at once; the answer has the tracking code."),
        request=ReportInput, parameters=[IDEMPOTENCY_KEY],
        responses={201: ReportOutput, 200: ReportOutput, 409: ErrorOutput, **ERRORS},
    )  # fmt: skip
    def post(self, request):
        client = within_quota(request)
        data = REPORT_INPUT.run_validation(request.data)
        place = from_input(
            lon=data["lon"], lat=data["lat"], source="map", system=data["system"], accuracy_m=data["accuracy_m"],
            zone=data["zone"], words=data["place"],
        )  # fmt: skip
        received = intake.receive_report(
            by=client, client=client, channel=data["channel"], text=data["text"], category=data["category"], place=place,
            zones=locate(place), contact=data["contact"], photo_ids=data["photos"], draft_key=_draft_key(client),
            began_at=data["began_at"], on_behalf_of=data["on_behalf_of"], language=data["language"],
            idempotency_key=request.headers.get("Idempotency-Key") or uuid.uuid4().hex,
        )  # fmt: skip
        status = 200 if received.repeated else 201
        answer = following(received.report, received.code, fresh=not received.repeated)
        return Response(answer, status=status)


class ReportView(APIView):
    """Follow a report by its tracking code."""

    authentication_classes: list = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="follow_report", summary=gettext_lazy("Follow a report"),
        description=gettext_lazy("Whoever has the tracking code sees where the matter stands, without names."),
        responses={200: ReportOutput, 404: ErrorOutput, 429: ErrorOutput},
        parameters=[OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description=gettext_lazy("The tracking code."))],
    )  # fmt: skip
    def get(self, request, code: str):
        ratelimit.check_public("tracking", request)
        try:
            plain = sealed.parse_code(code)
        except Refused as refused:
            raise NotFound(str(refused.sentence)) from None
        report = Report.objects.select_related("case__merged_into").filter(tracking_hash=sealed.tracking_hash(plain)).first()
        if report is None:
            raise NotFound(_("There is no report with this code. Please compare it again."))
        return Response(following(report, plain))


class PhotosView(APIView):
    """Store photos before the report that they belong to."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="store_photo", summary=gettext_lazy("Store a photo for a report"),
        description=gettext_lazy("Photos are sent first; their ids go into the report within a day."), request=PhotoInput,
        responses={201: PhotoOutput, **ERRORS},
    )  # fmt: skip
    def post(self, request):
        client = within_quota(request, photos=True)
        form = PhotoInput(data=request.data)
        form.is_valid(raise_exception=True)
        photo = drafts.store_draft(form.validated_data["file"], draft_key=_draft_key(client), most=DRAFTS_A_CLIENT)
        return Response({"id": str(photo.pk), "sha256": photo.sha256}, status=201)


class CategoriesView(APIView):
    """What a report can be about."""

    authentication_classes: list = []
    permission_classes = [AllowAny]

    @extend_schema(operation_id="list_categories", summary=gettext_lazy("List the categories"),
                   description=gettext_lazy("What a report can be about, in the county's order."), responses=CategoryOutput(many=True))  # fmt: skip
    def get(self, request):
        is_chinese = (get_language() or settings.LANGUAGE_CODE).startswith("zh")
        return Response([
            {"code": row.code, "name": row.name if is_chinese else row.name_en, "plain_name": row.plain_name if is_chinese else row.name_en,
             "group": row.group, "priority": row.priority, "photo_wanted": row.photo_wanted, "hint": row.hint}
            for row in rulebook.current().active_categories()
        ])  # fmt: skip


@require_safe
def docs(request):
    """The documentation page: works offline and under the site's CSP."""
    return render(request, "cases/api_docs.html")


def _draft_key(client: ApiClient) -> str:
    return f"client.{client.pk}"
