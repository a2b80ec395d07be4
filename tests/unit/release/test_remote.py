"""Releases in object storage: shown by the pointer alone, fetched once, and held against the manifest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

import hasila
from orchestration import lease
from orchestration.object_storage import ObjectStorage
from orchestration.release import access, publish, remote, rollback
from orchestration.release.remote import RemoteReleases
from tests.buckets import Bucket
from tests.unit.release.small import MADE, number_id, publish_number, writer

pytestmark = pytest.mark.xdist_group("buckets")


@pytest.fixture
def published(bucket: Bucket, tmp_path: Path) -> RemoteReleases:
    """Where releases are published, for the machine that makes them."""
    return RemoteReleases(UPath(f"{bucket.data}/published"), tmp_path / "maker")


@pytest.fixture
def elsewhere(published: RemoteReleases, tmp_path: Path) -> RemoteReleases:
    """The same releases, for a machine that has none of them."""
    return RemoteReleases(published.address, tmp_path / "reader")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of releases that were fetched."""
    found: list[str] = []
    fetch = ObjectStorage.fetch

    def fetching(self: ObjectStorage, path: str, target: Path) -> str:
        found.append(path.split("/releases/")[1].split("/", 1)[1])
        return fetch(self, path, target)

    monkeypatch.setattr(ObjectStorage, "fetch", fetching)
    return found


def number(published: RemoteReleases) -> int:
    """What a reader of the current release reads."""
    with access.connection(published) as opened:
        (found,) = opened.execute("select distinct release from marts.one").fetchall()[0]
    return int(found)


def test_a_release_is_read_elsewhere_and_fetched_once(
    published: RemoteReleases, elsewhere: RemoteReleases, bucket: Bucket, fetched: list[str]
) -> None:
    assert publish.current_folder(elsewhere) is None
    with pytest.raises(access.NoReleaseError, match=bucket.name):
        number(elsewhere)
    publish_number(published, 0, public=True)
    assert number(published) == 0
    assert fetched == []
    assert [number(elsewhere), number(elsewhere)] == [0, 0]
    assert fetched == ["warehouse.duckdb"]
    assert bucket.read("published/current") == f"{number_id(0)}\n".encode()
    folder = publish.current_folder(elsewhere)
    assert folder is not None
    publish.bring(elsewhere, folder, publish.PUBLIC)
    assert sorted(fetched) == ["public/hasila.duckdb", "public/parquet/figures.parquet", "warehouse.duckdb"]
    assert (folder / "public" / "parquet" / "figures.parquet").read_bytes() == b"PAR1"


