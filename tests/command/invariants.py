"""What must be true of the database at any moment, whoever did whatever before: pure SELECTs."""

from django.db import connection

from cases.truth import times_that_differ
from journal.verify import broken_link, heads_that_differ, states_that_differ

ENDED = "('rejected', 'closed', 'merged', 'withdrawn', 'passed_on')"
ACTIVE = "('sent', 'accepted', 'on_site')"
RUNNING = "('take_in', 'send', 'accept', 'handle', 'verify', 'warn', 'total', 'escalate')"
OPEN_TIMER = "SELECT FROM journal_deadline t WHERE t.thread = 'case:' || c.id AND t.fired_at IS NULL AND t.cancelled_at IS NULL"

# Each selects what is wrong.
WRONG = {
    "an officer is bound to two orders": f"SELECT officer_id FROM command_dispatch WHERE state IN {ACTIVE} GROUP BY 1 HAVING count(*) > 1",
    "a case has two leads": f"SELECT case_id FROM command_dispatch WHERE state IN {ACTIVE} AND is_lead GROUP BY 1 HAVING count(*) > 1",
    "an ended case binds an officer":
        f"SELECT c.id FROM cases_case c JOIN command_dispatch d ON d.case_id = c.id WHERE c.state IN {ENDED} AND d.state IN {ACTIVE}",
    "officers are bound to a case that nobody leads": f"""SELECT case_id FROM command_dispatch WHERE state IN {ACTIVE} GROUP BY 1
        HAVING NOT bool_or(is_lead) AND bool_and(EXISTS (SELECT FROM cases_case c WHERE c.id = case_id AND c.state = 'received'))""",
    "a helper leads": "SELECT d.id FROM command_dispatch d JOIN enforcement_officer o ON o.id = d.officer_id WHERE d.is_lead AND o.is_helper",
    "a helper has decided": """SELECT e.id FROM journal_entry e JOIN enforcement_officer o ON o.user_id::text = e.by_id AND o.is_helper
        WHERE e.by_kind = 'user' AND e.verb IN ('resolved', 'closed')""",
    "somebody off duty or suspended was sent": """SELECT d.id FROM command_dispatch d JOIN enforcement_officer o ON o.id = d.officer_id
        WHERE o.suspended_at <= d.sent_at OR NOT EXISTS (SELECT FROM enforcement_duty t WHERE t.user_id = o.user_id
        AND t.starts_at <= d.sent_at AND t.ends_at > d.sent_at) OR (NOT o.is_helper AND d.certificate = '')""",
    "somebody acted without a certificate that counted then and there": """SELECT e.id FROM journal_entry e
        JOIN command_dispatch d ON e.thread = 'case:' || d.case_id AND e.subject = 'dispatch:' || d.id
        JOIN enforcement_officer o ON o.id = d.officer_id AND NOT o.is_helper JOIN cases_case c ON c.id = d.case_id
        LEFT JOIN grid_zone z ON z.id = c.township_id
        WHERE e.verb IN ('sent', 'accepted', 'arrived', 'finished') AND (e.data->'certificate'->>'status' IS DISTINCT FROM 'valid'
        OR (e.at AT TIME ZONE 'Asia/Shanghai')::date
           NOT BETWEEN (e.data->'certificate'->>'valid_from')::date AND (e.data->'certificate'->>'valid_to')::date
        OR NOT (e.data->'certificate'->'townships' = '[]' OR e.data->'certificate'->'townships' ? z.code))""",
    "one person did two things that exclude each other":
        "SELECT person, party FROM enforcement_partyact GROUP BY 1, 2 HAVING count(DISTINCT act) > 1",
    "somebody else was sent than the journal says": """SELECT d.id FROM command_dispatch d JOIN enforcement_officer o ON o.id = d.officer_id
        LEFT JOIN journal_entry e ON e.thread = 'case:' || d.case_id AND e.subject = 'dispatch:' || d.id AND e.verb = 'sent'
        WHERE e.id IS NULL OR e.data->>'badge' <> o.badge OR (e.data->>'lead')::boolean <> d.is_lead OR e.at <> d.sent_at""",
    "who handled a case has closed it": """SELECT e.id FROM journal_entry e JOIN command_dispatch d ON e.thread = 'case:' || d.case_id
        JOIN enforcement_officer o ON o.id = d.officer_id WHERE e.verb = 'closed' AND e.by_id = o.user_id::text AND e.by_kind = 'user'""",
    "the clock of an ended case runs": f"SELECT c.id FROM cases_case c WHERE c.state IN {ENDED} AND EXISTS ({OPEN_TIMER} AND t.kind IN {RUNNING})",
    "a case waits for nobody, unknown to the centre": f"""SELECT c.id FROM cases_case c WHERE c.state NOT IN {ENDED} AND c.paused_at IS NULL
        AND c.escalation < 2 AND NOT EXISTS ({OPEN_TIMER})""",
    "an order waits for ever": f"""SELECT d.id FROM command_dispatch d JOIN cases_case c ON c.id = d.case_id WHERE d.state = 'sent'
        AND c.paused_at IS NULL AND NOT EXISTS ({OPEN_TIMER} AND t.subject = 'dispatch:' || d.id)""",
    "a timer waits for an order that was answered": """SELECT t.id FROM journal_deadline t JOIN command_dispatch d
        ON t.subject = 'dispatch:' || d.id WHERE t.kind = 'accept' AND t.fired_at IS NULL AND t.cancelled_at IS NULL AND d.state <> 'sent'""",
    "the same timer runs twice": """SELECT thread, kind, subject FROM journal_deadline WHERE fired_at IS NULL AND cancelled_at IS NULL
        GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "a timer fired before it was due": "SELECT id FROM journal_deadline WHERE fired_at < due_at",
    "a case that nobody may take over is offered": """SELECT o.id FROM cases_centreoffer o JOIN cases_case c ON c.id = o.case_id
        WHERE o.ended_at IS NULL AND (c.state NOT IN ('received', 'in_hand') OR c.centre_id <> o.from_centre_id)""",
    "a centre sees a case as asked, and is not": """SELECT g.id FROM cases_guestcentre g WHERE g.until IS NULL AND g.because = 'asked' AND NOT EXISTS
        (SELECT FROM cases_centreoffer o WHERE o.case_id = g.case_id AND o.to_centre_id = g.centre_id AND o.ended_at IS NULL)""",
    "somebody is sent to a case that is offered": f"""SELECT o.id FROM cases_centreoffer o JOIN command_dispatch d ON d.case_id = o.case_id
        WHERE o.ended_at IS NULL AND d.state IN {ACTIVE}""",
    "a standing clock has no pause": """SELECT c.id FROM cases_case c WHERE (c.paused_at IS NOT NULL) <> EXISTS (SELECT FROM cases_pause p
        WHERE p.case_id = c.id AND p.starts_at IS NOT NULL AND p.ends_at IS NULL)""",
    "one person paused a case alone": "SELECT id FROM cases_pause WHERE approved_by_id = asked_by_id",
    "rounds are not counted": "SELECT id FROM cases_case c WHERE reworks <> (SELECT count(*) FROM cases_rework r WHERE r.case_id = c.id)",
    "an end has no moment": f"SELECT id FROM cases_case WHERE (state IN {ENDED}) <> (closed_at IS NOT NULL)",
    "a case was merged in a circle": """WITH RECURSIVE way AS (SELECT id, merged_into_id AS next FROM cases_case WHERE merged_into_id IS NOT NULL
        UNION SELECT way.id, c.merged_into_id FROM way JOIN cases_case c ON c.id = way.next WHERE c.merged_into_id IS NOT NULL)
        SELECT id FROM way WHERE id = next""",
    "speed without simulation": "SELECT id FROM cases_case WHERE speed <> 1 AND NOT is_simulated",
    "an accepted report has no case": "SELECT id FROM cases_report WHERE (state = 'accepted') <> (case_id IS NOT NULL)",
}  # fmt: skip


def broken() -> list[str]:
    """What is wrong now, in words; empty when everything holds."""
    found = []
    with connection.cursor() as cursor:
        for words, query in WRONG.items():
            cursor.execute(query)
            found += [f"{words}: {row}" for row in cursor.fetchall()]
    _checked, link = broken_link()
    found += [f"chain: {link}"] if link else []
    return found + [f"head of {thread}" for thread in heads_that_differ()] + list(states_that_differ()) + list(times_that_differ())
