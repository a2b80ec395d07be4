"""Backup and restore: what is taken, what is linked, what is damaged, what is refused."""

import datetime as dt
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
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
    restored = backup.restore(backup.find(destination), load_settings(data=target))
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
        backup.restore(backup.find(destination), load_settings(data=target))
    finally:
        os.umask(before)
    page = target / "published" / "releases" / "20250201T000000Z-2" / "public" / "portal" / "index.html"
    for folder in page.relative_to(target).parents:
        assert folder == Path() or (target / folder).stat().st_mode & 0o777 == 0o755, folder
    assert page.stat().st_mode & 0o777 == 0o444
    assert (page.parents[2] / "warehouse.duckdb").stat().st_mode & 0o777 == 0o440


@pytest.fixture(params=[0o022, 0o027, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """The modes of a folder and of those below it, but for the working files."""
    found = [path for path in [folder, *folder.rglob("*")] if path.is_dir() and not path.is_symlink()]
    named = {str(path.relative_to(folder)): oct(path.stat().st_mode & 0o7777) for path in found}
    return {name: mode for name, mode in named.items() if name.split("/")[0] != "work"}


def test_folders_come_back_with_their_rights_whatever_the_umask_is(
    loaded: Settings, destination: Path, tmp_path: Path, umask: int
) -> None:
    # As somebody set them up: the group of those who send answers may write in the outbox.
    loaded.data.chmod(0o2750)
    loaded.outbox.chmod(0o2770)
    before = modes(loaded.data)
    backup.back_up(loaded, destination, now=NIGHT)
    target = tmp_path / "elsewhere"
    backup.restore(backup.find(destination), load_settings(data=target))
    restored = modes(target)
    assert restored == {name: before[name] for name in restored}
    assert (restored["."], restored["outbox"]) == ("0o2750", "0o2770")
    assert {"archive", "lake", "published", "dagster"} <= restored.keys()


def test_a_folder_that_others_could_read_is_closed_for_them(
    loaded: Settings, destination: Path, tmp_path: Path, umask: int
) -> None:
    """The folders around it, which kept them out, are not restored."""
    loaded.data.chmod(0o755)
    backup.back_up(loaded, destination, now=NIGHT)
    target = tmp_path / "new" / "elsewhere"
    backup.restore(backup.find(destination), load_settings(data=target))
    assert (modes(target)["."], modes(target.parent)["."]) == ("0o750", "0o750")


def test_a_folder_that_was_there_keeps_its_rights(loaded: Settings, destination: Path, tmp_path: Path) -> None:
    backup.back_up(loaded, destination, now=NIGHT)
    target = tmp_path / "elsewhere"
    target.mkdir()
    target.chmod(0o711)
    backup.restore(backup.find(destination), load_settings(data=target))
    assert modes(target)["."] == "0o711"


def test_a_backup_that_tells_no_rights_comes_back_with_those_that_a_load_gives(
    loaded: Settings, destination: Path, tmp_path: Path, umask: int
) -> None:
    backup.back_up(loaded, destination, now=NIGHT)
    about = backup.find(destination) / backup.ABOUT
    content = json.loads(about.read_text(encoding="utf-8"))
    del content["folders"]
    about.write_text(json.dumps(content), encoding="utf-8")
    target = tmp_path / "elsewhere"
    backup.restore(backup.find(destination), load_settings(data=target))
    found = modes(target)
    release = "published/releases/20250131T000000Z-1"
    for_all = {"published", "published/releases", release, f"{release}/public", f"{release}/public/portal"}
    assert {name for name, mode in found.items() if mode == "0o755"} == for_all
    assert {mode for name, mode in found.items() if name not in for_all} == {"0o750"}
    assert {".", "archive", "lake", "lake/receipts", "outbox", "dagster"} <= found.keys()


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
        backup.restore(snapshot, load_settings(data=target))
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
        backup.restore(snapshot, load_settings(data=target))
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
        backup.restore(backup.find(destination), loaded)
    assert files(loaded.data) == before


@pytest.mark.parametrize(
    "about",
    [b"", b"[]", b'{"format": 1}', b'{"format": 2, "hasila_version": "9"}', b'{"format": 1, "files": {"a": 1}}'],
)
def test_a_backup_that_is_none_is_refused(about: bytes, tmp_path: Path) -> None:
    (tmp_path / backup.ABOUT).write_bytes(about)
    with pytest.raises(BackupError):
        backup.restore(tmp_path, load_settings(data=tmp_path / "elsewhere"))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "lake/../../outside", "bin/outside"])
