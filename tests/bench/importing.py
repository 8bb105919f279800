"""A list of 10,000 items: the dry run of a worker, applying it, and taking it out again, beside one plain COPY of the same rows."""

import io
import statistics
import time

from django.db import connection

from tests.bench.place import Bench
from tests.bench.tables import table

ROWS = 10_000


def run(bench: Bench, *, size: int = ROWS, repeats: int = 3, seconds: float = 0) -> str:
    """Medians of seconds, with the parts of the dry run; statements of one."""
    from django.test.utils import CaptureQueriesContext

    from cases.county.tables import BY_NAME
    from enforcement.models import Item, User
    from registers import imports, sheets, workbooks
    from registers.models import ImportRun

    lawyer, register = User.objects.get(username="zx-legal-1"), BY_NAME["items"]
    department, holder = Item.objects.values_list("department", "holder__code").exclude(holder=None).first()
    rows = [
        {"code": f"BENCH-{n:05}", "name": f"对第{n}种违反城市管理规定行为的处罚", "kind": "处罚", "department": department, "holder": holder,
         "notes": "责令改正，可以处罚款", "transferable": True, "valid_from": _day(), "valid_to": None}
        for n in range(size)
    ]  # fmt: skip
    took: dict[str, list[float]] = {}

    def timed(name: str, call):
        begun = time.perf_counter()
        made = call()
        took.setdefault(name, []).append(time.perf_counter() - begun)
        return made

    files = {"XLSX": workbooks.as_xlsx(register, rows), "CSV": workbooks.as_csv(register, rows)}
    for _turn in range(repeats):
        for kind, content in files.items():
            timed(f"reading the {kind}", lambda content=content: sheets.read(register, content))
            run = imports.receive(table=register, name=f"bench.{kind.lower()}", content=content, by=lawyer)
            with CaptureQueriesContext(connection) as statements:
                timed(f"dry run of the {kind}, reading included", lambda run=run: imports.check(run.pk))
            assert ImportRun.objects.get(pk=run.pk).state == "ready", ImportRun.objects.get(pk=run.pk).sentence
    run = imports.order(run, by=lawyer, reason="bench")
    timed(f"applying {size:,} new items, with their history and a version of the list", lambda: imports.apply(run.pk))
    assert ImportRun.objects.get(pk=run.pk).state == "applied", ImportRun.objects.get(pk=run.pk).sentence
    again = imports.receive(table=register, name="again.xlsx", content=files["XLSX"], by=lawyer)
    timed("dry run of the XLSX when every row is there", lambda: imports.check(again.pk))
    timed("taking them out as XLSX", lambda: workbooks.as_xlsx(register, rows))
    for _turn in range(repeats):
        timed("for comparison: COPY of the same rows", lambda: _copy(rows))
    found = [[name, len(times), statistics.median(times), max(times)] for name, times in took.items()]
    said = f"{size:,} rows; {len(statements)} statements a dry run: of them one for each thousand rows tells how far it is."
    return f"{table(['what', 'times', 'median s', 'longest s'], found)}\n\n{said}"


def _day():
    from datetime import date

    return date(2026, 1, 1)


def _copy(rows: list[dict]) -> None:
    """What PostgreSQL alone needs for them, into a table without index or trigger."""
    text = "".join("\t".join("\\N" if value is None else str(value) for value in row.values()) + "\n" for row in rows)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE plain (code text, name text, kind text, department text, holder text, notes text, transferable text,"
                       " valid_from date, valid_to date)")  # fmt: skip
        cursor.copy_expert("COPY plain FROM STDIN", io.StringIO(text))
        cursor.execute("DROP TABLE plain")
