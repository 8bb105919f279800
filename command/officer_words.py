"""Sentences that the scripts of the officer's pages show, in the reader's language."""

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.endings import NEED_WORDS


def words() -> dict:
    """Texts by name; {braces} are filled in by the script."""
    return {
        "distance": _("{distance} away"),
        "lacking": _("Still missing: {what}"),
        "and": _(", "),
        "needs": {"outcome": _("the result"), "party": _("the party's name and code"),
                  **{name: str(word) for name, word in NEED_WORDS().items()}},
        "kinds": {"before": _("Before"), "after": _("After"), "report": _("Photo")},
        "remove_photo": _("Remove this photo"),
        "locating": _("Looking for your position …"),
        "too_far": _("You are {distance} from the place (at most {radius}). Go closer, or say why you confirm from here."),
        "no_position": _("There is no position. Say why you confirm without one."),
        "why_not": _("Say why you cannot go."),
        "which_relation": _("Say which relation it is; only those who decide read it."),
        "party_both": _("Give the party's name and its unified social credit code, or neither."),
        "party_code": _("The code does not fit: it has 18 signs, and the last one follows from the others. Look at the licence again."),
        "understood": _("Understood"),
        "discard": _("Discard"),
        "waiting": _("{count} waiting to be sent"),
        "refused": _("{count} not taken"),
        "others": _("{count} items of another user of this phone wait here until that user signs in."),
        "halts": {
            "offline": _("no network"), "login": _("sign in first"), "other": _("another user is signed in"), "server": _("trying again soon"),
        },
        "verbs": {
            "accept": _("Accept"), "decline": _("I cannot go"), "recuse": _("Step aside"), "arrive": _("Arrive"), "finish": _("Result"),
            "confirm": _("Note"), "photo": _("Photo"), "report": _("Patrol report"), "sign_on": _("Sign on duty"),
            "sign_off": _("Sign off duty"), "help": _("Call for help"), "safe": _("I am safe"),
        },
        "themes": {"auto": _("Display: automatic"), "outdoor": _("Display: bright"), "dark": _("Display: dark")},
        "urls": {"upload": reverse("officer-upload"), "act": reverse("officer-act", args=[0, "finish"])},
        "here": _("Position found, accurate to {accuracy}"),
        "searching": _("Looking for your position …"),
        "denied": _("This page may not use the position. Choose the place below."),
        "none": _("There is no position on this connection. Choose the place below."),
        "choose_category": _("Choose what it is"),
        "choose_place": _("Where is it? Wait for the position or choose the place"),
        "take_photo": _("Take a photo or write a few words"),
        "send_report": _("Send the report"),
        "report_saved": _("Saved. It is sent as soon as there is a network."),
        "report_sent": _("Reported: {number}"),
        "kept_photos": _("{n} photos are uploaded already and go with it."),
        "report_held": _("Reported. The centre looks at it first."),
    }  # fmt: skip
