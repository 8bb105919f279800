"""While the database is away people get a sentence, programs JSON; a fault of ours stays a fault."""

import pytest
from django.db import DatabaseError, DataError, InterfaceError, OperationalError

from config import views


@pytest.fixture
def failing(client, monkeypatch):
    """`failing(error)`: a client of a site on which /livez and the sign-in meet this error."""

    def raises(error):
        def meet(*args, **kwargs):
            raise ValueError("inside") from error

        monkeypatch.setattr(views.health, "database", meet)
        monkeypatch.setattr(views.ratelimit, "check_public", meet)
        client.raise_request_exception = False
        return client

    return raises


@pytest.mark.parametrize("error", [OperationalError("restarting"), InterfaceError("closed"), DatabaseError("server closed the connection")])
def test_a_database_that_is_away_is_said_with_503(failing, error):
    answer = failing(error).get("/livez")
    assert answer.status_code == 503 and answer["Retry-After"] == "5"
    assert "已经提示成功的内容均已保存" in answer.content.decode()


def test_a_page_opens_by_itself_later_and_what_was_typed_is_sent_again_by_a_reload(failing):
    client = failing(OperationalError("restarting"))
    assert client.get("/livez")["Refresh"] == "15"
    sent = client.post("/command/login/", headers={"Accept-Language": "en"})
    assert "reload this page, which sends it again as you typed it" in sent.content.decode() and "Refresh" not in sent.headers


def test_programs_and_scripts_get_json(failing):
    answer = failing(OperationalError("restarting")).get("/livez", headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "系统暂时无法读写数据" in answer.json()["detail"]


@pytest.mark.parametrize("error", [DataError("too long"), KeyError("x")])
def test_a_fault_of_ours_is_no_excuse(failing, error):
    assert failing(error).get("/livez").status_code == 500
