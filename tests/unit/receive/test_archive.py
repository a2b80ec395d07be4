"""The archive: unchanged, read-only, named by content; nothing outside the inbox is opened."""

import datetime as dt
import hashlib
import os
import stat
from pathlib import Path

import pytest
from upath import UPath

from orchestration.receive import archive

DAY = dt.date(2025, 1, 31)
CONTENT = b"indicator,value\nA,1\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def store(inbox: Path, folder: Path, name: str = "a.CSV", expected: str = SHA256) -> str:
    (inbox / name).write_bytes(CONTENT)
    with archive.open_source(inbox, name) as source:
        return archive.store(source, name, UPath(folder), DAY, expected)


def test_a_file_is_stored_unchanged_read_only_and_named_by_its_content(inbox: Path, tmp_path: Path) -> None:
    stored = store(inbox, tmp_path / "archive")
    assert stored == f"received=2025-01-31/{SHA256}.csv"
    path = tmp_path / "archive" / stored
    assert path.read_bytes() == archive.read(UPath(tmp_path / "archive"), stored) == CONTENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_what_is_stored_is_never_written_again(inbox: Path, tmp_path: Path) -> None:
    path = tmp_path / "archive" / store(inbox, tmp_path / "archive")
    before = path.stat()
    store(inbox, tmp_path / "archive")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_is_not_what_was_hashed_is_not_stored(inbox: Path, tmp_path: Path) -> None:
    with pytest.raises(archive.ChangedWhileReadError):
        store(inbox, tmp_path / "archive", expected="0" * 64)
    assert [path for path in (tmp_path / "archive").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["noext", "a.../..", "a.<script>", "a.longersuffix"])
def test_a_strange_suffix_is_left_out_of_the_archive(inbox: Path, tmp_path: Path, name: str) -> None:
    (inbox / "a.csv").write_bytes(CONTENT)
    with archive.open_source(inbox, "a.csv") as source:
        assert archive.store(source, name, UPath(tmp_path), DAY, SHA256).endswith(f"/{SHA256}")


def test_a_link_put_in_the_place_of_a_file_or_of_its_folder_is_refused(inbox: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.csv").write_bytes(CONTENT)
    (inbox / "a.csv").symlink_to(outside / "a.csv")
    (inbox / "PPO").symlink_to(outside)
    for path in ("a.csv", "PPO/a.csv"):
        with pytest.raises(OSError, match=path.split("/")[0]):
            archive.open_source(inbox, path)


def test_a_pipe_put_in_the_place_of_a_file_is_refused(inbox: Path) -> None:
    os.mkfifo(inbox / "a.csv")
    with pytest.raises(OSError, match="not a regular file"):
        archive.open_source(inbox, "a.csv")
