"""The reporter's answers: solved or not, and taking a report back."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.tracking import Progress
from cases.views.track import page, report_of
from command import endings


@require_POST
def answer(request, code: str):
    """ "Solved?": yes ends it, no with a reason opens the case again."""
    report = report_of(request, code)
    solved, words = request.POST.get("solved") == "yes", request.POST.get("words", "")
    if not solved and len(words.strip()) < 2:
        missing = _("Say in a few words what is still wrong, so that the officers know.")
        return page(request, code, Progress(report), status=422, reason_missing=missing, typed_words=words)
    endings.answer_solved(report, solved=solved, words=words)
    messages.success(request, _("Thank you for your answer.") if solved else _("The case is open again. You follow it here as before."))
    return redirect("track", code)


@require_POST
def withdraw(request, code: str):
    """Only while nobody has taken it in."""
    endings.withdraw(report_of(request, code))
    messages.success(request, _("The report is withdrawn."))
    return redirect("track", code)
