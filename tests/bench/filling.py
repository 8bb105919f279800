"""A large archive by set-based SQL: the newest closed case, copied back through time with chains that verify.

Times are moved, keys and hashes made anew. Triggers and foreign keys are off meanwhile (only the owner of a bench may do so).
"""

import json
import re
from datetime import datetime

from journal.models import CHAIN_VERSION

EVERY_SECONDS = 94  # a million cases are three years
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d)$")
INDEXES = "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass AND NOT indisunique"


def fill(link, count: int) -> None:
    """Add `count` copies of the newest closed case. `link`: a superuser's psycopg2 connection."""
    with link, link.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
        cursor.execute("SELECT id FROM cases_case WHERE state = 'closed' ORDER BY id DESC LIMIT 1")
        (case,) = cursor.fetchone()
        cursor.execute("SELECT id FROM cases_report WHERE case_id = %s", [case])
        (report,) = cursor.fetchone()
        cursor.execute("SELECT id FROM command_dispatch WHERE case_id = %s", [case])
        (order,) = cursor.fetchone()
        _copies(cursor, count, case)
        tables = {
            "cases_case": (f"t.id = {case}", {"id": "s.case_id", "chain": "s.head"}),
            "cases_report": (f"t.id = {report}", {
                "id": "s.report_id", "case_id": "s.case_id", "idempotency_key": "'bench:' || s.n",
                "tracking_hash": "encode(sha256(('code' || s.n)::bytea), 'hex')"}),
            "command_dispatch": (f"t.id = {order}", {"id": "s.dispatch_id", "case_id": "s.case_id"}),
            "journal_deadline": (f"t.thread = 'case:{case}'", {
                "id": "nextval('journal_deadline_id_seq')", "thread": "'case:' || s.case_id", "subject": _subject("t.subject")}),
            "journal_entry": (f"t.thread = 'case:{case}'", {
                "id": "nextval('journal_entry_id_seq')", "thread": "'case:' || s.case_id", "subject": _subject("t.subject"),
                "data": "(s.datas[t.number])::jsonb", "hash": "s.hashes[t.number]",
                "previous_hash": "CASE t.number WHEN 1 THEN '' ELSE s.hashes[t.number - 1] END"}),
        }  # fmt: skip
        _chain(cursor, case, report)
        for name, (which, changed) in tables.items():
            _copy(cursor, name, which, changed)
    link.autocommit = True
    with link.cursor() as cursor:
        for name in ("cases_case", "cases_report", "command_dispatch", "journal_deadline", "journal_entry"):
            cursor.execute(f"VACUUM ANALYZE {name}")


def _copies(cursor, count: int, case: int) -> None:
    """One row for each copy: its keys and how far back it lies."""
    cursor.execute(
        f"""CREATE UNLOGGED TABLE bench_copy AS SELECT n, make_interval(secs => n::float8 * {EVERY_SECONDS}) AS back,
            nextval('cases_case_id_seq') AS case_id, nextval('cases_report_id_seq') AS report_id,
            nextval('command_dispatch_id_seq') AS dispatch_id FROM generate_series(1, %s) n""",
        [count],
    )


def _chain(cursor, case: int, report: int) -> None:
    """The copies' entries: their data and their hashes, one entry after the other because each follows from the last."""
    cursor.execute(
        "SELECT number, algorithm, verb, subject, by_kind, by_id, by_label, at, data FROM journal_entry WHERE thread = %s ORDER BY number",
        [f"case:{case}"],
    )
    laterals, hashes, datas = [], [], []
    for number, algorithm, verb, subject, *actor, at, data in cursor.fetchall():
        told = _text(json.dumps(_marked(data, report), ensure_ascii=False, sort_keys=True, separators=(",", ":")))
        head = json.dumps([CHAIN_VERSION, algorithm, "@case@", number, "@subject@", verb, actor], ensure_ascii=False, separators=(",", ":"))
        moment = f"to_char((timestamptz '{at.isoformat()}' - s.back) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        head = _quoted(head[:-1]).replace("@case@", "' || 'case:' || s.case_id || '").replace(
            "@subject@", f"' || {_subject(_quoted(subject))} || '")  # fmt: skip
        before = f"h{number - 1}.v" if number > 1 else "''"
        canonical = f"{head} || ',\"' || {moment} || '\",' || d{number}.v || ',\"' || {before} || '\"]'"
        laterals.append(f"LATERAL (SELECT {told} AS v) d{number}")
        laterals.append(f"LATERAL (SELECT encode(sha256(convert_to({canonical}, 'UTF8')), 'hex') AS v) h{number}")
        hashes.append(f"h{number}.v")
        datas.append(f"d{number}.v")
    cursor.execute(
        f"""CREATE UNLOGGED TABLE bench_chained AS SELECT s.*, ARRAY[{", ".join(hashes)}] AS hashes, ARRAY[{", ".join(datas)}] AS datas,
            {hashes[-1]} AS head FROM bench_copy s, {", ".join(laterals)}"""
    )
    cursor.execute("DROP TABLE bench_copy; ALTER TABLE bench_chained RENAME TO bench_copy")


def _copy(cursor, name: str, which: str, changed: dict[str, str]) -> None:
    """Copy the rows `which` of a table for each copy; every time is moved back. Indexes that are not unique are made afterwards."""
    cursor.execute("SELECT attname, atttypid::regtype::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                   " AND NOT attisdropped", [name])  # fmt: skip
    columns = {
        column: changed.get(column) or (f"t.{column} - s.back" if kind == "timestamp with time zone" else f"t.{column}")
        for column, kind in cursor.fetchall()
    }
    cursor.execute(INDEXES, [name])
    indexes = cursor.fetchall()
    for index, _definition in indexes:
        cursor.execute(f"DROP INDEX {index}")
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(f"CREATE TEMP TABLE bench_one AS SELECT * FROM {name} t WHERE {which}")
    cursor.execute(f"INSERT INTO {name} ({names}) SELECT {', '.join(columns.values())} FROM bench_copy s, bench_one t")
    cursor.execute("DROP TABLE bench_one")
    for _index, definition in indexes:
        cursor.execute(definition)


def _marked(data, report: int):
    """The data with marks where a copy differs: the report's key and every moment."""
    if isinstance(data, dict):
        return {key: "@report@" if key == "report" and value == report else _marked(value, report) for key, value in data.items()}
    if isinstance(data, str) and ISO.match(data):
        return f"@{data}@"
    return data


def _text(canonical: str) -> str:
    """An SQL expression of the marked canonical text."""
    text = _quoted(canonical).replace('"@report@"', "' || s.report_id || '")

    def moved(found: re.Match) -> str:
        zone = "UTC" if found[1].endswith("+00:00") else "Asia/Shanghai"
        shown = f"to_char((timestamptz ''{found[1]}'' - s.back) AT TIME ZONE ''{zone}'', ''YYYY-MM-DD\"T\"HH24:MI:SS'')".replace("''", "'")
        return f"' || {shown} || '{datetime.fromisoformat(found[1]).isoformat()[-6:]}"

    return re.sub(r"@(\d{4}-[^@]+)@", moved, text)


def _subject(of: str) -> str:
    """What an entry or timer is about: the case or its order, of the copy."""
    return f"CASE split_part({of}, ':', 1) WHEN 'case' THEN 'case:' || s.case_id WHEN 'dispatch' THEN 'dispatch:' || s.dispatch_id ELSE {of} END"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
