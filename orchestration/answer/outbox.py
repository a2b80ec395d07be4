"""The outbox: answers that wait to be sent, and what became of them.

`<organisation>/<received-date>/<file>.<receipt>.<verdict>.xlsx`, with a JSON file beside it that says
what it is and whether it was sent. An answer is there once its JSON file is.
"""

import contextlib
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from orchestration import storage
from orchestration.answer.content import Answer
from orchestration.settings import LANGUAGES, Language

State = Literal["waiting", "sent"]
SHORT = 12
"""So many characters of a receipt tell it from all others of its organisation and day."""
_TODO = ".todo.json"
_DAYS = ".days.json"
_LOCK = ".lock"
_LONGEST_STEM = 100
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


class OutboxError(Exception):
    """The outbox cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer in the outbox.

    `digest` stands for what the answer says; `sent_to` are digests of the addresses that took it, so
    that nobody gets it twice when another address refused it. `attempts` counts failed and successful
    handings over; `error` is why the last one failed, of each address that did not take it.
    """

    receipt_id: str
    organisation_code: str
    file_name: str
    received_date: dt.date
    family: str
    language: Language
    verdict: str
    values: dict[str, int]
    counts: dict[str, int]
    digest: str
    workbook: str
    written_at: dt.datetime
    state: State = "waiting"
    sent_at: dt.datetime | None = None
    sent_to: tuple[str, ...] = ()
    attempts: int = 0
    error: str = ""

    def folder(self, outbox: Path) -> Path:
        return _folder(outbox, self.organisation_code, self.received_date)

    def workbook_path(self, outbox: Path) -> Path:
        return self.folder(outbox) / self.workbook

    @property
    def key(self) -> str:
        """What this answer is known by where it is handed over: a later one that says the same has another."""
        said = f"{self.digest} {self.workbook} {self.written_at.isoformat()}"
        return hashlib.sha256(said.encode()).hexdigest()

    def path(self, outbox: Path) -> Path:
        """The JSON file."""
        return self.folder(outbox) / f"{self.workbook.removesuffix('.xlsx')}.json"


def safe_name(name: str) -> str:
    """`name` as one step of a path on any system."""
    clean = _UNSAFE.sub("_", name).strip(" .")
    return clean or "_"


