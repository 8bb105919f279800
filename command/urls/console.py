"""Addresses of the console, `/command/…`."""

from django.urls import path

from command.views import attendance, authority, cases, console, departures, intake, layers, lists, search, shift
from config.access import staff
from grid.views import staff_base

urlpatterns = [
    path("", console.console, name="command"),
    path("map/base.json", staff(staff_base), name="command-base-map"),
    path("map/tracks.json", layers.tracks, name="command-tracks"),
    path("map/heat.json", layers.heat, name="command-heat"),
    path("map/cameras.json", layers.cameras, name="command-camera-marks"),
    path("roster/", console.roster, name="command-roster"),
    path("cases/", search.search, name="command-cases"),
    path("cases/by-phone/", search.by_phone, name="command-cases-by-phone"),
    path("cases/left.json", departures.left, name="command-left"),
    path("cases/given/", departures.given, name="command-given"),
    path("cases/<int:pk>/", console.case, name="command-case"),
    path("cases/<int:pk>/cannot-go/", console.cannot_go, name="command-cannot-go"),
    path("cases/<int:pk>/looking/", console.looking, name="command-looking"),
    *(path(f"cases/<int:pk>/{action}/", cases.act, {"action": action}, name=f"command-{action}") for action in cases.ACTIONS),
    path("cases/<int:pk>/rules/", cases.name_rule, name="command-name-rule"),
    path("rules/<int:pk>/withdraw/", cases.withdraw_rule, name="command-withdraw-rule"),
    *(path(f"parts/<int:pk>/{action}/", cases.act_part, {"action": action}, name=f"command-part-{action}") for action in cases.PART_ACTIONS),
    path("parts/<int:pk>/officers/", console.part_officers, name="command-part-officers"),
    path("handovers/<int:pk>/answer/", cases.answer_handover, name="command-handover"),
    path("help/<int:pk>/answer/", cases.answer_help, name="command-help-answer"),
    path("help/<int:pk>/end/", cases.end_help, name="command-help-end"),
    path("findings/", lists.findings, name="command-findings"),
    path("findings/<int:pk>/answer/", cases.answer_finding, name="command-finding"),
    path("reports/<int:pk>/contact/", cases.contact, name="command-contact"),
    path("photos/", intake.draft, name="command-drafts"),
    path("photos/<uuid:pk>/", cases.photo, name="command-photo"),
    path("report/", intake.report, name="command-report"),
    path("report/nearby/", intake.nearby, name="command-nearby"),
    path("report/places/", intake.find_places, name="command-places"),
    path("cameras/", intake.cameras, name="command-cameras"),
    path("cameras/<int:pk>/report/", intake.camera_report, name="command-camera-report"),
    path("held/", lists.held, name="command-held"),
    path("held/<int:pk>/release/", lists.release, name="command-release"),
    path("held/<int:pk>/discard/", lists.discard, name="command-discard"),
    path("who-may/", authority.who_may, name="command-who-may"),
    path("duty/on/", attendance.sign_at_desk, {"way": "on"}, name="command-sign-on"),
    path("duty/off/", attendance.sign_at_desk, {"way": "off"}, name="command-sign-off"),
    path("leads/", lists.leads, name="command-leads"),
    path("shift/", shift.shift_page, name="command-shift"),
    path("shift/notes/", shift.keep, name="command-shift-notes"),
    path("shift/sign/", shift.give, name="command-shift-sign"),
    path("shift/past/", shift.past, name="command-shift-past"),
    path("shift/<int:pk>/", shift.one, name="command-shift-one"),
    path("shift/<int:pk>/take/", shift.take, name="command-shift-take"),
]
