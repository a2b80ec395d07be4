"""The walk over the inbox: what is taken, what waits and why, and that nothing outside is read."""

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.receive import inbox as inbox_module
from orchestration.receive.inbox import InboxError, settled, walk

TODAY = dt.date(2025, 1, 31)


def put(inbox: Path, path: str, content: bytes = b"a,b\n1,2\n") -> Path:
    target = inbox / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def taken(inbox: Path) -> list[str]:
    return [file.path for file in walk(inbox, TODAY)[0]]


def waiting(inbox: Path) -> dict[str, str]:
    return {entry.path: entry.reason for entry in walk(inbox, TODAY)[1]}


@contextmanager
def without_privileges() -> Iterator[None]:
    """As a user whom file permissions bind, which they do not bind root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # noqa: S103
        yield Path(name)


def test_files_come_in_the_order_of_their_paths_with_their_organisation(inbox: Path) -> None:
    for path in ("PPO/b.csv", "HCP/z.csv", "PPO/a.csv"):
        put(inbox, path)
    files, _ = walk(inbox, TODAY)
    assert [(file.path, file.folder, file.name) for file in files] == [
        ("HCP/z.csv", "HCP", "z.csv"),
        ("PPO/a.csv", "PPO", "a.csv"),
        ("PPO/b.csv", "PPO", "b.csv"),
    ]


def test_a_file_beside_the_folders_has_no_organisation(inbox: Path) -> None:
    put(inbox, "lost.csv")
    assert walk(inbox, TODAY)[0][0].folder == ""


def test_the_dated_folder_below_the_organisation_dates_the_file(inbox: Path) -> None:
    put(inbox, "PPO/2019-07-15/deep/a.csv")
    assert walk(inbox, TODAY)[0][0].dated == dt.date(2019, 7, 15)


@pytest.mark.parametrize("folder", ["2019-13-45", "2019", "reports"])
def test_a_folder_that_is_no_date_dates_nothing(inbox: Path, folder: str) -> None:
    put(inbox, f"PPO/{folder}/a.csv")
    assert walk(inbox, TODAY)[0][0].dated is None


def test_a_future_received_date_waits_and_today_does_not(inbox: Path) -> None:
    put(inbox, "PPO/2025-02-01/a.csv")
    put(inbox, "PPO/2025-01-31/a.csv")
    assert taken(inbox) == ["PPO/2025-01-31/a.csv"]
    assert "future" in waiting(inbox)["PPO/2025-02-01/a.csv"]


@pytest.mark.parametrize("to_folder", [False, True])
def test_a_link_is_not_followed_and_waits(inbox: Path, tmp_path: Path, to_folder: bool) -> None:
    outside = put(tmp_path, "outside/secret.csv")
    (inbox / "PPO").mkdir()
    (inbox / "PPO" / "link").symlink_to(outside.parent if to_folder else outside)
    assert taken(inbox) == []
    assert "link" in waiting(inbox)["PPO/link"]


@pytest.mark.parametrize("name", [".hidden.csv", ".git/config", "Thumbs.db", "__MACOSX/a.csv"])
def test_hidden_and_system_files_are_passed_over(inbox: Path, name: str) -> None:
    put(inbox, f"PPO/{name}")
    assert walk(inbox, TODAY) == ([], [])


@pytest.mark.parametrize("name", ["a.csv.part", "a.xlsx.crdownload", "~$a.xlsx", "a.tmp", "a.csv~"])
def test_half_written_files_wait(inbox: Path, name: str) -> None:
    put(inbox, f"PPO/{name}")
    assert taken(inbox) == []
    assert "still being written" in waiting(inbox)[f"PPO/{name}"]


def test_a_pipe_waits_and_is_not_opened(inbox: Path) -> None:
    os.mkfifo(inbox / "pipe.csv")
    assert "not a regular file" in waiting(inbox)["pipe.csv"]


@pytest.mark.parametrize("name", [b"a\nb.csv", b"\x1b[31m.csv", b"\xff\xfe.csv", "a\u202eb.csv".encode()])
@pytest.mark.parametrize("is_folder", [False, True])
def test_unprintable_names_wait_and_are_shown_harmlessly(inbox: Path, name: bytes, is_folder: bool) -> None:
    path = os.path.join(os.fsencode(inbox), name)
    if is_folder:
        os.mkdir(path)
        path = os.path.join(path, b"a.csv")
    with open(path, "wb") as file:
        file.write(b"x")
    assert taken(inbox) == []
    (shown,) = waiting(inbox)
    assert shown.isprintable()
    shown.encode("utf-8")


def test_arabic_and_french_names_are_printable(inbox: Path) -> None:
    put(inbox, "PPO/تقرير الربع الثاني 2019.xlsx")
    put(inbox, "PPO/rapport d'activité n° 3 – été.csv")
    assert len(taken(inbox)) == 2


def test_an_unreadable_folder_waits_and_the_others_are_read(open_folder: Path) -> None:
    put(open_folder, "PPO/a.csv")
    put(open_folder, "HCP/a.csv")
    os.chmod(open_folder / "HCP", 0)
    with without_privileges():
        files, left = walk(open_folder, TODAY)
    assert [file.path for file in files] == ["PPO/a.csv"]
    assert [entry.path for entry in left] == ["HCP"]
    assert "cannot be read" in left[0].reason


def test_folders_nested_without_end_are_left(inbox: Path) -> None:
    put(inbox, "/".join(["d"] * 40) + "/a.csv")
    assert taken(inbox) == []
    assert "deep" in next(iter(waiting(inbox).values()))


def test_an_inbox_that_is_missing_or_a_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InboxError, match="cannot be read"):
        walk(tmp_path / "none", TODAY)
    with pytest.raises(InboxError, match="not a folder"):
        walk(put(tmp_path, "file"), TODAY)


def test_an_empty_inbox_holds_nothing(inbox: Path) -> None:
    assert walk(inbox, TODAY) == ([], [])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells which files are open")
@pytest.mark.parametrize("old", [False, True])
def test_a_file_held_open_for_writing_by_another_process_waits(inbox: Path, old: bool) -> None:
    """Also when nothing was written for long: a slow copy pauses."""
    path = put(inbox, "PPO/a.csv")
    if old:
        os.utime(path, (1_500_000_000, 1_500_000_000))
    program = "import sys; f = open(sys.argv[1], 'ab'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        done, left = settled(inbox, walk(inbox, TODAY)[0], 0.01)
        writer.communicate()
    assert done == []
    assert [entry.path for entry in left] == ["PPO/a.csv"]
    assert len(settled(inbox, walk(inbox, TODAY)[0], 0)[0]) == 1


def test_a_file_that_changed_or_vanished_since_the_walk_waits(inbox: Path) -> None:
    changed, vanished, quiet = (put(inbox, f"PPO/{name}.csv") for name in ("changed", "vanished", "quiet"))
    files, _ = walk(inbox, TODAY)
    changed.write_bytes(b"more than before")
    vanished.unlink()
    done, left = settled(inbox, files, 0)
    assert [file.path for file in done] == [f"PPO/{quiet.name}"]
    assert {entry.path for entry in left} == {"PPO/changed.csv", "PPO/vanished.csv"}


def test_files_of_which_none_is_fresh_are_not_waited_for(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(put(inbox, "PPO/a.csv"), (1_500_000_000, 1_500_000_000))
    monkeypatch.setattr(inbox_module.time, "sleep", lambda _: pytest.fail("waited"))
    assert len(settled(inbox, walk(inbox, TODAY)[0], 60)[0]) == 1
