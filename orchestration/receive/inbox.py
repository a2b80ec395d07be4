"""Walking the inbox: which files are there, who sent them, and which must wait.

The inbox is written by people and by other programs, so it is not trusted: no link is followed,
nothing outside it is read, and a file that is still being written is left for the next load.
"""

import datetime as dt
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp", "~")
_UNFINISHED_PREFIXES = (".", "~$", "~")
_JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_DEEPEST = 32


class InboxError(Exception):
    """The inbox itself cannot be read."""


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A regular file in the inbox.

    `path` is relative to the inbox, with `/`. `folder` is the organisation's folder as named, empty
    for a file that lies beside the folders. `dated` is the day of the dated folder, if there is one.
    """

    path: str
    folder: str
    dated: dt.date | None
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that was left in the inbox, and why."""

    path: str
    reason: str


def walk(inbox: Path, today: dt.date) -> tuple[list[InboxFile], list[Waiting]]:
    """All files of the inbox in the order of their paths, and those that must wait.

    Raises InboxError when the inbox is missing, not a folder, or may not be read.
    """
    try:
        if not stat.S_ISDIR(os.stat(inbox).st_mode):
            raise InboxError(f"{inbox} is not a folder")
        found = list(_walk(inbox, today))
    except OSError as error:
        raise InboxError(f"the inbox {inbox} cannot be read: {error.strerror}") from error
    files = [entry for entry in found if isinstance(entry, InboxFile)]
    waiting = [entry for entry in found if isinstance(entry, Waiting)]
    return sorted(files, key=lambda file: file.path), sorted(waiting, key=lambda entry: entry.path)


def _walk(inbox: Path, today: dt.date) -> Iterator[InboxFile | Waiting]:
    descriptor = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield from _walk_folder(descriptor, (), today)
    finally:
        os.close(descriptor)


def _walk_folder(descriptor: int, parts: tuple[str, ...], today: dt.date) -> Iterator[InboxFile | Waiting]:
    """The files below one open folder; what cannot be looked at waits and holds up nothing else."""
    dated = received_day(parts[1]) if len(parts) > 1 else None
    for name in sorted(os.listdir(descriptor)):
        if name.startswith(".") or name.lower() in _JUNK_NAMES:
            continue
        path = "/".join([*parts, name])
        if not name.isprintable():
            yield Waiting(_printable(path), "its name holds unprintable characters")
            continue
        try:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                yield from _enter(descriptor, name, (*parts, name), today)
                continue
        except OSError as error:
            yield Waiting(path, f"it cannot be read: {error.strerror}")
            continue
        if name.lower().endswith(_UNFINISHED_SUFFIXES) or name.startswith(_UNFINISHED_PREFIXES):
            yield Waiting(path, "it is still being written")
        elif stat.S_ISLNK(status.st_mode):
            yield Waiting(path, "it is a link, and links are not followed")
        elif not stat.S_ISREG(status.st_mode):
            yield Waiting(path, "it is not a regular file")
        elif dated is not None and dated > today:
            yield Waiting(path, f"its received date {dated} is in the future")
        else:
            yield InboxFile(path, parts[0] if parts else "", dated, status.st_size, status.st_mtime_ns)


def _enter(above: int, name: str, parts: tuple[str, ...], today: dt.date) -> Iterator[InboxFile | Waiting]:
    if len(parts) > _DEEPEST:
        yield Waiting("/".join(parts), f"it lies more than {_DEEPEST} folders deep")
        return
    # A folder exchanged for a link meanwhile is refused here.
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    try:
        yield from _walk_folder(descriptor, parts, today)
    finally:
        os.close(descriptor)


def _printable(path: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in path)


def received_day(name: str) -> dt.date | None:
    """The received date that a folder is named by; None where it is another folder."""
    if not _DATED.fullmatch(name):
        return None
    try:
        return dt.date.fromisoformat(name)
    except ValueError:
        return None


def settled(inbox: Path, files: list[InboxFile], settle_seconds: float) -> tuple[list[InboxFile], list[Waiting]]:
    """`files` without those that are still being written.

    Where a file was touched within the last `settle_seconds`, all are looked at again once that span
    has passed; one whose size or time changed, or that another process holds open for writing, waits.
    """
    now = time.time()
    youngest = max((file.mtime_ns / 1e9 for file in files), default=0.0)
    if now - youngest < settle_seconds:
        time.sleep(min(settle_seconds, max(0.0, youngest + settle_seconds - now)))
    # A slow copy may pause for longer than any span, so an old time is no proof that it is finished.
    written = _open_for_writing(inbox) if files else set()
    done: list[InboxFile] = []
    waiting: list[Waiting] = []
    for file in files:
        try:
            status = os.stat(inbox / file.path, follow_symlinks=False)
        except OSError:
            waiting.append(Waiting(file.path, "it vanished while it was looked at"))
            continue
        if (status.st_dev, status.st_ino) in written or (status.st_size, status.st_mtime_ns) != (
            file.size,
            file.mtime_ns,
        ):
            waiting.append(Waiting(file.path, "it is still being written"))
        else:
            done.append(replace(file, size=status.st_size, mtime_ns=status.st_mtime_ns))
    return done, waiting


def _open_for_writing(inbox: Path) -> set[tuple[int, int]]:
    """Device and inode of files below `inbox` that a process of this machine holds open for writing.

    Only Linux tells, and only of processes one may look at; elsewhere the set is empty and the
    size and the time of a file are all there is to go by.
    """
    held: set[tuple[int, int]] = set()
    inside = f"{os.path.realpath(inbox)}{os.sep}"
    try:
        processes = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return held
    for process in processes:
        try:
            descriptors = os.listdir(f"/proc/{process}/fd")
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                if not os.readlink(f"/proc/{process}/fd/{descriptor}").startswith(inside):
                    continue
                with open(f"/proc/{process}/fdinfo/{descriptor}", encoding="ascii") as info:
                    flags = next((int(line.split()[1], 8) for line in info if line.startswith("flags:")), 0)
                if flags & (os.O_WRONLY | os.O_RDWR):
                    status = os.stat(f"/proc/{process}/fd/{descriptor}")
                    held.add((status.st_dev, status.st_ino))
            except OSError:
                continue
    return held
