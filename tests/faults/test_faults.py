"""Whatever is killed, cut or full while reports come in and people work: nothing accepted is lost, and screens are right again."""

import asyncio
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid

import pytest
from django.core.management import call_command

from cases.models import Case, Photo, Report
from command.models import Dispatch, PhoneAction
from demo import filing, pictures, result
from enforcement.models import Officer
from journal import clock
from journal.models import Deadline
from tests import databases
from tests.cast import session_of
from tests.faults import truth
from tests.faults.conftest import LONG, REPORTS
from tests.faults.installation import NAMES, Refusal, backup
from tests.informant import files_that_name_him, gives_away, names_him, rows_that_name_him

DEAD_S = 20 if LONG else 3
pytestmark = pytest.mark.timeout(7200 if LONG else 300)


def test_an_informant_is_named_to_nobody_whatever_goes_wrong_with_his_report(site, traffic, informant):
    """He is looked for in all that is left when everything else has failed, too: the last test."""
    assert {"PUBLISH", "LPUSH", "INCRBY"} <= {said.split()[0] for said in informant.overheard}
    assert not [said for said in informant.overheard if names_him(said.encode())]
    assert len(informant.answers) > 10 and informant.answers_that_name_him() == []
    assert set(informant.mistakes()) == {200, 400, 404, 422}
    for status, body in informant.while_storing_him_fails():
        assert (status, gives_away(body)) == (500, False)
    assert "IntegrityError" in (site.logs / "web.log").read_text()
    assert "broken" in (site.logs / "postgres.log").read_text()


def test_redis_dead_and_back_empty(site, traffic):
    site.kill_and_hold("redis")
    began, before = time.monotonic(), len(traffic.answered)
    traffic.wait_for_more(3)
    time.sleep(max(0.0, DEAD_S - (time.monotonic() - began)))
    assert len(traffic.answered) - before >= 3, "reports go on without Redis"
    truth.screens_are_right(traffic)
    shutil.rmtree(site.services.redis_dir)
    site.services.redis_dir.mkdir()
    site.control("start", "redis")
    site.wait_well()
    truth.holds(traffic)


@pytest.mark.parametrize("name", ["worker", "clock", "sockets", "web"])
def test_a_process_killed(site, traffic, name):
    died = site.kill(name)
    site.wait_well()
    assert site.pid(name) != died
    traffic.wait_for_more(2)
    truth.holds(traffic)


def test_sockets_dead_for_a_while(site, traffic):
    site.kill_and_hold("sockets")
    traffic.wait_for_more(max(3, int(DEAD_S * traffic.per_second)))
    site.control("start", "platform:sockets")
    site.wait_well()
    truth.holds(traffic)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_postgresql_restarted(site, traffic, how):
    if how == "fast":
        site.control("restart", "postgres")
    else:
        site.kill("postgres", signal.SIGQUIT)
    site.wait_well()
    traffic.wait_for_more(2)
    truth.holds(traffic)


@pytest.mark.parametrize("name", ["postgres", "web"])
def test_while_nobody_serves_everybody_gets_a_sentence(site, traffic, informant, name):
    site.kill_and_hold(name) if name == "web" else site.control("stop", name)
    try:
        traffic.wait_for(lambda: not site.answers("/livez"))  # a killed master's workers serve for a moment longer
        for path, headers in (("/", {}), ("/", {"Accept-Language": "en"}), ("/command/login/", {}), ("/t/0123456789AB/", {})):
            answer = traffic.run(traffic.http.get(path, headers={"Accept": "text/html", **headers}))
            expected = "What was confirmed to you is kept" if "Accept-Language" in headers else "已经提示成功的内容均已保存"
            assert answer.status_code in (200, 503), path
            assert answer.status_code == 200 or (expected in answer.text and answer.headers["Retry-After"])
        answer = traffic.run(filing.file(traffic.http, traffic.key, {"text": "路口占道"}, once=f"without-{name}"))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert informant.by_form().status_code == informant.by_program("meanwhile").status_code == 503
    finally:
        site.control("start", f"platform:{name}" if name == "web" else name)
    site.wait_well()
    truth.holds(traffic)


