"""What the message gateway reports back (integrations/messages/README.md)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import integrations.messages as carrier
from command import messages
from integrations.messages.http import BODY_MAX


@csrf_exempt  # signed with the gateway's secret instead
@require_POST
def receipts(request: HttpRequest) -> HttpResponse:
    """204 taken, repeats too; 401 not signed by the gateway, or there is none; 422 not of the agreed form."""
    gateway, body = carrier.gateway(), request.read(BODY_MAX + 1)
    if gateway is None:
        return HttpResponse(status=401)
    try:
        told = gateway.receipts(body, request.headers.get("X-Stamp", ""), request.headers.get("X-Signature", ""))
    except carrier.Forged:
        return HttpResponse(status=401)
    except ValueError:
        return HttpResponse(status=422)
    for receipt in told:
        messages.end(receipt.reference, receipt.outcome, receipt.detail)
    return HttpResponse(status=204)
