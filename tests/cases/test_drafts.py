"""Drafts survive everything but belong to one form."""

import uuid

import pytest
from kombu.exceptions import OperationalError

from cases import drafts, ratelimit, tasks
from cases.models import Photo
from journal.refused import BadInput, Refused
from tests.cast import photo_file


def store(key: str = "one", **given) -> Photo:
    return drafts.store_draft(photo_file(), draft_key=key, **given)


def test_a_form_has_at_most_six(db):
    for _ in range(6):
        store()
    with pytest.raises(BadInput) as refused:
        store()
    assert refused.value.code == "too_many_photos"
    assert store("another form").state == "stored"


def test_a_full_disk_refuses_the_publics_photos_and_keeps_the_officers(cast, settings):
    store()
    settings.MEDIA_KEEP_FREE_BYTES = 1 << 60
    with pytest.raises(Refused) as refused:
        store("a citizen")
    assert refused.value.code == "no_room"
    assert store("an order", by=cast.officer.user).state == "stored"


def test_a_refused_form_finds_its_drafts_again_in_order(db):
    first, second = store(), store()
    store("two")
    assert drafts.of("one") == [first, second]
    assert drafts.of("") == []


def test_the_secret_itself_is_not_stored(db):
    assert store("my secret").draft_key != "my secret"


def test_only_the_form_can_take_a_draft_away(db):
    photo = store()
    drafts.remove(photo.pk, draft_key="two")
    assert Photo.objects.filter(pk=photo.pk).exists()
    drafts.remove(photo.pk, draft_key="one")
    assert not Photo.objects.filter(pk=photo.pk).exists()


def test_the_preview_opens_only_with_its_key_and_only_while_a_draft(cast, case_at):
    photo = store()
    key = drafts.preview_key(photo)
    assert drafts.find(photo.pk, key) == photo
    assert drafts.find(photo.pk, "") is None
    assert drafts.find(store().pk, key) is None
    case_at.report(photo_ids=[photo.pk], draft_key="one")
    assert drafts.find(photo.pk, key) is None


@pytest.mark.parametrize("what", ["another form's", "already sent", "never stored", "unreadable"])
def test_what_is_not_this_forms_draft_is_not_attached(cast, case_at, what):
    photo = store("two" if what == "another form's" else "one")
    if what == "already sent":
        case_at.report(photo_ids=[photo.pk], draft_key="one")
    if what == "unreadable":
        Photo.objects.update(state="broken")
    wanted = uuid.uuid4() if what == "never stored" else photo.pk
    with pytest.raises(BadInput) as refused:
        drafts.attach([wanted], draft_key="one", case=case_at("received"))
    assert refused.value.code == "photo_gone"


def test_without_a_key_nothing_is_stored(db):
    with pytest.raises(BadInput):
        store("")


def test_a_dead_queue_does_not_lose_the_photo(db, monkeypatch):
    def dead(*args):
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.prepare_photo, "delay_on_commit", dead)
    monkeypatch.setattr(ratelimit, "_redis_dead_until", 0.0)
    assert Photo.objects.get(pk=store().pk).state == "stored"
