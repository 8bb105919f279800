"""Who may? For programs: the answer of the page without names."""

import pytest

from enforcement.models import Recusal
from tests.api.conftest import KEY

QUESTION = {"zone": "131128101", "item": "HB-CF-001", "day": "2026-11-24", "acted_on": "2026-08-01"}


@pytest.fixture
def ask(client, api_client):
    return lambda **question: client.get("/api/authority/", question, headers={"Authorization": f"Key {KEY}"})


def test_a_program_learns_decider_subject_and_basis_and_no_name_of_an_officer(ask, cast):
    answer = ask(**QUESTION)
    assert answer.status_code == 200, answer.json()
    (power,) = answer.json()["powers"]
    assert (power["unit"], power["subject"]["name"], power["handed_down_since"]) == ("GC", "古城镇人民政府", "2016-06-01")
    assert power["basis"]["text"].startswith("《大气污染防治法》") and power["later_basis"]["text"].startswith("《生态环境法典》")
    assert power["qualified_officers"] > 0
    assert cast.officer.name not in answer.content.decode()


@pytest.mark.parametrize(("change", "field"), [
    ({"item": "X-1"}, "item"), ({"item": ""}, "category"), ({"zone": "999"}, "place"), ({"zone": ""}, "place"), ({"day": "soon"}, "day"),
    ({"acted_on": "2026-11-25"}, "acted_on"),
])  # fmt: skip
def test_a_bad_question_is_told_by_field(ask, change, field):
    answer = ask(**QUESTION | change)
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]


def test_a_program_reads_how_many_may_not_and_why_but_not_who_nor_what_relation_it_is(ask, cast):
    officer = cast.officers(centre="GC")[0]
    Recusal.objects.create(officer=officer, relation="home", zone="131128101", note="住在镇上", valid_from="2026-01-01")
    answer = ask(**QUESTION)
    (power,) = answer.json()["powers"]
    barred = {line["why_not"]: line["officers"] for line in power["other_officers"]}
    assert barred["需回避"] == 1 and all(count > 0 for count in barred.values())
    said = answer.content.decode()
    assert officer.name not in said and officer.badge not in said and "住在镇上" not in said and "居住" not in said
