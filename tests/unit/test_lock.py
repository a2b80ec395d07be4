"""One at a time: who holds the lock is told, and what a killed holder left is cleared by the next."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import lock, storage
from orchestration.settings import Settings
from tests.helpers import PROJECT

HOLD = """
import sys, time
from orchestration import lock, storage
from orchestration.settings import load_settings
settings = load_settings(data=sys.argv[1])
with lock.one_at_a_time(settings, f"hasila load (process {__import__('os').getpid()})"):
    for folder in ("archive/received=2024-01-01", "lake/receipts", "work/summary", "outbox/PPO/2024-01-01"):
        path = settings.data / folder / "x"
        path.parent.mkdir(parents=True, exist_ok=True)
        storage.temporary_beside(path).write_bytes(b"half")
    (settings.published / "releases" / ".building-x").mkdir(parents=True)
    (settings.work / "as_of" / "building").mkdir(parents=True)
    for name in ("warehouse.duckdb", "warehouse.duckdb.wal"):
        (settings.work / name).write_bytes(b"half")
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, in the middle of its work."""
    command = [sys.executable, "-c", HOLD, str(settings.data)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_second_is_told_who_is_at_work_and_since_when(settings: Settings, holder: subprocess.Popen[str]) -> None:
    told = rf"hasila load \(process {holder.pid}\), since \d{{4}}-\d\d-\d\d \d\d:"
    with pytest.raises(lock.BusyError, match=told), lock.one_at_a_time(settings, "another"):
        pass
    at_work = lock.holder(settings)
    assert at_work is not None
    assert at_work.is_alive
    assert str(holder.pid) in at_work.name


def test_what_a_killed_holder_left_is_cleared_by_the_next(settings: Settings, holder: subprocess.Popen[str]) -> None:
    storage.write_text(settings.work / "summary" / "read.json", "{}")
    # Somebody who writes at this moment, without the lock.
    writing = storage.temporary_beside(settings.data / "lake" / "decisions" / "y")
    writing.parent.mkdir(parents=True)
    writing.write_bytes(b"half")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    at_work = lock.holder(settings)
    assert at_work is not None
    assert not at_work.is_alive
    with lock.one_at_a_time(settings, "hasila load (process 1)") as interrupted:
        assert interrupted == at_work.name
        kept = [str(writing.relative_to(settings.data)), "work/load.holder", "work/load.lock", "work/summary/read.json"]
        assert [path for path in files(settings.data) if not path.endswith("building.lock")] == sorted(kept)
        assert list((settings.published / "releases").iterdir()) == []
        assert not (settings.work / "as_of" / "building").exists()


def test_another_process_with_the_number_of_a_killed_holder_is_not_taken_for_it(settings: Settings) -> None:
    """After a restart of the machine or of a container, numbers are given anew."""
    with lock.one_at_a_time(settings, f"hasila load (process {os.getpid()})"):
        note = settings.work / "load.holder"
        name, process = note.read_text(encoding="utf-8").splitlines()

        def is_alive(told: str) -> bool:
            note.write_text(f"{name}\n{told}\n", encoding="utf-8")
            found = lock.holder(settings)
            assert found is not None
            assert found.name == name
            return found.is_alive

        number, *known = process.split()
        assert is_alive(process)
        if not known:
            pytest.skip("this system does not tell when a process started")
        boot, start = known
        assert not is_alive(f"{number} {boot} {int(start) - 1}")
        assert not is_alive(f"{number} 00000000-0000-0000-0000-000000000000 {start}")
        # Where the system told nothing, the number is what there is.
        assert is_alive(number)
        assert not is_alive("")


def test_a_holder_that_ended_leaves_nothing_to_clear(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), lock.one_at_a_time(settings, "hasila load (process 1)"):
        raise ZeroDivisionError
    assert lock.holder(settings) is None
    settings.warehouse.write_bytes(b"whole")
    with lock.one_at_a_time(settings, "hasila load (process 1)") as interrupted:
        assert interrupted is None
    assert settings.warehouse.exists()


def test_waiting_ends_when_the_holder_does(settings: Settings, holder: subprocess.Popen[str]) -> None:
    patient = settings.model_copy(update={"lock_wait_seconds": 60})
    subprocess.Popen(["/bin/sh", "-c", f"sleep 0.5; kill -9 {holder.pid}"])
    with lock.one_at_a_time(patient, "hasila load (process 1)"):
        pass
    assert holder.wait() == -signal.SIGKILL


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with their parent")
def test_a_child_that_asked_for_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    child = "from orchestration.model import end_with_parent; import os, time, sys; "
    child += "end_with_parent(int(sys.argv[1])); print(os.getpid(), flush=True); time.sleep(600)"
    parent = f"import subprocess, os, sys; subprocess.run([sys.executable, '-c', {child!r}, str(os.getpid())])"
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pid = process.stdout.readline().strip()
    assert storage.is_alive(pid)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while storage.is_alive(pid) and "Z" not in _state(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not storage.is_alive(pid) or "Z" in _state(pid)


def _state(pid: str) -> str:
    """The state of a process as the system has it; a zombie is one that ended and that nobody asked about yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"
