"""Addresses of the registers, `/registers/…`."""

from django.urls import path

from registers.views import accounts, audit, home, lookup, people, posts, trainings

urlpatterns = [
    path("", home.home, name="registers"),
    path("accounts/", accounts.index, name="registers-accounts"),
    path("accounts/new/", accounts.new, name="registers-account-new"),
    path("accounts/passwords/", accounts.passwords, name="registers-passwords"),
    path("accounts/<int:pk>/", accounts.account, name="registers-account"),
    path("accounts/<int:pk>/password/", accounts.password, name="registers-account-password"),
    path("accounts/<int:pk>/lock/", accounts.lock, name="registers-account-lock"),
    path("accounts/<int:pk>/unlock/", accounts.unlock, name="registers-account-unlock"),
    path("accounts/<int:pk>/sessions/", accounts.end_sessions, name="registers-account-sessions"),
    path("accounts/<int:pk>/post/", accounts.ask_post, name="registers-account-post"),
    path("posts/", posts.index, name="registers-posts"),
    path("posts/<int:pk>/confirm/", posts.confirm, name="registers-post-confirm"),
    path("posts/<int:pk>/refuse/", posts.refuse, name="registers-post-refuse"),
    path("posts/<int:pk>/withdraw/", accounts.withdraw_post, name="registers-post-withdraw"),
    path("posts/lockouts/<int:pk>/", posts.lift, name="registers-lockout"),
    path("audit/", audit.index, name="registers-audit"),
    path("audit/export.csv", audit.export, name="registers-audit-export"),
    path("audit/check/", audit.check, name="registers-audit-check"),
    path("people/", people.index, name="registers-people"),
    path("people/<int:pk>/", people.person, name="registers-person"),
    path("people/<int:pk>/suspend/", people.suspend, name="registers-person-suspend"),
    path("people/<int:pk>/restore/", people.restore, name="registers-person-restore"),
    path("people/certificates/<int:pk>/suspend/", people.suspend_certificate, name="registers-certificate-suspend"),
    path("people/certificates/<int:pk>/restore/", people.restore_certificate, name="registers-certificate-restore"),
    path("people/certificates/<int:pk>/revoke/", people.revoke_certificate, name="registers-certificate-revoke"),
    path("admin/", lookup.site.urls),
    path("trainings/", trainings.index, name="registers-trainings"),
    path("trainings/<int:pk>/", trainings.plan, name="registers-training"),
    path("trainings/<int:pk>/enrol/", trainings.enrol, name="registers-training-enrol"),
    path("trainings/<int:pk>/results/", trainings.results, name="registers-training-results"),
]
