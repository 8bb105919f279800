"""What a request has changed: the rows of everything that belongs to a case, before and after."""

from django.db import connection

# table → whose row it is
OWNERS = {
    "cases_case": "'case:' || t.id",
    "cases_report": "coalesce('case:' || t.case_id, 'report:' || t.id)",
    "cases_contact": "'report:' || t.report_id",
    "cases_photo": "coalesce('case:' || t.case_id, 'report:' || t.report_id, 'draft')",
    **{f"cases_{name}": "'case:' || t.case_id" for name in ("pause", "rework", "order", "lead", "finding", "handover", "jointpart", "guestcentre")},
    "command_dispatch": "'case:' || t.case_id",
    "command_phoneaction": "coalesce((SELECT 'case:' || d.case_id FROM command_dispatch d WHERE 'dispatch:' || d.id = t.subject), t.subject)",
    "command_position": "'officer:' || t.officer_id",
    "enforcement_recusal": "coalesce(nullif(t.thread, ''), 'officer:' || t.officer_id)",
    "enforcement_partyact": "t.source",
    "journal_entry": "t.thread",
    "journal_deadline": "t.thread",
}
_ALL = " UNION ALL ".join(f"SELECT '{table}', {owner}, md5(t::text) FROM {table} t" for table, owner in OWNERS.items())


def rows() -> set[tuple[str, str, str]]:
    """(table, whose, content) of each row now."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        return set(cursor.fetchall())


def touched(before: set, after: set) -> set[str]:
    """Whose rows are new, other or gone."""
    return {owner for _table, owner, _content in before ^ after}
