"""Keys, contacts, tracking codes."""

import json
import stat

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from cases import keys, sealed
from cases.models import Contact, Report
from journal.models import Entry
from journal.refused import Refused

CONTACT = {"name": "张小三", "phone": "138 0000 1234"}


@pytest.fixture
def own_keys(settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    keys._newest.cache_clear()
    keys._read.cache_clear()
    return settings.KEYS_DIR


def test_keys_are_made_on_first_use_each_in_a_file_only_its_owner_reads(own_keys):
    sealed.seal(b"x", about="a")
    sealed.phone_index("13800001234")
    sealed.tracking_hash(sealed.new_code())
    assert sorted(path.name for path in own_keys.iterdir()) == ["blind-index.key", "encryption-0001.key", "tracking.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in own_keys.iterdir()} == {0o600}
    assert len({path.read_text() for path in own_keys.iterdir()}) == 3


def test_production_never_makes_keys_by_itself(own_keys, settings):
    settings.ENVIRONMENT = "production"
    for use in (lambda: sealed.seal(b"x", about="a"), lambda: sealed.phone_index("1"), lambda: sealed.new_code("seed")):
        with pytest.raises(ImproperlyConfigured, match="create_keys"):
            use()
    call_command("create_keys")
    assert sealed.unseal(sealed.seal(b"x", about="a"), about="a") == b"x"


def test_after_rotation_the_new_key_seals_and_the_old_one_still_opens(own_keys):
    old = sealed.seal("旧".encode(), about="contact:1")
    call_command("create_keys", "--rotate")
    keys._newest.cache_clear()  # the restart
    new = sealed.seal("新".encode(), about="contact:2")
    assert (old.key_id, new.key_id) == ("0001", "0002")
    assert sealed.unseal(old, about="contact:1").decode() == "旧"


@pytest.mark.parametrize(
    ("harm", "code"), [("moved", "changed"), ("changed", "changed"), ("key lost", "key_missing"), ("other algorithm", "key_missing")]
)
def test_what_was_moved_or_changed_does_not_open(own_keys, harm, code):
    box = sealed.seal(b"secret", about="contact:1")
    about = "contact:2" if harm == "moved" else "contact:1"
    data = bytes([*box.data[:-1], box.data[-1] ^ 1]) if harm == "changed" else box.data
    box = sealed.Sealed("0009" if harm == "key lost" else box.key_id, "ROT13" if harm == "other algorithm" else box.algorithm, data)
    with pytest.raises(Refused) as refused:
        sealed.unseal(box, about=about)
    assert refused.value.code == code
    assert "secret" not in str(refused.value)


def test_the_same_caller_has_the_same_index_however_typed():
    index = sealed.phone_index("13800001234")
    assert {sealed.phone_index(typed) for typed in ("+86 138-0000-1234", "0086 13800001234", "１３８００００１２３４")} == {index}
    assert sealed.phone_index("13800001235") != index
    assert sealed.phone_index("") == ""


def test_a_contact_is_stored_only_as_ciphertext(case_at):
    received = case_at.report(contact=CONTACT)
    row = Contact.objects.get(report=received.report)
    assert "张小三".encode() not in bytes(row.sealed)
    everything = json.dumps(list(Entry.objects.filter(thread=received.case.thread).values("data", "by_label")), ensure_ascii=False)
    assert "张小三" not in everything
    assert "1234" not in everything


def test_reading_a_contact_leaves_a_journal_entry_with_the_reason(cast, case_at):
    report = case_at.report(contact=CONTACT).report
    assert sealed.read_contact(report, by=cast.dispatcher, reason="核实 现场位置") == CONTACT
    entry = Entry.objects.get(thread=f"case:{report.case_id}", verb="contact_read")
    assert (entry.data, entry.by_id, entry.subject) == ({"reason": "核实 现场位置"}, str(cast.dispatcher.pk), f"report:{report.pk}")


def test_no_reason_no_contact(cast, case_at):
    report = case_at.report(contact=CONTACT).report
    with pytest.raises(Refused) as refused:
        sealed.read_contact(report, by=cast.dispatcher, reason="  ")
    assert refused.value.code == "missing"
    assert not Entry.objects.filter(verb="contact_read").exists()


@pytest.mark.parametrize("who", ["officer", "helper", "display", "supervisor", "dispatcher_elsewhere", "county_dispatcher"])
def test_who_does_not_work_the_case_never_sees_the_informant(cast, case_at, who):
    report = case_at.report(contact=CONTACT).report
    person = getattr(cast, who)
    with pytest.raises(Refused) as refused:
        sealed.read_contact(report, by=getattr(person, "user", person), reason="核实")
    assert refused.value.code == "not_allowed"


@pytest.mark.parametrize("who", ["dispatcher", "call_taker", "leader", "deputy"])
def test_the_centre_of_the_case_may(cast, case_at, who):
    assert sealed.may_read_contact(case_at.report(contact=CONTACT).report, getattr(cast, who))


def test_an_anonymous_report_says_so(cast, case_at):
    with pytest.raises(Refused) as refused:
        sealed.read_contact(case_at.report().report, by=cast.leader, reason="核实")
    assert refused.value.code == "anonymous"


def test_a_tracking_code_is_read_as_people_write_it():
    code = sealed.new_code()
    written = sealed.shown_code(code).lower().replace("0", "o").replace("1", "l")
    assert sealed.parse_code(f" {written} ") == code
    assert sealed.tracking_hash(written) == sealed.tracking_hash(code)


def test_every_single_wrong_character_of_a_code_is_noticed():
    code = sealed.new_code("seed")
    for place, right in enumerate(code):
        for wrong in set(sealed.ALPHABET) - {right}:
            with pytest.raises(Refused):
                sealed.parse_code(code[:place] + wrong + code[place + 1 :])


def test_codes_from_a_seed_repeat_and_others_do_not():
    assert sealed.new_code("a") == sealed.new_code("a") != sealed.new_code("b")
    assert len({sealed.new_code() for _ in range(200)}) == 200


def test_only_the_hash_of_a_code_is_stored(case_at):
    received = case_at.report()
    assert Report.objects.get(tracking_hash=sealed.tracking_hash(received.code)) == received.report
    stored = " ".join(str(value) for value in Report.objects.filter(pk=received.report.pk).values_list().get())
    assert received.code not in stored
