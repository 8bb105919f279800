"""What the console does with a case: each address is one verb. Refusals are answered in `config.refusals`."""

from collections.abc import Callable

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cases import conduct, followups, held, parts, pauses, sealed, triage
from cases.models import Case, CentreOffer, Finding, Handover, NamedRule, Pause, Photo, Report
from cases.photos import serve_photo
from command import assisting, barring, dispatch, endings, help, joint, joint_panel, meanwhile, offers, recusals
from command.models import HelpCall
from command.said import Said, worked
from config.access import is_background, staff
from enforcement.roles import CENTRE
from journal.models import Entry
from journal.refused import Refused
from journal.spoken import listed


def take_in(case, by, said: Said):
    triage.take_in(case, by=by, seen=said.seen)


def classify(case, by, said: Said):
    barring.classify(case, by=by, category=said.category(), seen=said.seen)


def send(case, by, said: Said):
    sent = dispatch.send(case, by=by, officers=said.officers(), seen=said.seen)
    return {"undo": True, "message": _("Sent: %(names)s") % {"names": listed(one.officer.name for one in sent)}}


def reinforce(case, by, said: Said):
    sent = dispatch.reinforce(case, by=by, officers=said.officers(), seen=said.seen)
    return {"message": _("Sent: %(names)s") % {"names": listed(one.officer.name for one in sent)}}


def undo(case, by, said: Said):
    """The ten seconds after a send: called back with a reason that says so."""
    dispatch.undo(case, by=by)
    return {"message": _("Called back.")}


def recall(case, by, said: Said):
    dispatch.recall(case, by=by, reason=said.text("reason"), seen=said.seen)


def by_hand(case, by, said: Said):
    assisting.withdraw(case, by=by, seen=said.seen)


def put_back(case, by, said: Said):
    endings.put_back(case, by=by, reason=said.text("reason"), seen=said.seen)


def transfer(case, by, said: Said):
    triage.transfer(case, by=by, organisation=said.organisation(), reason=said.text("reason"), seen=said.seen)


def offer(case, by, said: Said):
    made = offers.offer(case, by=by, organisation=said.organisation(), reason=said.text("reason"), seen=said.seen)
    return {"message": _("Offered to %(name)s; the clock runs on here until it has signed.") % {"name": made.to_centre.short_name}}


def accept_offer(case, by, said: Said):
    offers.accept(case, by=by, seen=said.seen)
    return {"message": _("Signed for: the case is yours, on the clock that runs.")}


def return_offer(case, by, said: Said):
    offers.give_back(case, by=by, reason=said.text("reason"), seen=said.seen)


def take_offer_back(case, by, said: Said):
    offers.take_back(case, by=by, seen=said.seen)


def designate(case, by, said: Said):
    offers.designate(case, by=by, organisation=said.organisation(), reason=said.text("reason"), seen=said.seen)


def pass_on(case, by, said: Said):
    endings.pass_on(
        case, by=by, organisation=said.organisation(), reason=said.text("reason"), contact=said.text("contact", 80), seen=said.seen
    )


def merge(case, by, said: Said):
    into = said.case("into_number" if said.text("by_number") else "into", by)
    endings.merge(case, by=by, into=into, seen=said.seen)
    return {"open": into.pk, "message": _("Merged into case %(into)s.") % {"into": into.number}}


def reject(case, by, said: Said):
    endings.reject(case, by=by, reason=said.text("reason"), seen=said.seen)


def close(case, by, said: Said):
    endings.close(case, by=by, reply=said.text("reply", 1000), why=said.text("why", 200), seen=said.seen)


def rework(case, by, said: Said):
    endings.return_for_rework(case, by=by, reason=said.text("reason", 200), seen=said.seen)


def reopen(case, by, said: Said):
    endings.reopen(case, by=by, reason=said.text("reason"), seen=said.seen)


def pause(case, by, said: Said):
    pauses.ask(case, by=by, reason=said.text("reason", 200), until=said.moment("until"), seen=said.seen)


