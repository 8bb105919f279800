"""What the serving role may do: read and write rows, but only add to the journal and to histories, and never past a trigger."""

from django.conf import settings
from django.db import connections

APPEND_ONLY = ("journal_entry", "journal_dailyroot")  # and every table of old values (journal.history): they have a pgh_id
# pgtrigger lets any session switch its triggers off by a setting, which no grant can keep from anybody. Ours stay on.
NEVER_IGNORED = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN
    LANGUAGE sql IMMUTABLE AS 'SELECT false'
"""


def grant(using: str = "default") -> None:
    """Give the serving role its rights on all tables (run as their owner, after each migration)."""
    role = settings.DATABASE_APP_ROLE
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == role:
            return
        cursor.execute(NEVER_IGNORED)
        quoted = connections[using].ops.quote_name(role)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        cursor.execute(
            "SELECT DISTINCT relname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'pgh_id'"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND (a.attname IS NOT NULL OR relname = ANY(%s))",
            [list(APPEND_ONLY)],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {quoted}')
