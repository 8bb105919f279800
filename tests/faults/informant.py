"""An informant at the running site: he reports by every way, his matter goes through its loop, things break while he sends."""

import hashlib
import re
import threading
from datetime import timedelta

import httpx
import redis

from cases import forms, sealed
from cases.models import ApiClient, Report
from config.surfaces import BY_NAME, session_cookie
from demo import crew
from enforcement.models import Officer, User
from enforcement.roles import Role
from journal import clock
from tests.cast import session_of
from tests.faults.installation import Installation, private
from tests.faults.traffic import Traffic
from tests.informant import NAME, NUMBER, SEAT, gives_away, names_him, signed_photo

KEY, TOKEN = "the-informants-key", "a" * 32
SCRIPT = {"X-Requested-With": "fetch", "Accept": "application/json"}
CONTACT = {"contact_name": NAME, "contact_phone": "139-1234-5678"}


class Overheard:
    """Everything that anybody says to Redis: commands, tasks, pushes."""

    def __init__(self, site: Installation):
        self.redis, self.said = redis.Redis(unix_socket_path=str(site.services.redis_socket)), []

    def __enter__(self) -> list[str]:
        begun = threading.Event()
        self.thread = threading.Thread(target=self._listen, args=[begun], daemon=True)
        self.thread.start()
        assert begun.wait(10)
        return self.said

    def _listen(self, begun: threading.Event) -> None:
        with self.redis.monitor() as monitor:
            begun.set()
            for said in monitor.listen():
                if said["command"] == "ECHO that-is-all":
                    return
                self.said.append(said["command"])

    def __exit__(self, *_) -> None:
        self.redis.echo("that-is-all")
        self.thread.join(10)


