"""What the journal says of an account, in sentences; `command.sentences` knows them too, so that no verb goes without words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from enforcement.models import Enrolment, Screen
from enforcement.roles import Role
from journal.models import Entry

ACCOUNT = {
    "account_created": _("Account made: %(username)s"),
    "account_loaded": _("The county's files changed it: %(was)s → %(now)s"),
    "password_given": _("A first password was handed out"),
    "password_changed": _("The owner chose a password"),
    "account_locked": _("Account locked"),
    "account_unlocked": _("Account unlocked"),
    "sessions_ended": _("Signed out everywhere"),
    "screen_made": _("Screen made: %(name)s, %(unit)s"),
    "screen_link_made": _("A link to let it in was made"),
    "screen_paired": _("Let in as the screen %(name)s"),
    "screen_changed": _("Screen changed: %(name)s, %(scene)s, turns every %(rotate_s)s s (0: not), %(language)s"),
    "screen_revoked": _("Screen disconnected: %(name)s, %(unit)s"),
    "lockout_lifted": _("May sign in again after wrong passwords"),
    "post_asked": _("Post asked for: %(role)s, %(unit)s"),
    "post_confirmed": _("Post confirmed: %(role)s, %(unit)s"),
    "post_refused": _("Post not confirmed: %(role)s, %(unit)s"),
    "post_withdrawn": _("Request taken back: %(role)s, %(unit)s"),
    "certificate_suspended": _("Certificate %(certificate)s suspended"),
    "certificate_restored": _("Certificate %(certificate)s given back"),
    "certificate_revoked": _("Certificate %(certificate)s revoked"),
    "officer_suspended": _("Suspended from duty"),
    "officer_restored": _("Back on duty"),
    "enrolled": _("Enrolled in %(name)s"),
    "cases_exported": _("List of cases taken out: %(name)s, %(period)s, cases: %(cases)s"),
    "training_result": _("%(name)s: %(hours)s hours, %(result)s"),
}
_FIRST = {"first_administrators": _("first administrators of the installation"), "on_the_machine": _("on the machine itself")}
STANDING = ("certificate_suspended", "certificate_restored", "certificate_revoked", "officer_suspended", "officer_restored", "enrolled",
            "training_result", "post_confirmed")  # what concerns an officer's standing, not his account  # fmt: skip


class _Named(dict):
    def __missing__(self, key):
        return "—"

    def __getitem__(self, key):
        found = super().get(key)
        if key == "role" and found in Role.values:
            return Role(found).label
        if key == "scene" and found in Screen.Scene.values:
            return Screen.Scene(found).label
        if key == "result" and found in Enrolment.Result.values:
            return Enrolment.Result(found).label
        return "—" if found in (None, "") else found


def account_sentence(entry: Entry) -> str:
    """The entry in the reader's language, with its reason and document; a verb of a newer version shows its code."""
    text = str(ACCOUNT.get(entry.verb, entry.verb)) % _Named(entry.data)
    more = " · ".join(str(_FIRST.get(part, part)) for part in (entry.data.get("reason"), entry.data.get("document")) if part)
    return pgettext("sentence: quoted words", "%(sentence)s: %(words)s") % {"sentence": text, "words": more} if more else text
