"""The room of receiving: from the inbox's files to archive and receipts."""

import datetime as dt
import hashlib
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from upath import UPath

from orchestration import gathered
from orchestration.receive import archive, inbox, receipts
from orchestration.receive.inbox import InboxFile, Waiting
from orchestration.receive.receipts import Receipt

UNNAMED_ORGANISATION = "UNKNOWN"


@dataclass
class Received:
    """What one pass over the inbox brought: new receipts, and the files that wait."""

    new: list[Receipt] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    files_seen: int = 0

    @property
    def days(self) -> list[dt.date]:
        """The received days with news."""
        return sorted({receipt.received_date for receipt in self.new})


class _Last(NamedTuple):
    """What was received last from a place of the inbox, or under a name."""

    size: int
    mtime_ns: int
    file_sha256: str


class History:
    """What was received before, as far as a new file must be compared with it."""

    _FIELDS = ("inbox_path", "size_bytes", "mtime_ns", "file_sha256", "organisation_code", "file_name")

    def __init__(self, lake: UPath, gathered_folder: Path | None = None):
        self._at: dict[str, _Last] = {}
        self._named: dict[tuple[str, str], str] = {}
        self._contents: set[tuple[str, str]] = set()
        for row in gathered.receipt_columns(lake, gathered_folder, self._FIELDS):
            self._add(*row)

    def _add(self, path: str, size: int, mtime_ns: int, sha256: str, organisation: str, name: str) -> None:
        self._at[path] = _Last(size, mtime_ns, sha256)
        self._named[organisation, name] = sha256
        self._contents.add((organisation, sha256))

    def add(self, receipt: Receipt) -> None:
        """Have a new receipt be history too: the last one of its place and name."""
        self._add(*(getattr(receipt, name) for name in self._FIELDS))

    def knows_file(self, file: InboxFile) -> bool:
        """Whether this very file was received last from its place: same size and time, so it need not be hashed."""
        last = self._at.get(file.path)
        return last is not None and (last.size, last.mtime_ns) == (file.size, file.mtime_ns)

    def knows_content(self, organisation_code: str, file_sha256: str) -> bool:
        """Whether this organisation sent these bytes before."""
        return (organisation_code, file_sha256) in self._contents

    def passed_over(self, file: InboxFile, organisation_code: str, file_sha256: str) -> Waiting | None:
        """What there is to say of bytes that are known, where others came since in their place or under their name.

        They may be meant to stand again. A copy beside the first says nothing of the kind.
        """
        at = self._at.get(file.path)
        others = (at and at.file_sha256, self._named.get((organisation_code, file.name)))
        if all(sha256 in (None, file_sha256) for sha256 in others):
            return None
        return Waiting(
            file.path,
            "the same bytes were received before, and others under this name since: they are not received again; "
            "if they are to stand again, send them with a change (a remark, say)",
        )


@dataclass(frozen=True, slots=True)
class Look:
    """The inbox as it is seen without receiving: what a load would receive, and what waits.

    `new` are the contents that nobody has received, as (organisation, SHA-256), each once however often
    it lies there.
    """

    new: tuple[tuple[str, str], ...]
    waiting: tuple[Waiting, ...]


def state_of(inbox_folder: Path, today: dt.date) -> str:
    """What stands for the files in the inbox as they lie there today, unopened. Raises InboxError."""
    files, waiting = inbox.walk(inbox_folder, today)
    return hashlib.sha256(repr((today, files, waiting)).encode()).hexdigest()


def look(
    inbox_folder: Path,
    lake: UPath,
    *,
    today: dt.date,
    settle_seconds: float,
    organisation_of: Callable[[str], str | None],
    gathered_folder: Path | None = None,
) -> Look:
    """See what a load would receive; nothing is written. `gathered_folder` as for `receive`.

    Raises InboxError, ReceiptsError, OSError of the lake.
    """
    files, waiting = inbox.walk(inbox_folder, today)
    history = History(lake, gathered_folder)
    candidates, unsettled = inbox.settled(
        inbox_folder, [file for file in files if not history.knows_file(file)], settle_seconds
    )
    waiting += unsettled
    new = set()
    for file in candidates:
        try:
            with archive.open_source(inbox_folder, file.path) as source:
                organisation, sha256 = _organisation(file, organisation_of), archive.sha256(source)
        except OSError as error:
            waiting.append(Waiting(file.path, f"it cannot be read: {error.strerror}"))
            continue
        if not history.knows_content(organisation, sha256):
            new.add((organisation, sha256))
        elif passed_over := history.passed_over(file, organisation, sha256):
            waiting.append(passed_over)
    return Look(tuple(sorted(new)), tuple(waiting))