class Informant:
    """`answers`: (who asked what, status, body) of everything that others than himself got."""

    def __init__(self, site: Installation):
        self.site = site
        self.himself = self._browser("public")
        self.answers: list[tuple[str, int, str]] = []
        ApiClient.objects.create(name="热线平台", key_hash=hashlib.sha256(KEY.encode()).hexdigest())

    def _browser(self, surface: str, user: User | None = None) -> httpx.Client:
        cookies = {f"csrf_{surface}": TOKEN} | ({session_cookie(BY_NAME[surface]): session_of(user, surface)} if user else {})
        return httpx.Client(base_url=self.site.origin, timeout=20, cookies=cookies, headers={"X-CSRFToken": TOKEN, "Origin": self.site.origin})

    # --- ways of reporting -----------------------------------------------------------------------
    def by_form(self, *, headers: dict | None = None, photo: bytes | None = None, **given) -> httpx.Response:
        """The public page's form, with a photo that is named after him."""
        page = self.himself.get("/report/")
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)) if page.status_code == 200 else {}
        with clock.at(clock.now() - timedelta(seconds=30)):
            hidden |= forms.fresh()
        files = {"files": (f"{NAME}{NUMBER}.jpg", photo or signed_photo(), "image/jpeg")}
        return self.himself.post("/report/", data={**hidden, **SEAT, **CONTACT, **given}, files=files, headers=headers)

    def by_telephone(self, desk: httpx.Client) -> httpx.Response:
        return desk.post("/command/report/", data={**SEAT, **forms.fresh(), **CONTACT, "channel": "hotline"})

    def by_program(self, once: str) -> httpx.Response:
        body = {**SEAT, "contact": {"name": NAME, "phone": NUMBER}}
        return self.himself.post("/api/reports/", json=body, headers={"Authorization": f"Key {KEY}", "Idempotency-Key": once})

    # --- what happens ----------------------------------------------------------------------------
    def report(self, traffic: Traffic) -> None:
        """By every way; the first matter goes through its loop and is opened again."""
        desk, leader = (self._browser("command", self._at("CG", role)) for role in (Role.DISPATCHER, Role.SHIFT_LEADER))
        code = re.fullmatch(r"/t/(\w+)/", self.by_form().headers["Location"])[1]
        self.case = Report.objects.get(tracking_hash=sealed.tracking_hash(code)).case
        self._told("the operator", self.by_telephone(desk), 200)
        self._told("the program", self.by_program("first"), 201)
        self._told("the operator", desk.post("/command/report/nearby/", data={"contact_phone": NUMBER}), 200)
        officer = self._send(desk, traffic)
        order = self.case.dispatches.get(officer=officer, is_lead=True)
        phone = self._browser("officer", officer.user)
        for verb, data in {"accept": {}, "arrive": {"reason": "无信号"}, "finish": {"outcome": "advised", "note": "已劝离"}}.items():
            uuid = f"00000000-0000-4000-8000-{order.pk:06d}{sum(verb.encode()):06d}"
            self._told("the officer", phone.post(f"/officer/dispatches/{order.pk}/{verb}/", data={"uuid": uuid, **data}, headers=SCRIPT), 200)
            self._told("the officer", phone.get("/officer/now/", headers=SCRIPT), 200)
        self._told("the leader", leader.post(f"/command/cases/{self.case.pk}/close/", data={"reply": "已处理。"}, headers=SCRIPT), 200)
        self._told("the leader", leader.get(f"/command/cases/{self.case.pk}/"), 200)
        assert self.himself.post(f"/t/{code}/answer/", data={"solved": "no", "words": "还在那里"}).status_code == 302
        self._told("his page", self.himself.get(f"/t/{code}/"), 200)

    def _at(self, centre: str, role: Role) -> User:
        return User.objects.filter(role=role, organisation__centre__code=centre).order_by("pk").first()

    def _send(self, desk: httpx.Client, traffic: Traffic) -> Officer:
        """One whose phone the simulated crew does not hold, where there is one."""
        page = desk.get(f"/command/cases/{self.case.pk}/")
        self._told("the dispatcher", page, 200)
        theirs = {phone["username"] for phone in traffic.run(crew.roster())[1]}
        could = [Officer.objects.select_related("user").get(pk=pk) for pk in re.findall(r'name="lead" value="(\d+)"', page.text)]
        for officer in sorted(could, key=lambda officer: officer.user.username in theirs):
            answer = desk.post(f"/command/cases/{self.case.pk}/send/", data={"lead": officer.pk}, headers=SCRIPT)
            if answer.status_code == 200:
                return officer
        raise AssertionError("nobody could be sent")

    def _told(self, who: str, answer: httpx.Response, status: int) -> None:
        self.answers.append((f"{who}: {answer.request.method} {answer.request.url.path}", answer.status_code, answer.text))
        assert answer.status_code == status, self.answers[-1]

    def mistakes(self) -> list[int]:
        """What he does wrong; the statuses."""
        where, none = self.himself, b"this is no photo"
        return [answer.status_code for answer in (
            self.by_form(photo=none), self.by_form(headers=SCRIPT, photo=none), self.by_form(contact_phone="12"),
            self.by_form(text="", lon="", lat="", place_words=f"{NAME}家门口"), self.by_program(NAME.encode().hex() * 9),
            where.get(f"/t/{NAME}/"), where.get(f"/api/reports/{NUMBER}/"), where.post("/t/", data={"code": NUMBER}),
            where.get("/report/places/", params={"q": NUMBER}), where.post("/api/reports/", content=f'{{"contact": "{NUMBER}', headers={
                "Authorization": f"Key {KEY}", "Content-Type": "application/json"}),
        )]  # fmt: skip

    def while_storing_him_fails(self) -> list[tuple[int, str]]:
        """(status, body) of each way while the database refuses his row and nobody else's: a fault that nobody foresaw."""
        broken = f"ADD CONSTRAINT broken CHECK (phone_index <> '{sealed.phone_index(NUMBER)}') NOT VALID"
        self.site.services.sql(private.DATABASE, f"ALTER TABLE cases_contact {broken}")
        try:
            desk = self._browser("command", self._at("CG", Role.CALL_TAKER))
            tried = self.by_form(), self.by_form(headers=SCRIPT), self.by_telephone(desk), self.by_program("broken")
        finally:
            self.site.services.sql(private.DATABASE, "ALTER TABLE cases_contact DROP CONSTRAINT broken")
        return [(answer.status_code, answer.text) for answer in tried]

    # --- the search ------------------------------------------------------------------------------
    def answers_that_name_him(self) -> list[str]:
        return [who for who, _status, text in self.answers if gives_away(text)]

    def said_to_redis(self) -> list[str]:
        """What Redis holds of him now."""
        store = redis.Redis(unix_socket_path=str(self.site.services.redis_socket))
        return [str(key) for key in store.keys("*") if names_him(key) or names_him(store.dump(key) or b"")]
