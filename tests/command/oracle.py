"""Who may act, told once more in the plainest words: against it the program's rule and the database's are measured."""

from datetime import datetime

from cases.models import Case
from enforcement.models import Certificate, Officer, PartyAct, Recusal
from journal import clock


def may_act(officer: Officer, case: Case, moment: datetime) -> bool:
    officer, case = Officer.objects.select_related("user").get(pk=officer.pk), Case.objects.select_related("category").get(pk=case.pk)
    day = moment.astimezone(clock.LOCAL).date()
    threads = {case.thread, f"case:{case.follows_id}"}
    parties = [act for act in PartyAct.objects.all() if act.source in threads]
    places = {zone.code for zone in (case.township, case.village, case.grid, case.area) if zone}
    if officer.suspended_at is not None and officer.suspended_at <= moment:
        return False
    for one in Recusal.objects.filter(officer=officer):
        holds = one.valid_from <= day and (one.valid_to is None or day <= one.valid_to) and (one.lifted_at is None or moment < one.lifted_at)
        names_it = one.zone in places or one.thread in threads or any(one.party == act.party or one.party_name == act.party_name for act in parties)
        if holds and names_it:
            return False
    for act in PartyAct.objects.exclude(act="inspecting").select_related("user"):
        is_his = act.user_id == officer.user_id or (officer.user.staff_number and act.user.staff_number == officer.user.staff_number)
        if is_his and any(act.party == other.party for other in parties):
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