def approve_pause(case, by, said: Said):
    pauses.approve(get_object_or_404(Pause, case=case, pk=said.number("pause")), by=by, seen=said.seen)


def refuse_pause(case, by, said: Said):
    pauses.refuse(get_object_or_404(Pause, case=case, pk=said.number("pause")), by=by, seen=said.seen)


def resume(case, by, said: Said):
    pauses.resume(case, by=by, seen=said.seen)


def recuse(case, by, said: Said):
    recusals.decide(case, by=by, officer=said.officer(), relation=said.text("relation", 12), reason=said.text("reason", 200))


def lift_recusal(case, by, said: Said):
    recusals.lift(case, by=by, officer=said.officer(), reason=said.text("reason", 200))


def ask_unit(case, by, said: Said):
    """A unit is asked to take part; with the first one the joint action begins."""
    lead = said.organisation("leading") if said.text("leading") else None
    parts.ask(case, by=by, organisation=said.organisation(), task=said.text("task", 200), department=said.text("department", 24), lead=lead,
              lead_task=said.text("lead_task", 200), seen=said.seen)  # fmt: skip


ACTIONS: dict[str, Callable] = {
    "take-in": take_in, "classify": classify, "send": send, "reinforce": reinforce, "undo": undo, "recall": recall, "by-hand": by_hand,
    "put-back": put_back, "transfer": transfer, "pass-on": pass_on, "merge": merge, "reject": reject, "close": close, "rework": rework,
    "offer": offer, "offer-accept": accept_offer, "offer-return": return_offer, "offer-withdraw": take_offer_back, "designate": designate,
    "reopen": reopen, "pause": pause, "approve-pause": approve_pause, "refuse-pause": refuse_pause, "resume": resume,
    "recuse": recuse, "lift-recusal": lift_recusal, "joint": ask_unit,
}  # fmt: skip


def send_part(part, by, said: Said):
    sent = joint.send(part, by=by, officers=said.officers())
    return {"message": _("Sent: %(names)s") % {"names": listed(one.officer.name for one in sent)}}


def agree_part(part, by, said: Said):
    parts.agree(part, by=by)


def refuse_part(part, by, said: Said):
    parts.refuse(part, by=by, reason=said.text("reason", 300))
    return {"message": _("Refused.")}


def recall_part(part, by, said: Said):
    joint.recall(part, by=by, reason=said.text("reason"))


def end_part(part, by, said: Said):
    joint.end(part, by=by, reason=said.text("reason", 300))


PART_ACTIONS: dict[str, Callable] = {
    "agree": agree_part, "refuse": refuse_part, "send": send_part, "recall": recall_part, "end": end_part,
}
OF_GUESTS = ("offer-accept", "offer-return")


def _asked(user, pk: int) -> Case:
    """A case that this person sees, or that his centre was offered once: who presses a moment too late reads why, instead of nothing."""
    once = CentreOffer.objects.filter(case=pk, to_centre=user.centre) if user.role in CENTRE else CentreOffer.objects.none()
    return get_object_or_404(Case.objects.filter(Q(pk__in=Case.objects.visible_to(user).values("pk")) | Q(pk__in=once.values("case"))), pk=pk)


@require_POST
@staff
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do one thing with a case that this person's centre works on; of a guest's case there is only something to see, or to answer."""
    user = request.user
    case = _asked(user, pk) if action in OF_GUESTS else get_object_or_404(Case.objects.worked_by(user), pk=pk)
    said = Said(request.POST)
    try:
        extra = ACTIONS[action](case, request.user, said) or {}
    except Refused as refused:
        if not Case.objects.visible_to(request.user).filter(pk=pk).exists():
            raise
        raise meanwhile.completed(refused, case, request.user, said.seen) from refused
    return done(request, case, **extra)


@require_POST
@staff
def act_part(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do one thing with a unit's part: its own centre answers and sends, the centre that has the case ends it."""
    part = joint_panel.part_or_404(request.user, pk)
    return done(request, part.case, **(PART_ACTIONS[action](part, request.user, Said(request.POST)) or {}))


