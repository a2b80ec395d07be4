"""One at a time: the lock that loads, Dagster's runs, rollbacks and rebuilds hold while they write.

It is a lock of the system's on `work/load.lock`, which goes with the process that holds it, however that
ends. Beside it `work/load.holder` says who that is, and which process. A holder that ends takes its name away;
a name without a lock is that of one that was killed, and whoever comes next clears what it left. Where the
data lies in object storage, other machines are kept out by a lease besides (`lease`).
"""

import contextlib
import datetime as dt
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from orchestration import storage
from orchestration.settings import Settings


class BusyError(Exception):
    """Another process is at work; says which, and since when."""


@contextmanager
def one_at_a_time(settings: Settings, holder: str) -> Iterator[str | None]:
    """Hold the lock in the name of `holder`; gives the name of the holder before where that was killed.

    Raises BusyError when another one holds it longer than `lock_wait_seconds`, OSError.
    """
    from filelock import FileLock, Timeout

    settings.work.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.work / "load.lock", timeout=settings.lock_wait_seconds)
    try:
        lock.acquire()
    except Timeout as error:
        raise BusyError(_named(settings) or "another process") from error
    try:
        with _alone(settings, holder):
            interrupted = _named(settings)
            if interrupted is not None:
                clear_leftovers(settings)
            storage.write_text(_name_path(settings), f"{_since(settings, holder)}\n{_process(os.getpid())}\n")
            try:
                yield interrupted
            finally:
                with contextlib.suppress(OSError):
                    _name_path(settings).unlink()
    finally:
        lock.release()


def _since(settings: Settings, holder: str) -> str:
    return f"{holder}, since {dt.datetime.now(settings.zone):%Y-%m-%d %H:%M:%S}"


@contextmanager
def _alone(settings: Settings, holder: str) -> Iterator[None]:
    """Keep other machines out where they could come: then with the lake's copy as the last one left the lake."""
    if not settings.is_remote:
        yield
        return
    from orchestration import lease, mirror

    data = UPath(settings.data).path.rstrip("/")
    try:
        with lease.held(data, settings.work, _since(settings, holder), settings.lock_wait_seconds):
            taken_at = time.monotonic()
            mirror.refresh(settings.lake, since=taken_at)
            yield
    except lease.LeaseTakenError as error:
        raise BusyError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, since when; `is_alive` is false where it was killed and nobody came since."""

    name: str
    is_alive: bool


def holder(settings: Settings) -> Holder | None:
    """Who is at work, or was killed at it. The lock itself is not touched."""
    noted = _noted(settings)
    if noted is None:
        return None
    name, process = noted
    number = process.partition(" ")[0]
    # After a restart of the machine, or of the container, another process may have the number. What is not told
    # on one of both sides tells nothing.
    if not storage.is_alive(number):
        return Holder(name, is_alive=False)
    told = zip(process.split(), _process(int(number)).split(), strict=False)
    return Holder(name, all(noted_then == told_now for noted_then, told_now in told))


def _process(number: int) -> str:
    """A process as no other one is known: its number and, where the system tells, which boot it is of and its start."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # The name of a program, in brackets, may hold anything; the 22nd field is the start.
        started = Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return str(number)
    return f"{number} {boot} {started}"


def _name_path(settings: Settings) -> Path:
    return settings.work / "load.holder"


def _named(settings: Settings) -> str | None:
    """Who holds the lock, or held it last and did not end."""
    noted = _noted(settings)
    return noted[0] if noted else None


def _noted(settings: Settings) -> tuple[str, str] | None:
    """The name of who holds the lock, or held it last and did not end, with its process; empty where none is told."""
    try:
        name, _, process = _name_path(settings).read_text(encoding="utf-8").strip().partition("\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    return name, process


def clear_leftovers(settings: Settings) -> None:
    """Remove what a killed process left half-done in every room. Only to be called by the lock's holder.

    What is whole stays: the next load finds by its seals what is still to do.
    """
    from orchestration import rebuild
    from orchestration.release import publish

    publish.clear_unfinished(settings.published)
    for folder in (settings.archive, settings.lake, settings.work, settings.outbox):
        storage.clear_temporaries(folder)
    for name in ("as_of", "reproduce"):
        rebuild.clear(settings.work / name)
    clear_warehouse(settings)


def clear_warehouse(settings: Settings) -> None:
    """Remove the built warehouse with all that DuckDB keeps beside it: nothing is built upon a half-built one."""
    settings.warehouse_note.unlink(missing_ok=True)
    for name in (settings.warehouse.name, f"{settings.warehouse.name}.wal"):
        settings.warehouse.with_name(name).unlink(missing_ok=True)
    shutil.rmtree(settings.warehouse.with_name(f"{settings.warehouse.name}.tmp"), ignore_errors=True)
