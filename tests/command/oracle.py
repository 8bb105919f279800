"""Who may act, told once more in the plainest words: against it the program's rule and the database's are measured."""

from datetime import datetime

from cases.models import Case
from enforcement.models import Certificate, Officer, PartyAct, Recusal, User
from journal import clock
from journal.models import Entry


def may_act(officer: Officer, case: Case, moment: datetime) -> bool:
    officer, case = Officer.objects.select_related("user").get(pk=officer.pk), Case.objects.select_related("category").get(pk=case.pk)
    day = moment.astimezone(clock.LOCAL).date()
    threads = {f"case:{pk}" for pk in _one_matter(case.pk)}
    accounts = [one.pk for one in User.objects.all() if one.pk == officer.user_id
                or (officer.user.staff_number and one.staff_number == officer.user.staff_number)]  # fmt: skip
    parties = [act for act in PartyAct.objects.all() if act.source in threads]
    places = {zone.code for zone in (case.township, case.village, case.grid, case.area) if zone}
    if not officer.user.is_active or (officer.suspended_at is not None and officer.suspended_at <= moment):
        return False
    for other in Officer.objects.filter(user__in=accounts, suspended_at__lte=moment):
        if Entry.objects.filter(thread=f"account:{other.user_id}", verb="officer_suspended", at__gte=other.suspended_at).exists():
            return False
    for one in Recusal.objects.filter(officer__user__in=accounts):
        holds = one.valid_from <= day and (one.valid_to is None or day <= one.valid_to) and (one.lifted_at is None or moment < one.lifted_at)
        names_it = one.zone in places or one.thread in threads or any(one.party == act.party or one.party_name == act.party_name for act in parties)
        if holds and names_it:
            return False
    for act in PartyAct.objects.exclude(act="inspecting"):
        if act.user_id in accounts and any(act.party == other.party for other in parties):
            return False
    if officer.is_helper:
        return True
    departments = {item.department for item in case.category.items.all()} if case.category else set()
    for certificate in Certificate.objects.filter(officer=officer, status="valid"):
        for_field = not departments or not certificate.fields or departments & set(certificate.fields)
        for_place = not certificate.townships or (case.township and case.township.code in certificate.townships)
        if certificate.valid_from <= day <= certificate.valid_to and for_field and for_place:
            return True
    return False


def _one_matter(case: int) -> set[int]:
    """Keys of the cases that one comes to over what was followed and merged, in either direction."""
    ties = [(pk, other) for pk, *others in Case.objects.values_list("pk", "follows", "merged_into") for other in others if other]
    found = {case}
    while more := {pk for tie in ties for pk in tie if found.intersection(tie)} - found:
        found |= more
    return found
