"""`/officer/` and what belongs to the phone at the root of the site."""

from django.urls import path, re_path

from command.views import attendance, officer, patrol, shell

urlpatterns = [
    path("officer/", officer.page, name="officer"),
    path("officer/now/", officer.now, name="officer-now"),
    re_path(r"^officer/dispatches/(?P<pk>\d{1,18})/(?P<verb>accept|decline|recuse|arrive|confirm|finish)/$", officer.act, name="officer-act"),
    re_path(r"^officer/dispatches/(?P<pk>\d{1,18})/(?P<name>delivered|seen)/$", officer.mark, name="officer-mark"),
    path("officer/help/", officer.call_help, name="officer-help"),
    path("officer/help/<int:pk>/end/", officer.end_help, name="officer-help-end"),
    path("officer/photos/", officer.upload, name="officer-upload"),
    path("officer/photos/<uuid:pk>/", officer.photo, name="officer-photo"),
    path("officer/position/", officer.position, name="officer-position"),
    path("officer/duty/<int:pk>/on/", attendance.sign, {"way": "on"}, name="officer-sign-on"),
    path("officer/duty/<int:pk>/off/", attendance.sign, {"way": "off"}, name="officer-sign-off"),
    path("officer/swap/", attendance.swap, name="officer-swap"),
    path("officer/swap/withdraw/", attendance.withdraw, name="officer-swap-withdraw"),
    path("officer/report/", patrol.report, name="officer-report"),
    path("officer/offline/", shell.offline, name="officer-offline"),
    path("sw.js", shell.service_worker, name="service-worker"),
    path("manifest.webmanifest", shell.manifest, name="manifest"),
]