def test_the_manifest_is_uploaded_last_and_the_pointer_after_it(
    published: RemoteReleases, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = ObjectStorage.write

    def writing(self: ObjectStorage, path: str, content: bytes, **more: Any) -> str:
        written.append(path.split("/published/")[1])
        return write(self, path, content, **more)

    monkeypatch.setattr(ObjectStorage, "write", writing)
    publish_number(published, 0, public=True)
    assert written[-2:] == [f"releases/{number_id(0)}/manifest.json", "current"]
    assert len(written) == 6


@pytest.mark.parametrize("died_at", ["the second file", "the manifest", "the pointer"])
def test_an_upload_that_dies_shows_nothing_and_is_cleared(
    died_at: str,
    published: RemoteReleases,
    elsewhere: RemoteReleases,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish_number(published, 0)
    write, uploads = ObjectStorage.write, []

    def dying(self: ObjectStorage, path: str, content: bytes, **more: Any) -> str:
        uploads.append(path)
        is_now = {
            "the second file": len(uploads) == 2,
            "the manifest": path.endswith("manifest.json"),
            "the pointer": path.endswith("current"),
        }[died_at]
        if is_now:
            raise KeyboardInterrupt
        return write(self, path, content, **more)

    monkeypatch.setattr(ObjectStorage, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        publish_number(published, 1, public=True)
    monkeypatch.undo()
    for name, value in bucket.service.environment.items():
        monkeypatch.setenv(name, value)
    assert number(elsewhere) == 0
    publish.clear_unfinished(published)
    whole = [number_id(0), number_id(1)] if died_at == "the pointer" else [number_id(0)]
    assert [folder.name for folder in publish.kept(elsewhere)] == whole
    assert {name.split("/")[2] for name in bucket.objects() if name.startswith("published/releases/")} == set(whole)
    assert sorted(path.name for path in (published.copies / "releases").iterdir()) == whole
    publish_number(published, 2)
    assert number(elsewhere) == 2


def test_a_failure_while_writing_leaves_the_release_before(published: RemoteReleases, bucket: Bucket) -> None:
    publish_number(published, 0)
    before = bucket.objects()

    def failing(folder: Path) -> dict[str, Any]:
        writer(1)(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        publish.publish(published, number_id(1), failing)
    assert bucket.objects() == before
    assert number(published) == 0


def test_no_pointer_is_written_by_whoever_lost_the_lease(
    published: RemoteReleases, bucket: Bucket, tmp_path: Path
) -> None:
    publish_number(published, 0)
    with lease.held(bucket.data.removeprefix("s3://"), tmp_path, "slow", 0):
        lease._held[0]._is_lost = True
        with pytest.raises(lease.LeaseLostError):
            publish_number(published, 1)
    assert number(published) == 0
    assert bucket.read("published/current") == f"{number_id(0)}\n".encode()


def test_a_rollback_goes_back_at_once_and_is_noted(published: RemoteReleases, elsewhere: RemoteReleases) -> None:
    for made in range(3):
        publish_number(published, made)
    done = rollback.roll_back(elsewhere, "previous", by="me", reason="wrong")
    assert (done.from_release_id, done.to_release_id) == (number_id(2), number_id(1))
    assert number(published) == number(elsewhere) == 1
    assert rollback.in_force(published) == done
    assert done.withdrawn == {number_id(2): "inputs of 2"}
    rollback.resume(published, by="me")
    assert rollback.in_force(elsewhere) is None
    assert len(rollback.read_log(elsewhere)) == 1


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_damaged_release_is_refused_although_a_whole_copy_is_here(
    harm: str, published: RemoteReleases, elsewhere: RemoteReleases, bucket: Bucket
) -> None:
    for made in range(2):
        publish_number(published, made)
    place = f"published/releases/{number_id(0)}/warehouse.duckdb"
    if harm == "changed":
        content = bytearray(bucket.read(place))
        content[-1] ^= 1
        bucket.write(place, bytes(content))
    else:
        bucket.remove(place)
    with pytest.raises(publish.DamagedReleaseError, match=r"warehouse\.duckdb is (not the file|missing)"):
        rollback.roll_back(published, number_id(0), by="me")
    assert number(published) == 1
    with pytest.raises(publish.DamagedReleaseError, match=r"warehouse\.duckdb"):
        elsewhere.bring(number_id(0), [publish.WAREHOUSE])
    assert not (elsewhere.copies / "releases" / number_id(0) / publish.WAREHOUSE).exists()
    assert not list(published.copies.glob(".writing-*"))


@pytest.mark.parametrize("content", [b"../../../etc", b"", b"\xff\xfe", b"a/b", b"x" * 1000])
def test_a_pointer_that_names_no_release_leads_nowhere(
    content: bytes, published: RemoteReleases, elsewhere: RemoteReleases, bucket: Bucket
) -> None:
    publish_number(published, 0)
    bucket.write("published/current", content)
    assert publish.current_folder(elsewhere) is None
    assert [path.name for path in elsewhere.copies.parent.iterdir()] == ["maker"]
    rollback.roll_back(elsewhere, number_id(0), by="me")
    assert number(published) == 0


def test_a_pointer_to_a_release_that_is_gone_is_as_good_as_none(
    published: RemoteReleases, elsewhere: RemoteReleases, bucket: Bucket
) -> None:
    publish_number(published, 0)
    bucket.remove(f"published/releases/{number_id(0)}/manifest.json")
    assert publish.current_folder(elsewhere) is None
    assert publish.current_folder(published) is None
    publish_number(published, 1)
    assert number(elsewhere) == 1


def test_old_releases_are_removed_whole_and_never_the_current_one(
    published: RemoteReleases, elsewhere: RemoteReleases, bucket: Bucket
) -> None:
    for made in range(4):
        publish_number(published, made)
    rollback.roll_back(published, number_id(0), by="me")
    assert publish.retire(published, 2, None, MADE) == [number_id(1)]
    assert [folder.name for folder in publish.kept(elsewhere)] == [number_id(one) for one in (0, 2, 3)]
    assert not [name for name in bucket.objects() if number_id(1) in name]
    assert not (published.copies / "releases" / number_id(1)).exists()


def test_this_machine_keeps_few_releases_whole(
    published: RemoteReleases, elsewhere: RemoteReleases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_SMALL", 1024)
    for made in range(remote.KEPT_WHOLE + 2):
        publish_number(published, made)
        assert number(elsewhere) == made
    there = sorted(path.parent.name for path in elsewhere.copies.rglob(publish.WAREHOUSE))
    assert there == [number_id(one) for one in range(2, remote.KEPT_WHOLE + 2)]
    rollback.roll_back(elsewhere, number_id(0), by="me")
    assert number(elsewhere) == 0


def test_a_release_of_a_hostile_name_is_none(published: RemoteReleases, bucket: Bucket) -> None:
    publish_number(published, 0)
    bucket.write("published/releases/.hidden/manifest.json", b"{}")
    bucket.write("published/releases/half/warehouse.duckdb", b"")
    assert published.ids() == [number_id(0)]
    assert not published.exists("half")


def test_a_manifest_that_names_files_outside_is_refused(
    published: RemoteReleases, elsewhere: RemoteReleases, bucket: Bucket
) -> None:
    publish_number(published, 0)
    place = f"published/releases/{number_id(0)}/manifest.json"
    manifest = json.loads(bucket.read(place))
    # As `printf hi | sha256sum` says.
    digest = "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
    manifest["files"]["public/../../../outside"] = {"bytes": 2, "sha256": digest}
    bucket.write(place, json.dumps(manifest).encode())
    bucket.write(f"published/releases/{number_id(0)}/public/../../../outside", b"hi")
    with pytest.raises(publish.DamagedReleaseError, match="cannot belong to it"):
        elsewhere.bring(number_id(0), [publish.PUBLIC])
    assert not (elsewhere.copies.parent / "outside").exists()


def test_a_long_lived_reader_follows_the_pointer(
    published: RemoteReleases, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_WORK", str(tmp_path / "reader"))
    with pytest.raises(hasila.NoReleaseError, match="nothing was released yet"):
        hasila.connect(bucket.data)
    publish_number(published, 0, public=True)
    with hasila.connect(bucket.data) as reader, hasila.connect(bucket.data, public=True) as public:
        pinned = reader.pinned()
        for made in range(1, 3):
            publish_number(published, made, public=True)
            for one in (reader, public):
                assert one.sql("select distinct release from marts.other").fetchall() == [(made,)]
        assert reader.release_id == number_id(2)
        assert pinned.sql("select distinct release from marts.one").fetchall() == [(0,)]


def test_a_server_shows_what_it_had_while_the_storage_is_away(
    published: RemoteReleases, elsewhere: RemoteReleases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_ASK_AGAIN_SECONDS", 0.0)
    publish_number(published, 0, public=True)
    current = access.CurrentPublic(elsewhere)
    folder = current.folder()
    assert folder is not None
    assert (folder / "parquet" / "figures.parquet").read_bytes() == b"PAR1"
    away: Callable[..., Any]

    def away(*_: object) -> None:
        raise OSError(113, "the storage cannot be reached")

    with monkeypatch.context() as gone:
        gone.setattr(ObjectStorage, "read", away)
        assert current.folder() == folder
        with pytest.raises(OSError, match="cannot be reached"):
            access.CurrentPublic(elsewhere).folder()
    publish_number(published, 1, public=True)
    now = current.folder()
    assert now is not None
    assert now.parent.name == number_id(1)
