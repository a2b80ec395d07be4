"""The lake's copy: never staler than the storage, and paid for by what is new."""

import os
import sqlite3
from pathlib import Path

import pytest
from upath import UPath

from orchestration import lease, mirror, storage
from orchestration.object_storage import ObjectStorage
from tests.buckets import Bucket

pytestmark = pytest.mark.xdist_group("buckets")


@pytest.fixture
def lake(bucket: Bucket, tmp_path: Path) -> UPath:
    return mirror.mirrored(UPath(f"{bucket.data}/lake"), tmp_path / "copies" / "lake")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objects that were fetched."""
    found: list[str] = []
    read = ObjectStorage.read

    def reading(self: ObjectStorage, path: str) -> tuple[bytes, str]:
        found.append(path.split("/lake/")[1])
        return read(self, path)

    monkeypatch.setattr(ObjectStorage, "read", reading)
    return found


def contents(lake: UPath) -> dict[str, bytes]:
    """What a reader of files finds."""
    root = storage.on_this_machine(lake)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_is_written_is_in_the_storage_and_in_the_copy(lake: UPath, bucket: Bucket) -> None:
    storage.write_text(lake / "days" / "received=2024-01-01.json", "{}")
    assert bucket.objects() == {"lake/days/received=2024-01-01.json": b"{}"}
    assert contents(lake) == {"days/received=2024-01-01.json": b"{}"}
    assert [path.name for path in (lake / "days").iterdir()] == ["received=2024-01-01.json"]
    assert (lake / "days" / "received=2024-01-01.json").read_text(encoding="utf-8") == "{}"
    assert storage.read_bytes(lake / "days" / "received=2024-01-01.json") == b"{}"
    (lake / "days" / "received=2024-01-01.json").unlink()
    assert bucket.objects() == {}
    assert contents(lake) == {}
    (lake / "days" / "received=2024-01-01.json").unlink(missing_ok=True)


def test_what_another_machine_did_is_seen_after_a_refresh(lake: UPath, bucket: Bucket, fetched: list[str]) -> None:
    for name in ("one", "two", "three"):
        storage.write_text(lake / "days" / name, name)
    bucket.write("lake/days/two", b"TWO")  # of the same size
    bucket.write("lake/receipts/four", b"four")
    bucket.remove("lake/days/three")
    mirror.refresh(lake)
    assert contents(lake) == {"days/one": b"one", "days/two": b"TWO", "receipts/four": b"four"}
    assert sorted(fetched) == ["days/two", "receipts/four"]
    fetched.clear()
    mirror.refresh(lake)
    assert fetched == []


def test_a_process_that_lives_on_sees_what_is_new_unless_it_keeps_others_out(
    lake: UPath, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, copy = UPath(f"{bucket.data}/lake"), storage.on_this_machine(lake)
    bucket.write("lake/days/one", b"one")
    assert contents(mirror.mirrored(origin, copy)) == {}
    monkeypatch.setattr(mirror, "GOOD_FOR_SECONDS", -1.0)
    with lease.held(bucket.data.removeprefix("s3://"), tmp_path, "a load", 0):
        assert contents(mirror.mirrored(origin, copy)) == {}
    assert contents(mirror.mirrored(origin, copy)) == {"days/one": b"one"}


def test_a_copy_that_was_harmed_is_fetched_again(lake: UPath, bucket: Bucket, fetched: list[str]) -> None:
    for name in ("one", "two", "three"):
        storage.write_text(lake / name, name)
    copy = storage.on_this_machine(lake)
    (copy / "one").unlink()
    (copy / "two").write_text("owt")
    os.utime(copy / "two", ns=(1, 1))
    (copy / "stray").write_text("from elsewhere")
    mirror.refresh(lake)
    assert contents(lake) == {name: name.encode() for name in ("one", "two", "three")}
    assert sorted(fetched) == ["one", "two"]


@pytest.mark.parametrize("harm", ["garbage", "other make", "gone"])
def test_an_index_that_is_of_no_use_is_made_anew(lake: UPath, bucket: Bucket, harm: str, fetched: list[str]) -> None:
    storage.write_text(lake / "one", "one")
    index = storage.on_this_machine(lake).with_name("index.db")
    if harm == "garbage":
        index.write_bytes(b"no database at all, and longer than a page's header" * 10)
    elif harm == "gone":
        index.unlink()
    else:
        with sqlite3.connect(index) as connection:
            connection.execute("pragma user_version = 7")
    mirror.refresh(lake)
    assert contents(lake) == {"one": b"one"}
    assert fetched == ["one"]


def test_a_write_that_died_between_storage_and_copy_is_made_good(lake: UPath, bucket: Bucket) -> None:
    storage.write_text(lake / "days" / "one", "old")
    # In the storage, but neither in the copy nor in its index.
    bucket.write("lake/days/one", b"new")
    (storage.on_this_machine(lake) / "days" / ".writing-1-ab").write_text("half")
    mirror.refresh(lake)
    assert contents(lake) == {"days/one": b"new"}


def test_what_cannot_be_written_there_is_not_in_the_copy(
    lake: UPath, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.write_text(lake / "one", "old")

    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "no")

    monkeypatch.setattr(ObjectStorage, "write", refused)
    with pytest.raises(PermissionError):
        storage.write_text(lake / "one", "new")
    assert contents(lake) == {"one": b"old"}


def test_a_bucket_that_vanished_leaves_the_copy_as_it_is(lake: UPath, bucket: Bucket) -> None:
    storage.write_text(lake / "one", "one")
    bucket.remove("lake/one")
    bucket.service.client().delete_bucket(Bucket=bucket.name)
    with pytest.raises(OSError, match="there is no such bucket"):
        mirror.refresh(lake)
    assert contents(lake) == {"one": b"one"}


def test_a_file_is_linked_out_of_the_copy_and_stays_as_it_was(lake: UPath, tmp_path: Path) -> None:
    storage.write_text(lake / "one", "old")
    storage.link(lake / "one", tmp_path / "own" / "one")
    storage.write_text(lake / "one", "new")
    assert (tmp_path / "own" / "one").read_text() == "old"


def test_files_are_written_whole_or_not_at_all(lake: UPath) -> None:
    with pytest.raises(OSError, match="written whole"):
        (lake / "one").open("wb")