def _organisation(file: InboxFile, organisation_of: Callable[[str], str | None]) -> str:
    """Who sent a file, by the folder it lies in."""
    return (organisation_of(file.folder) or file.folder) if file.folder else UNNAMED_ORGANISATION


def receive(
    inbox_folder: Path,
    archive_folder: UPath,
    lake: UPath,
    *,
    today: dt.date,
    now: dt.datetime,
    settle_seconds: float,
    organisation_of: Callable[[str], str | None],
    gathered_folder: Path | None = None,
) -> Received:
    """Archive what is new in the inbox and write its receipts.

    `organisation_of` turns a folder's name into the register's code (None where it is unknown).
    `now` is the moment of the load, UTC without zone. `gathered_folder` is where the lake's files lie gathered: a long
    history is known sooner from there. The receipts of a day are written after the
    day's files are safe in the archive: a load that dies between the two finds them again.

    Raises InboxError (no readable inbox) and OSError (the archive or the lake cannot be written).
    """
    files, waiting = inbox.walk(inbox_folder, today)
    history = History(lake, gathered_folder)
    candidates, unsettled = inbox.settled(
        inbox_folder, [file for file in files if not history.knows_file(file)], settle_seconds
    )
    result = Received(waiting=waiting + unsettled, files_seen=len(files))
    arrivals: dict[dt.date, list[Receipt]] = defaultdict(list)
    for file in candidates:
        organisation = _organisation(file, organisation_of)
        day = file.dated or today
        try:
            source = archive.open_source(inbox_folder, file.path)
        except OSError as error:
            result.waiting.append(Waiting(file.path, f"it cannot be read: {error.strerror}"))
            continue
        with source:
            try:
                sha256 = archive.sha256(source)
            except OSError as error:
                result.waiting.append(Waiting(file.path, f"it cannot be read: {error.strerror}"))
                continue
            status = os.fstat(source.fileno())
            if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
                result.waiting.append(Waiting(file.path, "it is still being written"))
                continue
            if history.knows_content(organisation, sha256):
                if passed_over := history.passed_over(file, organisation, sha256):
                    result.waiting.append(passed_over)
                continue
            try:
                stored = archive.store(source, file.name, archive_folder, day, sha256)
            except archive.ChangedWhileReadError:
                result.waiting.append(Waiting(file.path, "it is still being written"))
                continue
        receipt = Receipt(
            receipt_id=receipts.receipt_id(sha256, day, organisation),
            organisation_code=organisation,
            organisation_folder=file.folder,
            file_name=file.name,
            inbox_path=file.path,
            file_sha256=sha256,
            size_bytes=file.size,
            archive_path=stored,
            received_date=day,
            received_at=now,
            mtime_ns=file.mtime_ns,
        )
        history.add(receipt)
        arrivals[day].append(receipt)
    for day, new in sorted(arrivals.items()):
        result.new += _write_day(lake, day, new, now)
    return result


def _write_day(lake: UPath, day: dt.date, new: list[Receipt], now: dt.datetime) -> list[Receipt]:
    """Add `new` to the day's receipts, each later than those before it, all within the day."""
    earlier = receipts.read_day(lake, day)
    start = dt.datetime.combine(day, dt.time())
    last = start + dt.timedelta(days=1) - dt.timedelta(microseconds=len(new))
    moment = min(now, last) if now.date() == day else start
    if earlier:
        moment = max(moment, earlier[-1].received_at + dt.timedelta(microseconds=1))
    stamped = [
        replace(receipt, received_at=moment + dt.timedelta(microseconds=position))
        for position, receipt in enumerate(new)
    ]
    receipts.write_day(lake, day, [*earlier, *stamped])
    return stamped
