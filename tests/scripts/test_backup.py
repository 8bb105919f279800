"""What a backup or a restore refuses, in one sentence and before anything is touched."""

import hashlib
import json
import os

import pytest

from tests.scripts.conftest import ROOT  # noqa: F401  makes the start scripts' modules known


@pytest.fixture
def backup():
    import backup

    return backup


@pytest.fixture
def saved(backup, tmp_path):
    """(folder, keys) of a small backup that is whole, and an empty place for it."""
    folder, keys = tmp_path / "saved", tmp_path / "keys"
    (folder / "media" / "sealed").mkdir(parents=True)
    keys.mkdir()
    (keys / "tracking.key").write_text("ab" * 32)
    (folder / "media" / "sealed" / "a").write_bytes(b"photo")
    (folder / "database.dump").write_bytes(b"dump")
    (folder / "media.sha256").write_text(f"{hashlib.sha256(b'photo').hexdigest()}  media/sealed/a\n")
    manifest = {
        "format": 1, "environment": "test", "migrations": ["cases.0001_initial"], "roles": {"owner": "owner", "serving": "app"}, "counts": {},
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("database.dump", "media.sha256")},
        "keys": {"tracking.key": backup._fingerprint(keys / "tracking.key")}, "withdrawn_drafts": [],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder, keys


@pytest.fixture
def place(backup, tmp_path):
    """This run's database, which is not empty, and folders that are."""
    return backup.Installation(dict(os.environ) | {"MEDIA_ROOT": str(tmp_path / "media"), "KEYS_DIR": str(tmp_path / "live")})


def refusal(call, *arguments) -> str:
    from say import Refusal

    with pytest.raises(Refusal) as refused:
        call(*arguments)
    return str(refused.value)


@pytest.mark.parametrize("where", ["", "/keys", "/.."])
def test_keys_beside_what_they_open(backup, tmp_path, where):
    assert "would lie with what they open" in refusal(backup._options, "backup", [f"{tmp_path}/b", "--keys", f"{tmp_path}/b{where}"])


def test_no_word_about_the_keys(backup, tmp_path):
    assert "--keys FOLDER" in refusal(backup._options, "backup", [str(tmp_path)])


def test_a_folder_that_is_not_empty(backup, place, saved):
    assert refusal(backup.save, place, *saved).endswith("is not empty.")


def test_keys_where_the_platform_keeps_them(backup, place, tmp_path):
    assert "a copy there saves nothing" in refusal(backup.save, place, tmp_path / "new", place.keys)


def test_a_key_that_is_missing_or_another(backup, place, saved):
    key = saved[1] / "tracking.key"
    key.write_text("cd" * 32)
    assert "is not the key that belongs" in refusal(backup.fill, place, *saved)
    key.unlink()
    assert "lacks tracking.key" in refusal(backup.fill, place, *saved)


@pytest.mark.parametrize("name", ["database.dump", "media.sha256", "media/sealed/a"])
def test_a_file_that_is_damaged_or_missing(backup, place, saved, name):
    (saved[0] / name).write_bytes(b"")
    assert f"damaged: {name} is not what was saved" in refusal(backup.fill, place, *saved)
    (saved[0] / name).unlink()
    assert f"damaged: {name} is missing" in refusal(backup.fill, place, *saved)


def test_half_a_backup(backup, place, saved):
    (saved[0] / "manifest.json").unlink()
    assert "is not a whole backup" in refusal(backup.fill, place, *saved)


def test_a_backup_of_a_newer_version(backup, place, saved):
    path = saved[0] / "manifest.json"
    path.write_text(path.read_text().replace("cases.0001_initial", "cases.9999_later"))
    assert "cases.9999_later is unknown here" in refusal(backup.fill, place, *saved)
