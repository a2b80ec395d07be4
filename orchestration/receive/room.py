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
    """What was received last from a place of the inbox."""

    received_at: dt.datetime
    size: int
    mtime_ns: int
    file_sha256: str


class History:
    """What was received before, as far as a new file must be compared with it."""

    _FIELDS = (
        *("inbox_path", "received_at", "size_bytes", "mtime_ns", "file_sha256"),
        *("organisation_code", "received_date"),
    )

    def __init__(self, lake: UPath, gathered_folder: Path | None = None):
        self._last: dict[str, _Last] = {}
        self._days: dict[tuple[str, str], set[dt.date]] = {}
        for path, *last, organisation, day in gathered.receipt_columns(lake, gathered_folder, self._FIELDS):
            self._add(path, _Last(*last), organisation, day)

    def _add(self, path: str, last: _Last, organisation: str, day: dt.date) -> None:
        before = self._last.get(path)
        if before is None or before.received_at <= last.received_at:
            self._last[path] = last
        self._days.setdefault((organisation, last.file_sha256), set()).add(day)

    def add(self, receipt: Receipt) -> None:
        """Have a new receipt be history too: the last one of its place."""
        last = _Last(receipt.received_at, receipt.size_bytes, receipt.mtime_ns, receipt.file_sha256)
        self._add(receipt.inbox_path, last, receipt.organisation_code, receipt.received_date)

    def knows_file(self, file: InboxFile) -> bool:
        """Whether this very file was received last from its place: same size and time, so it need not be hashed."""
        last = self._last.get(file.path)
        return last is not None and (last.size, last.mtime_ns) == (file.size, file.mtime_ns)

    def knows_content(self, file: InboxFile, organisation_code: str, file_sha256: str, day: dt.date) -> bool:
        """Whether the file is a copy of what this organisation sent before, and no second delivery of it.

        A second delivery says its own day, or stands where another file was received last: it takes back what came
        in between. A copy beside the first says neither.
        """
        days = self._days.get((organisation_code, file_sha256), set())
        if not days or day in days:
            return bool(days)
        return file.dated is None and not self._is_exchanged(file, file_sha256)

    def is_taken_back(self, file: InboxFile, organisation_code: str, file_sha256: str, day: dt.date) -> bool:
        """Whether the file was received on that very day, and another from its place since: no receipt can say so."""
        days = self._days.get((organisation_code, file_sha256), set())
        return day in days and self._is_exchanged(file, file_sha256)

    def _is_exchanged(self, file: InboxFile, file_sha256: str) -> bool:
        last = self._last.get(file.path)
        return last is not None and last.file_sha256 != file_sha256


@dataclass(frozen=True, slots=True)
class Look:
    """The inbox as it is seen without receiving: what a load would receive, and what waits.

    `new` are the contents that were not received, as (organisation, SHA-256, the day that a folder names), each
    once however often it lies there.
    """

    new: tuple[tuple[str, str, str], ...]
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
        organisation = _organisation(file, organisation_of)
        day = file.dated or today
        try:
            with archive.open_source(inbox_folder, file.path) as source:
                sha256 = archive.sha256(source)
        except OSError as error:
            waiting.append(Waiting(file.path, f"it cannot be read: {error.strerror}"))
            continue
        if history.is_taken_back(file, organisation, sha256, day):
            waiting.append(_taken_back(file, day))
        elif not history.knows_content(file, organisation, sha256, day):
            new.add((organisation, sha256, file.dated.isoformat() if file.dated else ""))
    return Look(tuple(sorted(new)), tuple(waiting))


def _taken_back(file: InboxFile, day: dt.date) -> Waiting:
    what_helps = "tomorrow's load receives it again" if file.dated is None else "give it a later day's folder"
    return Waiting(file.path, f"it was received on {day}, and another in its place since, which stands; {what_helps}")


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
            if history.is_taken_back(file, organisation, sha256, day):
                result.waiting.append(_taken_back(file, day))
                continue
            if history.knows_content(file, organisation, sha256, day):
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