def test_the_disk_of_the_photos_full(site, traffic):
    with site.full_disk():
        answer = traffic.run(traffic.post_photo(pictures.street(traffic.rng, "满")))
        assert (answer.status_code, answer.json()["code"]) == (503, "no_room")
        assert answer.headers["Retry-After"]
        traffic.wait_for_more(2)
        call_command("verify_journal", verbosity=0)
    assert not [file for file in site.services.media.rglob(".*") if file.is_file()], "half a file was left"
    assert traffic.run(traffic.send_photo(1)), "there is room again"
    truth.holds(traffic)
    assert not Photo.objects.filter(state=Photo.State.BROKEN).exists(), "a photo that waited for room is no broken one"


class CutPhone:
    """A phone whose network ends in the middle of a post."""

    def __init__(self, site, officer: Officer):
        self.site, self.uuid = site, str(uuid.uuid4())
        self.cookie, self.token = f"session_officer={session_of(officer.user, 'officer')}; csrf_officer={'a' * 32}", "a" * 32
        picture = pictures.street(random.Random(9), "现场")
        mark = "cut-here"
        fields = {"uuid": self.uuid, "phone_at": str(int(time.time() * 1000)), "kind": "report", "draft_key": "of-a-cut-phone"}
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
        self.body = b"".join(parts) + head + picture + f"\r\n--{mark}--\r\n".encode()
        self.head = (
            f"POST /officer/photos/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nCookie: {self.cookie}\r\nX-CSRFToken: {self.token}\r\n"
            f"X-Requested-With: fetch\r\nAccept: application/json\r\nOrigin: {site.origin}\r\nConnection: close\r\n"
            f"Content-Type: multipart/form-data; boundary={mark}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        ).encode()

    def post(self, *, share: float = 1.0, listen: bool = True) -> tuple[int, dict]:
        """Send so much of the body; (status, JSON) if it waits for the answer."""
        with socket.create_connection(("127.0.0.1", self.site.port), timeout=20) as line:
            line.sendall(self.head + self.body[: int(len(self.body) * share)])
            if not listen:
                return 0, {}
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        top, _, text = answer.partition(b"\r\n\r\n")
        return int(top.split()[1]), json.loads(text[text.index(b"{") : text.rindex(b"}") + 1])


def test_an_upload_cut_in_the_middle_and_one_whose_answer_is_lost(site, traffic):
    phone = CutPhone(site, Officer.objects.filter(is_helper=False, organisation__centre__code="CG").order_by("pk").first())
    phone.post(share=0.5, listen=False)
    assert not PhoneAction.objects.filter(uuid=phone.uuid).exists()
    phone.post(listen=False)
    status, first = phone.post()
    assert (status, phone.post()) == (200, (200, first))
    assert PhoneAction.objects.filter(uuid=phone.uuid).count() == 1
    assert Photo.objects.filter(taken_by__isnull=False, kind="report").count() == 1
    truth.holds(traffic)


def test_two_web_processes_take_the_same_report_once(site, traffic):
    report = {"text": "两处同时提交的一件举报", "category": "TIP-01", "lon": 116.1565, "lat": 37.8687}

    async def at_once():
        return await asyncio.gather(*(filing.file(traffic.http, traffic.key, report, once="twins") for _ in range(8)))

    answers = traffic.run(at_once())
    traffic.filed += 1
    traffic.answered["twins"] = 201, answers[0].json()
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["code"] for answer in answers}) == 1
    assert Report.objects.filter(idempotency_key=f"client.{traffic.client.pk}:twins").count() == 1
    truth.holds(traffic)


