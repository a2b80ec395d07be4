"""One machine at a time: the lease that a load holds where its data lies in object storage.

It is an object, `<data>/load.lease`, that is made only where there is none and replaced only by whoever read
it last. Its holder renews it; one that is not renewed for `SECONDS`, by the storage's own clock, is void.
The lock of the machine (`lock`) is held around it: a lease that this machine left behind is void at once.

A holder that could not renew it stops writing well before that: `object_storage` asks `check` before and
during whatever it changes. That asks nobody, only this machine's clocks.
"""

import contextlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration import storage

NAME = "load.lease"
SECONDS = 120.0
_TRUSTED = 0.75
"""Of `SECONDS`, counted from when the last renewal began, the part in which a holder writes; in the rest, what
was broken off on its way there has time to come to nothing."""
_ASK_AGAIN_SECONDS = 1.0


class LeaseTakenError(Exception):
    """Another machine holds the lease; says who."""


class LeaseLostError(OSError):
    """The lease ran out and may be another machine's by now: nothing may be written."""


_held: list["_Lease"] = []


@contextmanager
def held(data: str, work: Path, holder: str, wait_seconds: float) -> Iterator[None]:
    """Hold the lease of `data` (`bucket/key`) in the name of `holder`.

    `work` remembers which machine this is. Raises LeaseTakenError when another one holds it longer than
    `wait_seconds`, OSError.
    """
    lease = _Lease(data, _machine(work), holder)
    deadline = time.monotonic() + wait_seconds
    while (other := lease.take()) is not None:
        if time.monotonic() >= deadline:
            raise LeaseTakenError(other)
        time.sleep(min(_ASK_AGAIN_SECONDS, max(0.0, deadline - time.monotonic())))
    _held.append(lease)
    try:
        with lease.renewing():
            yield
    finally:
        try:
            lease.give_back()
        finally:
            _held.remove(lease)


def is_held() -> bool:
    """Whether this process holds a lease."""
    return bool(_held)


def check() -> float | None:
    """For how many seconds, at least, this process may write; None where it holds no lease.

    Raises LeaseLostError where a lease that it took may be another machine's by now.
    """
    return min((lease.check() for lease in list(_held)), default=None)


def _machine(work: Path) -> str:
    """What tells this machine, and its work folder, from others."""
    path = work / "machine"
    with contextlib.suppress(FileNotFoundError):
        if name := path.read_text(encoding="utf-8").strip():
            return name
    storage.write_text(path, f"{socket.gethostname()}-{secrets.token_hex(4)}\n")
    return path.read_text(encoding="utf-8").strip()


def _clocks() -> tuple[float, float]:
    """Now, by two clocks: one may be set back, the other stands still while the machine sleeps."""
    return time.time(), time.monotonic()


class _Lease:
    def __init__(self, data: str, machine: str, holder: str):
        from orchestration.object_storage import ObjectStorage

        self._storage = ObjectStorage()
        self._path = f"{data}/{NAME}"
        self._machine = machine
        self._told = {"machine": machine, "holder": holder, "run": secrets.token_hex(8)}
        self._etag = ""
        self._renewed = (0.0, 0.0)
        self._is_lost = False

    def take(self) -> str | None:
        """Take the lease; returns who holds it where that cannot be."""
        from orchestration.object_storage import LostRaceError

        try:
            self._write(create=True)
        except LostRaceError:
            pass
        else:
            return None
        try:
            content, etag, age = self._storage.age(self._path)
        except FileNotFoundError:
            return "another machine, that just ended"
        try:
            told = json.loads(content)
            machine, holder = str(told["machine"]), str(told["holder"])
        except (ValueError, KeyError, TypeError):
            machine, holder = "", f"whoever wrote s3://{self._path}"
        if machine != self._machine and age.total_seconds() < SECONDS:
            return f"{holder}, on {machine.rsplit('-', 1)[0] or 'an unknown machine'}"
        try:
            self._write(replaces=etag)
        except LostRaceError:
            return "another machine, that was faster"
        return None

    def _write(self, *, create: bool = False, replaces: str | None = None) -> None:
        """Write the lease on a condition. Raises LostRaceError where it is not met, OSError."""
        from orchestration.object_storage import LostRaceError

        # Each writing differs from the one before, so that its etag does.
        content = (json.dumps({**self._told, "turn": secrets.token_hex(8)}) + "\n").encode()
        began = _clocks()
        while True:
            try:
                self._etag = self._storage.write(self._path, content, create=create, replaces=replaces)
                break
            except LostRaceError:
                # It, or the one before, may have been written and only the answer lost.
                try:
                    found, etag = self._storage.read(self._path)
                except FileNotFoundError:
                    found, etag = b"", ""
                if found == content:
                    self._etag = etag
                    break
                if not self._is_own(found):
                    raise
                create, replaces = False, etag
        self._renewed = began

    def _is_own(self, content: bytes) -> bool:
        """Whether a lease that was read is one that this holder wrote, in whatever turn."""
        try:
            told = json.loads(content)
            return all(told[name] == value for name, value in self._told.items())
        except (ValueError, KeyError, TypeError):
            return False

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Renew the lease from time to time, in a thread of its own."""
        ended = threading.Event()
        thread = threading.Thread(target=self._renew, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _renew(self, ended: threading.Event) -> None:
        from orchestration.object_storage import LostRaceError

        while not ended.wait(SECONDS / 4):
            try:
                self._write(replaces=self._etag)
            except LostRaceError:
                self._is_lost = True
                return
            except OSError:
                # The storage may be back before the lease has run out.
                continue

    def check(self) -> float:
        """For how many seconds it surely is this machine's. Raises LeaseLostError."""
        passed = max(now - then for now, then in zip(_clocks(), self._renewed, strict=True))
        left = 0.0 if self._is_lost else SECONDS * _TRUSTED - passed
        if left <= 0:
            raise LeaseLostError(f"s3://{self._path} could not be renewed: another machine may be loading by now")
        return left

    def give_back(self) -> None:
        """Let the next one in, unless it may be in already: then the storage is not asked."""
        with contextlib.suppress(OSError):
            self._storage.remove([self._path])