def test_a_backup_that_names_places_outside_is_refused(path: str, tmp_path: Path) -> None:
    content = {"format": 1, "release_id": None, "open_days": [], "files": {path: [0, 0, ""]}}
    (tmp_path / backup.ABOUT).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BackupError, match="outside"):
        backup.restore(tmp_path, load_settings(data=tmp_path / "elsewhere"))


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
    backup.restore(backup.find(destination), restored)
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
    made = backup.back_up(apart, destination, now=NIGHT)
    machine = tmp_path / "machine"
    assert made.apart == {"outbox": str(machine / "outbox"), "dagster": str(machine / "dagster")}
    backup.restore(backup.find(destination), load_settings(data=tmp_path / "elsewhere"))
    assert files(tmp_path / "elsewhere") == expected


def test_what_lies_apart_where_it_is_restored_goes_where_the_settings_there_look(
    loaded: Settings, destination: Path, tmp_path: Path
) -> None:
    expected = files(loaded.data)
    backup.back_up(loaded, destination, now=NIGHT)
    there = load_settings(
        data=tmp_path / "there", local=tmp_path / "machine" / "own", dagster_home=tmp_path / "services" / "dagster"
    )
    made = backup.restore(backup.find(destination), there)
    assert made.apart == {"outbox": str(there.outbox), "dagster": str(there.dagster_home)}
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["archive", "lake", "published"]
    found = {f"outbox/{name}": content for name, content in files(there.outbox).items()}
    found |= {f"dagster/{name}": content for name, content in files(there.dagster_home).items()}
    assert found | files(tmp_path / "there") == expected
    # What closed the folders for others may have been the one around them.
    assert {modes(folder)["."] for folder in (there.outbox, there.dagster_home, there.home)} == {"0o750"}


def test_dagsters_files_are_taken_from_where_the_settings_say(
    loaded: Settings, destination: Path, tmp_path: Path
) -> None:
    # The name of the folder tells nothing.
    own = tmp_path / "services"
    (loaded.data / "dagster").rename(own)
    with closing(sqlite3.connect(own / "runs.db")) as writing:
        writing.execute("create table run (id)")
    apart = load_settings(data=loaded.data, dagster_home=own)
    assert backup.back_up(apart, destination, now=NIGHT).apart == {"dagster": str(own)}
    assert {"dagster/dagster.yaml", "dagster/runs.db"} <= files(backup.find(destination) / "data").keys()
    # The runs are in the snapshot as SQLite copies them, and those that did not change are not copied again.
    assert backup.back_up(apart, destination, now=NIGHT + dt.timedelta(days=1)).copied == 0


def test_where_something_lies_already_is_said_with_the_variable_to_set(
    loaded: Settings, destination: Path, tmp_path: Path
) -> None:
    backup.back_up(loaded, destination, now=NIGHT)
    outbox = tmp_path / "machine" / "outbox"
    outbox.mkdir(parents=True)
    (outbox / "answer.xlsx").write_bytes(b"not sent yet")
    with pytest.raises(BackupError, match="outbox is not empty; set HASILA_WORK to a new folder as well"):
        backup.restore(backup.find(destination), load_settings(data=tmp_path / "there", local=outbox.parent))
    assert not (tmp_path / "there").exists()
    assert files(outbox) == {"answer.xlsx": b"not sent yet"}


def test_a_folder_of_dagsters_around_the_runtime_state_is_refused(loaded: Settings, destination: Path) -> None:
    with pytest.raises(BackupError, match="HASILA_DAGSTER_HOME lies around"):
        backup.back_up(load_settings(data=loaded.data, dagster_home=loaded.data), destination, now=NIGHT)


def test_a_bucket_is_backed_up_by_its_own_means(destination: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"s3://bucket/x is object storage"):
        backup.back_up(load_settings(data="s3://bucket/x", local=tmp_path), destination, now=NIGHT)
