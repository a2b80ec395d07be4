"""A release is written whole or not at all, kept for a while, and told apart from a damaged one."""

import datetime as dt
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.release import publish
from tests.unit.release.small import MADE, number_id, publish_number, writer

# As `printf PAR1 | sha256sum` says.
PAR1 = "fbc62d3b511368ee275ddc74117d8689b430e1427220e25d30816201d89ca7b6"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o077, 0o000])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "published"


def test_everybody_may_read_public_and_only_the_group_the_rest(published: Path, umask: int) -> None:
    folder = publish_number(published, 0, public=True)
    for readable in (published, folder.parent, folder, folder / "public", folder / "public" / "parquet"):
        assert mode(readable) == 0o755, readable
    assert mode(folder / "public" / "hasila.duckdb") == 0o444
    assert mode(folder / "public" / "parquet" / "figures.parquet") == 0o444
    assert mode(folder / "warehouse.duckdb") == 0o440
    assert mode(folder / "manifest.json") == 0o440


def test_the_manifest_names_every_other_file_with_bytes_and_digest(published: Path) -> None:
    folder = publish_number(published, 0, public=True)
    files = publish.verify(folder)["files"]
    public = ["public/hasila.duckdb", "public/parquet/figures.parquet"]
    assert sorted(files) == [*public, "receipts.parquet", "warehouse.duckdb"]
    assert files["public/parquet/figures.parquet"] == {"bytes": 4, "sha256": PAR1}


@pytest.mark.parametrize("where", ["before anything", "after the warehouse"])
def test_what_fails_leaves_nothing_and_the_release_before_stands(published: Path, where: str) -> None:
    first = publish_number(published, 0)

    def fail(folder: Path) -> dict[str, Any]:
        if where == "after the warehouse":
            writer(1)(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        publish.publish(published, number_id(1), fail)
    assert publish.current_folder(published) == first
    assert [path.name for path in (published / "releases").iterdir()] == [first.name]
    assert sorted(path.name for path in published.iterdir()) == ["current", "releases"]


def test_all_of_a_release_is_on_the_disk_before_it_shows(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, before = [], os.fsync

    def note(descriptor: int) -> None:
        before(descriptor)
        synced.append((os.fstat(descriptor).st_ino, (published / "current").exists()))

    monkeypatch.setattr(os, "fsync", note)
    folder = publish_number(published, 0, public=True)
    in_time = {number for number, is_shown in synced if not is_shown}
    assert [path for path in (folder, folder.parent, *folder.rglob("*")) if path.stat().st_ino not in in_time] == []


def test_a_release_of_which_a_file_cannot_be_synced_is_none(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, before = publish_number(published, 0), os.fsync

    def fail(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("figures.parquet"):
            raise OSError(28, "No space left on device")
        before(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        publish_number(published, 1, public=True)
    assert publish.current_folder(published) == first
    assert [path.name for path in (published / "releases").iterdir()] == [first.name]


def test_what_a_killed_load_left_is_cleared_and_no_release_is(published: Path) -> None:
    folder = publish_number(published, 0)
    (published / "releases" / ".building-x" / "public").mkdir(parents=True)
    (published / "releases" / ".removing-y").mkdir()
    (published / ".current-4711").symlink_to("releases/x")
    publish.clear_unfinished(published)
    assert [path.name for path in (published / "releases").iterdir()] == [folder.name]
    assert sorted(path.name for path in published.iterdir()) == ["current", "releases"]


def damage(folder: Path, name: str, how: str) -> None:
    path = folder / name
    content = path.read_bytes()
    path.chmod(0o600)
    if how == "changed":
        path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
@pytest.mark.parametrize("name", ["warehouse.duckdb", "public/hasila.duckdb"])
def test_a_damaged_file_is_named(published: Path, name: str, how: str) -> None:
    folder = publish_number(published, 0, public=True)
    damage(folder, name, how)
    with pytest.raises(publish.DamagedReleaseError, match=name):
        publish.verify(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"release_id": 3}', '{"release_id": "x"}', "\udcff"])
def test_a_manifest_that_is_none_is_a_damaged_release(published: Path, content: str) -> None:
    folder = publish_number(published, 0)
    (folder / "manifest.json").chmod(0o600)
    (folder / "manifest.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(publish.DamagedReleaseError, match=folder.name):
        publish.verify(folder)


def test_a_release_is_found_by_its_name_its_beginning_and_its_place(published: Path) -> None:
    folders = [publish_number(published, number) for number in range(3)]
    assert publish.find(published, folders[1].name) == folders[1]
    assert publish.find(published, folders[1].name[:10]) == folders[1]
    assert publish.find(published, "current") == folders[2]
    assert publish.find(published, "previous") == folders[1]
    with pytest.raises(publish.UnknownReleaseError, match="3 releases begin with 2024"):
        publish.find(published, "2024")
    for unknown in ("x", "", "..", "../releases"):
        with pytest.raises(publish.UnknownReleaseError, match=folders[2].name):
            publish.find(published, unknown)
    publish.switch(published, folders[0].name)
    with pytest.raises(publish.UnknownReleaseError, match=f"before {folders[0].name}"):
        publish.find(published, "previous")


def test_previous_is_the_one_that_was_followed_and_else_the_next_older_one(published: Path) -> None:
    folders = [publish_number(published, number) for number in range(2)]
    publish.switch(published, folders[0].name)
    # Made after a rollback to the first.
    third = publish_number(published, 2)
    assert json.loads((third / "manifest.json").read_text())["previous_release_id"] == folders[0].name
    assert publish.find(published, "previous") == folders[0]
    publish.retire(published, 1, None, MADE, spared=[folders[1].name])
    assert publish.find(published, "previous") == folders[1]


def left(published: Path) -> list[str]:
    return sorted(path.name for path in (published / "releases").iterdir())


def test_the_oldest_go_by_count_and_by_age_and_never_the_current_one(published: Path) -> None:
    for number in range(6):
        publish_number(published, number)
    ids = [number_id(number) for number in range(6)]
    now = MADE + dt.timedelta(days=5, hours=1)
    assert publish.retire(published, 5, None, now) == [ids[0]]
    # Of five, two were made more than three days ago.
    assert publish.retire(published, 5, 3, now) == [ids[2], ids[1]]
    assert left(published) == ids[3:]
    publish.switch(published, ids[3])
    assert publish.retire(published, 1, None, now, spared=[ids[4]]) == []
    assert publish.retire(published, 1, None, now) == [ids[4]]
    assert left(published) == [ids[3], ids[5]]
    assert publish.retire(published, 1, 1, now + dt.timedelta(days=400)) == [ids[5]]
    assert left(published) == [ids[3]]


def test_a_release_that_cannot_tell_its_age_is_kept_by_age(published: Path) -> None:
    folder = publish_number(published, 0)
    publish_number(published, 1)
    (folder / "manifest.json").chmod(0o600)
    (folder / "manifest.json").write_text("{}")
    assert publish.retire(published, 9, 1, MADE + dt.timedelta(days=99)) == []
