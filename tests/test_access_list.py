"""tests/access.txt: what each address answers to each post and method, for people to read. A change of a right is a change of that file.

To write it anew: `WRITE_ACCESS=1 script/test tests/test_access_list.py`, and look at the difference.
"""

import os

import pytest
from django.db import transaction

from cases import photos, ratelimit
from enforcement.roles import Role
from journal import push
from tests.addresses import ADDRESSES, CLIENTS, Things, holder
from tests.cast import sign_in
from tests.databases import ROOT

LIST = ROOT / "tests" / "access.txt"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LET_IN = ("200", "201", "202", "204", "302", "409", "422")  # what somebody gets who may be here, with an empty form


@pytest.fixture
def things(case_at, monkeypatch):
    push.client().flushdb()
    monkeypatch.setattr(ratelimit, "_counts", {})
    monkeypatch.setattr(ratelimit, "hit", lambda *_who, **_limit: None)
    made = Things(case_at)
    assert photos.prepare(made.report.photos.get())
    return made


def answers(client, things, people, address, method: str) -> dict[str, list[str]]:
    """Status → who gets it, with an empty form: nobody signed in, and each post signed in on the surface of the address."""
    found: dict[str, list[str]] = {}
    url = address.url(things)
    data = {"pause": things.pause.pk} if method == "POST" and "-pause/" in url else None
    for role in (None, *(Role if address.is_staff else ())):
        client.cookies.clear()
        with transaction.atomic():
            if role:
                ordered = address.surface.name == "officer" and address.of and role in address.who
                sign_in(client, things.ordered(role) if ordered else people[role], address.surface.name)
            answer = getattr(client, method.lower())(url, data)
            status = "login" if "login/?next=" in answer.headers.get("Location", "") else str(answer.status_code)
            transaction.set_rollback(True)
        if address.route == "healthz":
            status = "200"  # 503 where no worker and no clock run beside the tests
        found.setdefault(status, []).append(str(role) if role else "nobody" if address.is_staff or address.who == CLIENTS else "everybody")
    return found


def against_the_table(address, found: dict[str, list[str]]) -> list[str]:
    """Where an answer is none that `tests/addresses.py` knows: a post that may be here is let in, to the others the address is not there."""
    return [f"{who}: {status}" for status, people in found.items() for who in people if address.is_staff and who != "nobody"
            and (status not in LET_IN if who in address.who else status != "404")]  # fmt: skip


def test_every_address_answers_everybody_as_the_table_and_the_reviewed_list_say(client, things):
    lines, wrong, people = [], {}, {role: holder(things.cast, role) for role in Role}
    for address in ADDRESSES:
        for method in METHODS:
            found = answers(client, things, people, address, method) if method in address.methods.split() else {}
            told = "; ".join(f"{status} {', '.join(who)}" for status, who in sorted(found.items()))
            lines += [f"{method} {address}: {told}"] if told else []
            wrong |= {f"{method} {address}": strange} if (strange := against_the_table(address, found)) else {}
    assert wrong == {}
    if os.environ.get("WRITE_ACCESS"):
        LIST.write_text("\n".join(lines) + "\n")
    assert LIST.read_text().splitlines() == lines
    assert len(lines) >= len(ADDRESSES)