def digest_of(answer: Answer) -> str:
    """What stands for all that an answer says."""
    said = json.dumps(answer, default=_plain, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _plain(value: object) -> object:
    # `asdict` would copy every text of every finding before it is written.
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return str(value)


# --- reading


def entries(outbox: Path) -> tuple[list[Entry], list[Path]]:
    """All answers by organisation, day and time of writing, and the JSON files that are none.

    Left out are those that waited when a later one to the same receipt was written: a load that dies may leave both.
    """
    found, damaged = [], []
    for path in sorted(outbox.glob("*/*/*.json")):
        if path.name.startswith(storage.TEMPORARY_PREFIX):
            continue
        try:
            found.append(_entry(json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, KeyError, TypeError, OSError):
            damaged.append(path)
    found.sort(key=lambda entry: (entry.organisation_code, entry.received_date, entry.written_at, entry.workbook))
    latest = {_receipt(entry): entry for entry in found}
    return [entry for entry in found if entry.state == "sent" or entry is latest[_receipt(entry)]], damaged


def _receipt(entry: Entry) -> tuple[str, dt.date, str]:
    return entry.organisation_code, entry.received_date, entry.receipt_id


def _entry(stored: dict[str, Any]) -> Entry:
    content = dict(stored)
    content["received_date"] = dt.date.fromisoformat(content["received_date"])
    content["written_at"] = dt.datetime.fromisoformat(content["written_at"])
    if content["sent_at"] is not None:
        content["sent_at"] = dt.datetime.fromisoformat(content["sent_at"])
    content["sent_to"] = tuple(content["sent_to"])
    entry = Entry(**content)
    plain = Path(entry.workbook).name == entry.workbook
    if entry.state not in get_args(State) or entry.language not in LANGUAGES or not plain:
        raise ValueError(entry.workbook)
    return entry


def of_day(outbox: Path, organisation_code: str, received_date: dt.date) -> dict[str, list[Entry]]:
    """The answers to an organisation's reports of one day, by receipt, the latest last."""
    return _by_receipt(_folder(outbox, organisation_code, received_date).glob("*.json"))


def _of_receipt(outbox: Path, answer: Answer) -> list[Entry]:
    """The answers to one receipt, the latest last."""
    folder = _folder(outbox, answer.organisation_code, answer.received_date)
    paths = folder.glob(f"*.{answer.receipt_id[:SHORT]}.*.json")
    return _by_receipt(paths).get(answer.receipt_id, [])


def _folder(outbox: Path, organisation_code: str, received_date: dt.date) -> Path:
    return outbox / safe_name(organisation_code) / received_date.isoformat()


def _by_receipt(paths: Iterable[Path]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for path in paths:
        with contextlib.suppress(ValueError, KeyError, TypeError, OSError):
            entry = _entry(json.loads(path.read_text(encoding="utf-8")))
            found.setdefault(entry.receipt_id, []).append(entry)
    for known in found.values():
        known.sort(key=lambda entry: (entry.written_at, entry.workbook))
    return found


# --- writing


def is_news(answer: Answer, known: Iterable[Entry]) -> bool:
    """Whether an answer says what the reporter does not have yet.

    One that waits is replaced when it would say anything else; one that was sent, only by another verdict.
    """
    latest = list(known)[-1:]
    if not latest:
        return True
    (last,) = latest
    return last.verdict != answer.verdict if last.state == "sent" else last.digest != digest_of(answer)


def store(outbox: Path, answer: Answer, workbook: bytes, known: Sequence[Entry] | None = None) -> Entry:
    """Put an answer into the outbox, in the place of one to the same receipt that still waits. Raises OSError.

    `known` are the answers to that receipt, the latest last; they are looked for where they are not given, which
    takes the longer the more answers there are to reports of that organisation and day.
    """
    known = _of_receipt(outbox, answer) if known is None else known
    sent = {entry.workbook for entry in known if entry.state == "sent"}
    stem = _stem(answer.file_name)
    name, number = f"{stem}.{answer.receipt_id[:SHORT]}.{answer.verdict}", 1
    while f"{name}.xlsx" in sent:
        number += 1
        name = f"{stem}.{answer.receipt_id[:SHORT]}.{answer.verdict}-{number}"
    entry = Entry(
        receipt_id=answer.receipt_id,
        organisation_code=answer.organisation_code,
        file_name=answer.file_name,
        received_date=answer.received_date,
        family=answer.family,
        language=answer.language,
        verdict=answer.verdict,
        values=dict(answer.values),
        counts={str(severity): count for severity, count in answer.counts.items()},
        digest=digest_of(answer),
        workbook=f"{name}.xlsx",
        written_at=dt.datetime.now(dt.UTC),
    )
    storage.write_bytes(entry.workbook_path(outbox), workbook)
    save(outbox, entry)
    drop_superseded(outbox, [*(old for old in known if old.workbook != entry.workbook), entry])
    return entry


def drop_superseded(outbox: Path, known: Sequence[Entry]) -> None:
    """Remove, of the answers to one receipt, the latest last, those that waited when it was written."""
    for old in known[:-1]:
        if old.state == "waiting":
            old.path(outbox).unlink(missing_ok=True)
            old.workbook_path(outbox).unlink(missing_ok=True)


def _stem(file_name: str) -> str:
    """A file's name without its ending, not longer than file systems take with what is put behind it."""
    stem = safe_name(Path(safe_name(file_name)).stem)
    while len(stem.encode()) > _LONGEST_STEM:
        stem = stem[:-1]
    return stem.strip(" .") or "_"


def save(outbox: Path, entry: Entry) -> None:
    """Write an answer's JSON file. Raises OSError."""
    storage.write_text(entry.path(outbox), json.dumps(as_json(entry), ensure_ascii=False, indent=1) + "\n")


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry as JSON holds it."""
    content = asdict(entry)
    for name in ("received_date", "written_at", "sent_at"):
        content[name] = content[name].isoformat() if content[name] is not None else None
    return content


def accepted(entry: Entry, address: str) -> Entry:
    """The entry after an address, or the one receiver, took it."""
    return replace(entry, sent_to=(*entry.sent_to, address_digest(address)))


def address_digest(address: str) -> str:
    """What stands for an address in the outbox: addresses are personal data."""
    return hashlib.sha256(address.strip().casefold().encode()).hexdigest()[:16]


# --- what is still to be answered


def remember(outbox: Path, receipts: Iterable[tuple[str, str]]) -> None:
    """Note receipts (id, received date) as still to be answered, so that a load that dies forgets none."""
    wanted = set(receipts)
    known = set(remembered(outbox))
    if wanted - known:
        _note(outbox / _TODO, wanted | known)


def remembered(outbox: Path) -> list[tuple[str, str]]:
    """The receipts that are still to be answered."""
    try:
        return [(str(receipt), str(day)) for receipt, day in _noted(outbox / _TODO)]
    except (ValueError, TypeError):
        return []


def forget(outbox: Path, receipts: Iterable[tuple[str, str]]) -> None:
    """Note receipts as answered."""
    _note(outbox / _TODO, set(remembered(outbox)) - set(receipts))


def remember_days(outbox: Path, days: Iterable[str]) -> None:
    """Note received days as read again: a load that fails later leaves their answers to the next one."""
    wanted = set(days)
    known = set(remembered_days(outbox))
    if wanted - known:
        _note(outbox / _DAYS, wanted | known)


def remembered_days(outbox: Path) -> list[str]:
    """The days that were read again and whose answers nobody has looked at since."""
    try:
        return [dt.date.fromisoformat(day).isoformat() for day in _noted(outbox / _DAYS)]
    except (ValueError, TypeError):
        return []


def forget_days(outbox: Path, days: Iterable[str]) -> None:
    """Note days as looked at."""
    _note(outbox / _DAYS, set(remembered_days(outbox)) - set(days))


def _noted(path: Path) -> list[Any]:
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


def _note(path: Path, left: Iterable[Any]) -> None:
    if listed := sorted(left):
        storage.write_text(path, json.dumps(listed))
    else:
        path.unlink(missing_ok=True)


@contextmanager
def held(outbox: Path, seconds: float) -> Iterator[None]:
    """Hold the outbox: who writes answers and who sends them do not meet. Raises OutboxError."""
    from filelock import FileLock, Timeout

    outbox.mkdir(parents=True, exist_ok=True)
    lock = FileLock(outbox / _LOCK, timeout=seconds)
    try:
        lock.acquire()
    except Timeout as error:
        raise OutboxError(f"{outbox} is in use by another hasila; try again when it is done") from error
    try:
        yield
    finally:
        lock.release()