def test_of_two_clocks_the_second_takes_over(site, traffic):
    """Orders that nobody accepts lapse at either, each once: a second lapse would be refused by the table of moves and logged."""
    logs = [site.logs / f"{name}.log" for name in ("clock", "standby")]
    said_before = [len(log.read_text()) for log in logs]
    for name in ("clock", "standby"):
        site.kill_and_hold(name)
        lapsed = Dispatch.objects.filter(state="expired").count()
        traffic.wait_for(lambda lapsed=lapsed: Dispatch.objects.filter(state="expired").count() > lapsed or late_orders() == 0, 20)
        site.control("start", f"platform:{name}")
    site.wait_well()
    assert not [log.name for log, length in zip(logs, said_before, strict=True) if "failed at" in log.read_text()[length:]]
    truth.holds(traffic)


def late_orders() -> int:
    return Deadline.objects.filter(due_at__lt=clock.now(), fired_at=None, cancelled_at=None).count()


def test_a_backup_made_meanwhile_brings_the_county_back(site, traffic, tmp_path):
    """As the owning role, which is no superuser here, into a database as config/deploy/roles.sh makes it."""
    traffic.wait_for(lambda: Photo.objects.filter(state="ready", report__isnull=False).exists())
    folder, keys, answered = tmp_path / "backup", tmp_path / "keys", len(traffic.answered)
    backup.save(backup.Installation(site.env), folder, keys)
    site.services.sql("postgres", "DROP DATABASE IF EXISTS restored WITH (FORCE)")
    site.services.sql("postgres", "CREATE DATABASE restored OWNER owner TEMPLATE template1")
    urls = {name: databases.url_for(site.env[name], "restored") for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    other = backup.Installation(site.env | urls | {"MEDIA_ROOT": str(tmp_path / "media"), "KEYS_DIR": str(tmp_path / "live-keys")})
    backup.fill(other, folder, keys)
    done = subprocess.run([sys.executable, "-m", "tests.faults.afterwards"], env=other.env, cwd=databases.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["reports"][0] >= answered and found["reports"][1] == found["reports"][0] + 1
    assert (found["case"], found["picture"], found["original"], found["may_rewrite"]) == ("received", "ffd8ff", True, False)
    assert found["phone"].startswith("100")
    assert files_that_name_him(folder) == []
    dump = subprocess.run(["pg_restore", "-f", "-", folder / backup.DUMP], capture_output=True, check=True).stdout
    assert b"COPY public.cases_contact" in dump and not names_him(dump)
    with pytest.raises(Refusal, match="the database has tables"):
        backup.fill(backup.Installation(other.env | {"MEDIA_ROOT": str(tmp_path / "none"), "KEYS_DIR": str(tmp_path / "none")}), folder, keys)
    truth.holds(traffic)


def test_in_the_end_the_table_adds_up(site, traffic):
    while len(traffic.answered) < REPORTS:
        traffic.wait_for_more(10)
    traffic.stop_filing()
    truth.holds(traffic)
    found = result.result(traffic.client, read=traffic.filed, answered=len(traffic.answered), rejected=traffic.refused, speed=1)
    print("\n".join(result.table(found)), traffic.counts(), sep="\n")  # for `script/test faults -s`
    assert found.problems == []
    assert Case.objects.filter(state="closed").exists(), "the crew has brought matters to their end meanwhile"


def test_after_all_this_the_informant_is_named_nowhere(site, traffic, informant, capsys):
    for command in ("verify_journal", "seal_journal"):
        call_command(command, verbosity=3)
    assert not gives_away(capsys.readouterr().out)
    assert rows_that_name_him() == []
    assert informant.said_to_redis() == []
    written = [site.logs, site.run, site.services.redis_dir, site.services.media]
    assert {file.name for file in site.logs.iterdir()} >= {f"{name}.log" for name in (*NAMES, "postgres", "redis", "access", "nginx-error")}
    assert [name for folder in written for name in files_that_name_him(folder)] == []