def done(request: HttpRequest, case: Case, **extra) -> HttpResponse:
    """The script gets the new version (and what to offer), a plain form its case again."""
    if not is_background(request):
        return redirect("command-case", pk=case.pk)
    version = Case.objects.values_list("version", flat=True).get(pk=case.pk)
    return JsonResponse({"version": version, **extra})


@require_POST
@staff
def answer_handover(request: HttpRequest, pk: int) -> HttpResponse:
    """What the outside body said: taken over, or returned with a reason."""
    handover = worked(Handover.objects.select_related("case"), request.user, pk=pk)
    said = Said(request.POST)
    endings.answer_handover(handover, by=request.user, accepted=said.text("answer") == "accepted", reason=said.text("reason"))
    return done(request, handover.case)


@require_POST
@staff
def answer_finding(request: HttpRequest, pk: int) -> HttpResponse:
    """A department's finding comes in; the matter goes on as a new case."""
    finding = worked(Finding.objects.select_related("case"), request.user, pk=pk)
    said = Said(request.POST)
    following = followups.answer_finding(
        finding, by=request.user, answer=said.text("answer", 1000), answered_by=said.text("answered_by", 80)
    )
    message = _("The matter goes on as case %(number)s.") % {"number": following.number}
    return done(request, finding.case, open=following.pk, message=message)


@require_POST
@staff
def name_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Name a rule of conduct that was broken in the case."""
    case, said = get_object_or_404(Case.objects.visible_to(request.user), pk=pk), Said(request.POST)
    conduct.name_rule(case, by=request.user, rule=said.rule(), officer=said.accused(), note=said.text("note", 300))
    return done(request, case)


@require_POST
@staff
def withdraw_rule(request: HttpRequest, pk: int) -> HttpResponse:
    named = worked(NamedRule.objects.select_related("case"), request.user, pk=pk)
    conduct.withdraw_rule(named, by=request.user, note=Said(request.POST).text("note", 300))
    return done(request, named.case)


def _report(user, pk: int) -> Report:
    """A report of a case that `user` sees, or one held for his centre."""
    report = get_object_or_404(Report.objects.select_related("case"), pk=pk)
    if report.case_id:
        get_object_or_404(Case.objects.visible_to(user), pk=report.case.merged_into_id or report.case_id)
    else:
        get_object_or_404(held.queue(user), pk=pk)
    return report


@require_POST
@staff(roles=CENTRE)
def answer_help(request: HttpRequest, pk: int) -> JsonResponse:
    """Take up an officer's call for help."""
    call = help.answer(get_object_or_404(HelpCall.objects.visible_to(request.user), pk=pk), by=request.user)
    return JsonResponse({"version": call.version})


@require_POST
@staff(roles=CENTRE)
def end_help(request: HttpRequest, pk: int) -> JsonResponse:
    """It is over, with a word on how it ended."""
    found = get_object_or_404(HelpCall.objects.visible_to(request.user), pk=pk)
    call = help.end(found, by=request.user, words=Said(request.POST).text("words", 200))
    return JsonResponse({"version": call.version})


@never_cache
@require_POST
@staff(roles=CENTRE)
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Who reported, with a reason that is kept; also who has read it before."""
    report = _report(request.user, pk)
    read = sealed.read_contact(report, by=request.user, reason=Said(request.POST).text("reason", 200))
    before = Entry.objects.filter(verb="contact_read", subject=report.thread).order_by("-at")
    return render(request, "command/_contact.html", {"report": report, "contact": read, "readings": before})


@require_safe
@staff
def photo(request: HttpRequest, pk) -> HttpResponse:
    """A photo of a case or report that this person sees."""
    found = get_object_or_404(Photo.objects.select_related("report"), pk=pk)
    if found.report_id:
        _report(request.user, found.report_id)
    elif found.case_id:
        get_object_or_404(Case.objects.visible_to(request.user), pk=found.case_id)
    else:  # a draft of the operator's own
        get_object_or_404(Photo, pk=pk, taken_by=request.user)
    return serve_photo(request, found, request.GET.get("size", "full"))
