"""The lease: one machine at a time, however the one before ended."""

import errno
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration import lease, mirror, object_storage, storage
from orchestration.lock import BusyError, one_at_a_time
from orchestration.object_storage import LostRaceError, ObjectStorage
from orchestration.release import publish
from orchestration.settings import Settings, load_settings
from tests.buckets import Bucket
from tests.unit.release.small import number_id, publish_number

pytestmark = pytest.mark.xdist_group("buckets")


@pytest.fixture
def data(bucket: Bucket) -> str:
    return bucket.data.removeprefix("s3://")


def machine(tmp_path: Path, bucket: Bucket, name: str) -> Settings:
    return load_settings(data=bucket.data, local=tmp_path / name)


def test_two_machines_do_not_load_at_once(tmp_path: Path, bucket: Bucket) -> None:
    one, other = machine(tmp_path, bucket, "one"), machine(tmp_path, bucket, "other")
    told = r"hasila load \(process 1\), since .*, on "
    with (
        one_at_a_time(one, "hasila load (process 1)"),
        pytest.raises(BusyError, match=told),
        one_at_a_time(other, "hasila load (process 2)"),
    ):
        pass
    with one_at_a_time(other, "hasila load (process 2)"):
        pass
    assert bucket.objects() == {}


def test_whoever_takes_the_lock_has_the_lake_as_the_last_one_left_it(
    tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = machine(tmp_path, bucket, "one")
    listings: list[str] = []
    entries = ObjectStorage.entries

    def listing(self: ObjectStorage, folder: str) -> object:
        listings.append(folder)
        return entries(self, folder)

    monkeypatch.setattr(ObjectStorage, "entries", listing)
    with one_at_a_time(one, "the first"):
        assert len(listings) == 1
    bucket.write("lake/days/received=2024-01-01.json", b"{}")
    assert not (one.lake / "days").exists()
    with one_at_a_time(one, "the second"):
        assert (one.lake / "days" / "received=2024-01-01.json").read_text() == "{}"
    assert len(listings) == 2


def test_a_lease_that_this_machine_left_behind_is_void(tmp_path: Path, bucket: Bucket, data: str) -> None:
    left = lease._Lease(data, lease._machine(tmp_path), "killed")
    assert left.take() is None
    with lease.held(data, tmp_path, "the next one", 0):
        lease.check()


def test_a_lease_of_a_machine_that_died_is_void_after_a_while(
    tmp_path: Path, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = lease._Lease(data, "elsewhere-1", "a machine that died")
    assert left.take() is None
    told = "a machine that died, on elsewhere"
    with pytest.raises(lease.LeaseTakenError, match=told), lease.held(data, tmp_path, "the next one", 0):
        pass
    monkeypatch.setattr(lease, "SECONDS", -1.0)
    with lease.held(data, tmp_path, "the next one", 0):
        monkeypatch.undo()


def test_of_two_that_find_a_void_lease_one_gets_it(tmp_path: Path, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lease._Lease(data, "dead-1", "dead").take() is None
    monkeypatch.setattr(lease, "SECONDS", -1.0)
    one, other = lease._Lease(data, "one-1", "one"), lease._Lease(data, "other-1", "other")
    age = ObjectStorage.age
    raced = []

    def looked(self: ObjectStorage, path: str) -> object:
        found = age(self, path)
        if not raced:
            raced.append(path)
            # The other one looks and takes it while the first one thinks.
            assert other.take() is None
        return found

    monkeypatch.setattr(ObjectStorage, "age", looked)
    assert one.take() == "another machine, that was faster"


def test_a_machine_that_lost_its_lease_changes_nothing_more(
    tmp_path: Path, bucket: Bucket, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machine(tmp_path, bucket, "one"), machine(tmp_path, bucket, "other")
    with one_at_a_time(one, "one that stalls"):
        mine, lake, archive, published = lease._held[0], one.lake, one.archive, one.published
        assert not isinstance(published, Path)
        storage.write_text(lake / "receipts" / "day", "of one")
        storage.write_text(archive / "first", "first")
        large = publish.releases_folder(published) / "large"
        folder = publish_number(published, 0)
        large.mkdir()
        for name in ("manifest.json", "warehouse.duckdb"):
            (large / name).write_bytes(b"x" * 20)
        # It stalls until its lease has run out here, and by the storage's clock.
        mine._renewed = (time.time() - lease.SECONDS, time.monotonic() - lease.SECONDS)
        theirs = lease._Lease(data, "other-1", "other")
        with monkeypatch.context() as later:
            later.setattr(lease, "SECONDS", -1.0)
            assert theirs.take() is None
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(lease, "_held", [theirs])
            storage.write_text(other.lake / "receipts" / "day", "of other")
            publish_number(other.published, 1)
            # What it uploads at this moment has no manifest yet.
            bucket.write("published/releases/half/warehouse.duckdb", b"half")
        before = bucket.objects()
        acts: list[Callable[[], object]] = [
            lambda: storage.write_text(lake / "receipts" / "day", "of one, again"),
            lambda: (lake / "receipts" / "day").unlink(),
            lambda: storage.write_text(archive / "second", "second"),
            lambda: (archive / "first").unlink(),
            lambda: published.upload(folder),
            lambda: published.switch(number_id(0)),
            lambda: published.write_text("rollbacks.json", "[]"),
            lambda: published.remove(number_id(1)),
            lambda: publish.clear_unfinished(published),
            lambda: publish_number(published, 2),
        ]
        for act in acts:
            with pytest.raises(lease.LeaseLostError, match="another machine may be loading"):
                act()
        monkeypatch.setattr(object_storage, "_PART", 10)
        with pytest.raises(lease.LeaseLostError):
            published.upload(large)
        assert bucket.objects() == before
        # It reads what the other one wrote.
        assert published.current_id() == number_id(1)
        mirror.refresh(lake)
        assert (lake / "receipts" / "day").read_text(encoding="utf-8") == "of other"
    # Its end does not take away what is another one's.
    assert bucket.objects() == before


@pytest.mark.parametrize("passed", [(0.8, 0.8), (0.8, 0.0), (0.0, 0.8), (-30.0, 0.8), (0.8, -30.0)])
def test_a_lease_is_trusted_no_longer_than_both_clocks_say(
    passed: tuple[float, float], tmp_path: Path, data: str
) -> None:
    with lease.held(data, tmp_path, "slow", 0):
        (mine,) = lease._held
        left = lease.check()
        assert left is not None
        assert 0 < left < lease.SECONDS
        now = (time.time(), time.monotonic())
        mine._renewed = (now[0] - passed[0] * lease.SECONDS, now[1] - passed[1] * lease.SECONDS)
        with pytest.raises(lease.LeaseLostError):
            lease.check()
        mine._renewed = now
    assert lease.check() is None


def test_a_renewal_that_was_stored_and_never_answered_loses_nothing(
    data: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = lease._Lease(data, "one-1", "one")
    assert mine.take() is None
    write = ObjectStorage.write

    def unanswered(self: ObjectStorage, path: str, content: bytes, **condition: str) -> str:
        write(self, path, content, **condition)
        raise OSError(errno.ETIMEDOUT, "the storage did not answer")

    with monkeypatch.context() as slow:
        slow.setattr(ObjectStorage, "write", unanswered)
        with pytest.raises(OSError, match="did not answer"):
            mine._write(replaces=mine._etag)
    stored, renewed = bucket.read("load.lease"), mine._renewed
    mine._write(replaces=mine._etag)
    assert bucket.read("load.lease") != stored
    assert mine._renewed > renewed
    mine._write(replaces=mine._etag)
    # Of the same machine and name, but another one's.
    assert lease._Lease(data, "one-1", "one").take() is None
    with pytest.raises(LostRaceError):
        mine._write(replaces=mine._etag)


def test_who_lost_the_lease_publishes_nothing(tmp_path: Path, data: str) -> None:
    with lease.held(data, tmp_path, "slow", 0):
        (mine,) = lease._held
        ObjectStorage().write(f"{data}/load.lease", b'{"machine": "other-1", "holder": "other"}')
        mine._is_lost = True
        with pytest.raises(lease.LeaseLostError, match="another machine may be loading"):
            lease.check()
    # What is another one's is not taken away.
    assert b"other" in ObjectStorage().read(f"{data}/load.lease")[0]


def test_a_lease_is_renewed_while_it_is_held(tmp_path: Path, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SECONDS", 0.2)
    first = None
    with lease.held(data, tmp_path, "patient", 0):
        first = ObjectStorage().read(f"{data}/load.lease")[0]
        (mine,) = lease._held
        before = mine._renewed
        while mine._renewed == before:
            pass
        assert ObjectStorage().read(f"{data}/load.lease")[0] != first


def test_a_renewal_that_meets_another_holder_is_lost(
    tmp_path: Path, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SECONDS", 0.2)
    with lease.held(data, tmp_path, "slow", 0):
        (mine,) = lease._held
        ObjectStorage().write(f"{data}/load.lease", b"{}")
        while not mine._is_lost:
            pass
        with pytest.raises(lease.LeaseLostError):
            lease.check()
