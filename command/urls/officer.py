"""`/officer/` and what belongs to the phone at the root of the site."""

from django.urls import path, re_path

from command.views import officer, patrol, shell

urlpatterns = [
    path("officer/", officer.page, name="officer"),
    path("officer/now/", officer.now, name="officer-now"),
    re_path(r"^officer/dispatches/(?P<pk>\d{1,18})/(?P<verb>accept|decline|recuse|arrive|confirm|finish)/$", officer.act, name="officer-act"),
    path("officer/photos/", officer.upload, name="officer-upload"),
    path("officer/photos/<uuid:pk>/", officer.photo, name="officer-photo"),
    path("officer/position/", officer.position, name="officer-position"),
    path("officer/report/", patrol.report, name="officer-report"),
    path("officer/offline/", shell.offline, name="officer-offline"),
    path("sw.js", shell.service_worker, name="service-worker"),
    path("manifest.webmanifest", shell.manifest, name="manifest"),
]
