"""What makes the officer's page an app of the phone: service worker, manifest, the page without network."""

import json

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from journal.build import build_id

# Loaded by their hashed addresses: the oldest browsers that officers have know no import map.
MODULES = {
    "shell": "js/shell.js", "order": "js/order.js", "receipts": "js/receipts.js", "filling": "js/filling.js", "outbox": "js/outbox.js",
    "phone": "js/phone.js", "live": "js/live.js", "clock": "js/clock.js", "format": "js/format.js", "idb": "vendor/idb/idb.js",
}  # fmt: skip
FILES = (
    "css/tokens.css", "css/base.css", "css/officer.css", "js/theme.js", "js/officer.js", "js/patrol.js",
    *MODULES.values(), "icons/mark.svg", "icons/officer-192.png",
)  # fmt: skip


def settings_of(request) -> dict:
    """What the scripts of a page need to know: who it was made for, where things are."""
    return {
        "user": request.user.pk, "token": get_token(request),
        "modules": {name: static(path) for name, path in MODULES.items()},
        "urls": {"page": reverse("officer"), "now": reverse("officer-now"), "position": reverse("officer-position"),
                 "report": reverse("officer-report"), "upload": reverse("officer-upload"), "worker": reverse("service-worker")},
    }  # fmt: skip


@require_GET
@cache_control(no_cache=True)
def service_worker(request):
    """`/sw.js`: a new build is a new file, so that phones fetch what has changed. Never cached itself."""
    text = render_to_string("command/sw.js", {
        "build": build_id(), "files": json.dumps([static(name) for name in FILES]), "offline": reverse("officer-offline"),
        "pages": json.dumps([reverse("officer"), reverse("officer-report")]), "static_url": settings.STATIC_URL,
    })  # fmt: skip
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")


@require_GET
@cache_control(no_cache=True)
def manifest(request):
    """`/manifest.webmanifest`: the officer's page on the home screen."""
    icons = [
        {"src": static("icons/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
        *({"src": static(f"icons/officer-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)),
        {"src": static("icons/officer-maskable.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    body = {
        "name": _("Integrated enforcement command platform"), "short_name": _("Officer phone"), "start_url": reverse("officer"),
        "scope": reverse("officer"), "display": "standalone", "orientation": "portrait", "lang": request.LANGUAGE_CODE,
        "theme_color": "#ffffff", "background_color": "#ffffff", "icons": icons,
    }  # fmt: skip
    return JsonResponse(body, content_type="application/manifest+json")


@require_GET
def offline(request):
    """Kept on the phone for when there is neither network nor a kept page. Names nobody."""
    return render(request, "command/officer_offline.html")
