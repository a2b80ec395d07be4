"""Backup and restore: what is taken, what is linked, what is damaged, what is refused."""

import datetime as dt
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from orchestration import backup
from orchestration.backup import BackupError
from orchestration.release import publish
from orchestration.settings import Settings, load_settings
from tests.backups import writes

FIRST, SECOND = b"first report", b"second report"
NIGHT = dt.datetime(2025, 1, 31, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def loaded(settings: Settings) -> Settings:
    """A runtime state after one load, with Dagster's files, some of it not yet in the main SQLite file."""
    for write in writes(settings, [FIRST], "20250131T000000Z-1"):
        write()
    (settings.data / "dagster").mkdir()
    (settings.data / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    return settings


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder but the working files."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != "work"
    }


def test_what_was_backed_up_comes_back_with_its_modes(loaded: Settings, destination: Path, tmp_path: Path) -> None:
    made = backup.back_up(loaded, destination, now=NIGHT)
    assert made.name == "20250131T010000Z"
    assert made.open_days == []
    target = tmp_path / "elsewhere"
    restored = backup.restore(backup.find(destination), target)
    assert restored.release_id == "20250131T000000Z-1"
    assert files(target) == files(loaded.data)
    assert (target / "published" / "current").readlink() == Path("releases/20250131T000000Z-1")
    (archived,) = (target / "archive").rglob("*.csv")
    assert archived.stat().st_mode & 0o777 == 0o444


def test_everybody_is_let_through_to_what_is_public_of_a_restored_release(
    loaded: Settings, destination: Path, tmp_path: Path
) -> None:
    """The umask of whoever restores, which is that of the services, would close the portal for good."""

    def write(folder: Path) -> dict[str, Any]:
        (folder / "public" / "portal").mkdir(parents=True)
        (folder / "public" / "portal" / "index.html").write_text("the portal", encoding="utf-8")
        (folder / "warehouse.duckdb").write_text("restricted", encoding="utf-8")
        return {"release_id": "20250201T000000Z-2", "receipt_ids": []}

    publish.publish(loaded.published, "20250201T000000Z-2", write)
    backup.back_up(loaded, destination, now=NIGHT)
    target = tmp_path / "elsewhere"
    before = os.umask(0o027)
    try:
        backup.restore(backup.find(destination), target)
    finally:
        os.umask(before)
    page = target / "published" / "releases" / "20250201T000000Z-2" / "public" / "portal" / "index.html"
    for folder in page.relative_to(target).parents:
        assert folder == Path() or (target / folder).stat().st_mode & 0o777 == 0o755, folder
    assert page.stat().st_mode & 0o777 == 0o444
    assert (page.parents[2] / "warehouse.duckdb").stat().st_mode & 0o777 == 0o440


def test_the_second_snapshot_links_what_did_not_change(loaded: Settings, destination: Path) -> None:
    first = backup.back_up(loaded, destination, now=NIGHT)
    for write in writes(loaded, [FIRST, SECOND], "20250201T000000Z-2"):
        write()
    second = backup.back_up(loaded, destination, now=NIGHT + dt.timedelta(days=1))
    (one, two) = backup.snapshots(destination)
    kept = "data/dagster/dagster.yaml"
    assert (one / kept).samefile(two / kept)
    assert first.linked == 0
    assert second.copied_bytes < second.bytes
    assert len(list((two / "data" / "archive").rglob("*.csv"))) == 2
    # The snapshot before is as it was.
    assert backup.verify(one) == []
    assert len(list((one / "data" / "archive").rglob("*.csv"))) == 1


def test_only_so_many_snapshots_are_kept(loaded: Settings, destination: Path) -> None:
    for day in range(3):
        made = backup.back_up(loaded, destination, keep=2, now=NIGHT + dt.timedelta(days=day))
    assert made.retired == ["20250131T010000Z"]
    assert [path.name for path in backup.snapshots(destination)] == ["20250201T010000Z", "20250202T010000Z"]
    assert backup.verify(backup.find(destination)) == []


def test_a_database_that_is_being_written_is_taken_as_of_one_moment(
    loaded: Settings, destination: Path, tmp_path: Path
) -> None:
    path = loaded.data / "dagster" / "runs.db"
    with sqlite3.connect(path) as writing:
        writing.execute("pragma journal_mode=wal")
        writing.execute("create table run (id)")
        writing.execute("insert into run values (1)")
        writing.commit()
        writing.execute("insert into run values (2)")
        backup.back_up(loaded, destination, now=NIGHT)
        writing.commit()
        second = backup.back_up(loaded, destination, now=NIGHT + dt.timedelta(days=1))
        assert second.copied == 1
        assert backup.back_up(loaded, destination, now=NIGHT + dt.timedelta(days=2)).copied == 0
    writing.close()
    for snapshot, rows in zip(backup.snapshots(destination), (1, 2, 2), strict=True):
        target = tmp_path / snapshot.name
        backup.restore(snapshot, target)
        with sqlite3.connect(target / "dagster" / "runs.db") as reading:
            assert reading.execute("select count(*) from run").fetchone() == (rows,)
        reading.close()


def test_what_is_damaged_in_a_backup_is_named_and_not_restored(
    loaded: Settings, destination: Path, tmp_path: Path
) -> None:
    backup.back_up(loaded, destination, now=NIGHT)
    snapshot = backup.find(destination)
    (archived,) = (snapshot / "data" / "archive").rglob("*.csv")
    times = archived.stat()
    archived.chmod(0o644)
    archived.write_bytes(b"f1rst report")
    os.utime(archived, ns=(times.st_atime_ns, times.st_mtime_ns))
    relative = str(archived.relative_to(snapshot / "data"))
    assert backup.verify(snapshot) == [relative]
    target = tmp_path / "elsewhere"
    with pytest.raises(BackupError, match=archived.name):
        backup.restore(snapshot, target)
    assert not target.exists()
    # With --verify the next snapshot does not take it over.
    healed = backup.back_up(loaded, destination, verify=True, now=NIGHT + dt.timedelta(days=1))
    assert healed.damaged == [str(archived)]
    assert backup.verify(backup.find(destination)) == []


def test_a_received_file_that_is_damaged_in_the_archive_is_named(loaded: Settings, destination: Path) -> None:
    (archived,) = Path(str(loaded.archive)).rglob("*.csv")
    archived.chmod(0o644)
    archived.write_bytes(b"another report")
    assert backup.back_up(loaded, destination).damaged == [str(archived)]


def test_a_backup_that_fails_leaves_nothing_and_those_before(
    loaded: Settings, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.back_up(loaded, destination, now=NIGHT)

    def full(path: str) -> None:
        if path.startswith("archive/"):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        backup.back_up(loaded, destination, watch=full)
    assert [path.name for path in destination.iterdir() if path.is_dir()] == ["20250131T010000Z"]


def test_what_a_backup_that_was_killed_left_is_removed(loaded: Settings, destination: Path) -> None:
    (destination / ".writing-20250101T000000Z" / "data").mkdir(parents=True)
    backup.back_up(loaded, destination, now=NIGHT)
    assert [path.name for path in destination.iterdir() if path.is_dir()] == ["20250131T010000Z"]


def test_two_at_once_into_one_folder_are_refused(loaded: Settings, destination: Path) -> None:
    def another(_: str) -> None:
        with pytest.raises(BackupError, match="another backup"):
            backup.back_up(loaded, destination)

    backup.back_up(loaded, destination, watch=another)


@pytest.mark.parametrize("place", ["data", "data/backup", "."])
def test_a_backup_within_what_it_backs_up_is_refused(place: str, loaded: Settings) -> None:
    with pytest.raises(BackupError, match="within"):
        backup.back_up(loaded, (loaded.data.parent / place).resolve())


def test_a_backup_into_a_file_is_refused(loaded: Settings, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(BackupError, match=r"notes\.txt is not a folder"):
        backup.back_up(loaded, tmp_path / "notes.txt", now=NIGHT)


def test_nothing_to_back_up_and_nothing_to_restore_are_said(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nothing was received yet"):
        backup.back_up(settings, tmp_path / "backup")
    with pytest.raises(BackupError, match="holds no backup"):
        backup.find(tmp_path)


def test_a_folder_that_is_not_empty_is_not_restored_into(loaded: Settings, destination: Path) -> None:
    backup.back_up(loaded, destination)
    before = files(loaded.data)
    with pytest.raises(BackupError, match="not empty"):
        backup.restore(backup.find(destination), loaded.data)
    assert files(loaded.data) == before


@pytest.mark.parametrize(
    "about",
    [b"", b"[]", b'{"format": 1}', b'{"format": 2, "hasila_version": "9"}', b'{"format": 1, "files": {"a": 1}}'],
)
def test_a_backup_that_is_none_is_refused(about: bytes, tmp_path: Path) -> None:
    (tmp_path / backup.ABOUT).write_bytes(about)
    with pytest.raises(BackupError):
        backup.restore(tmp_path, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "lake/../../outside", "bin/outside"])
def test_a_backup_that_names_places_outside_is_refused(path: str, tmp_path: Path) -> None:
    content = {"format": 1, "release_id": None, "open_days": [], "files": {path: [0, 0, ""]}}
    (tmp_path / backup.ABOUT).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BackupError, match="outside"):
        backup.restore(tmp_path, tmp_path / "elsewhere")


def test_a_day_that_a_dead_load_left_half_written_is_open(settings: Settings, destination: Path) -> None:
    """The same reports judged anew, after a correction: what of them is written already, the seal does not tell."""
    for write in writes(settings, [FIRST], "20250131T000000Z-1"):
        write()
    steps = list(writes(settings, [FIRST], "20250201T000000Z-2", words="corrected"))
    # Archive, receipts, the note of what is to be answered, the reading; then the first of the units.
    for step in steps[:5]:
        step()
    made = backup.back_up(settings, destination)
    assert made.open_days == ["2025-01-31"]
    restored = load_settings(data=destination.parent / "elsewhere")
    backup.restore(backup.find(destination), restored.data)
    assert not (restored.data / "lake" / "days").exists()


def test_what_stays_on_the_machine_is_taken_from_where_it_lies(
    loaded: Settings, destination: Path, tmp_path: Path
) -> None:
    expected = files(loaded.data)
    apart = load_settings(data=loaded.data, inbox=loaded.inbox, local=tmp_path / "machine")
    for name in ("work", "outbox", "dagster"):
        (tmp_path / "machine").mkdir(exist_ok=True)
        if (loaded.data / name).exists():
            (loaded.data / name).rename(tmp_path / "machine" / name)
    assert any(name.startswith("outbox/") for name in expected)
    backup.back_up(apart, destination, now=NIGHT)
    backup.restore(backup.find(destination), tmp_path / "elsewhere")
    assert files(tmp_path / "elsewhere") == expected


def test_a_bucket_is_backed_up_by_its_own_means(destination: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"s3://bucket/x is object storage"):
        backup.back_up(load_settings(data="s3://bucket/x", local=tmp_path), destination, now=NIGHT)
