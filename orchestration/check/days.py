"""Which received days are read, judged and whole in the lake, and which are still to be.

A day is sealed once every family's files of it are written. The seal holds the digest of the day's
receipts and of the rulings its reports were judged under, and the shape of the lake's tables: a day
that gets another receipt, whose load died half-way, about one of whose reports something was decided
since, or that another version of hasila wrote in another shape, is pending again.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import cached_property

from upath import UPath

from orchestration import storage
from orchestration.check import lake as lakes
from orchestration.check.rulings import Rulings, SealedReport
from orchestration.receive import receipts


@dataclass(frozen=True)
class Seal:
    """What a day was sealed for: the digests of its receipts and of the rulings, and its reports as they are listed."""

    receipts: str
    rulings: str
    listed: list[list[str | None]]

    @cached_property
    def reports(self) -> tuple[SealedReport, ...]:
        """The day's reports. Whoever asks for a digest alone need not wait for them."""
        return tuple(
            SealedReport(str(receipt_id), str(organisation), str(family), _date(start), _date(end))
            for receipt_id, organisation, family, start, end in self.listed
        )

    @property
    def digest(self) -> str:
        """What the day's lake files were made from."""
        return f"{self.receipts} {self.rulings}"


def seal_path(lake: UPath, received_date: dt.date) -> UPath:
    """The file of a day's seal."""
    return lake / "days" / f"received={received_date.isoformat()}.json"


def receipts_digest(lake: UPath, received_date: dt.date) -> str:
    """The digest of a day's receipts file."""
    return hashlib.sha256(receipts.day_path(lake, received_date).read_bytes()).hexdigest()


def seal(lake: UPath, received_date: dt.date, digest: str, reports: Iterable[SealedReport], rulings: Rulings) -> None:
    """Declare a day whole for the receipts that `digest` stands for, with its reports judged under `rulings`."""
    held = sorted(reports, key=lambda report: report.receipt_id)
    content = {
        "received_date": received_date.isoformat(),
        "receipts": digest,
        "rulings": rulings.digest(held),
        "shape": lakes.SHAPE,
        "reports": [astuple(report) for report in held],
    }
    storage.write_text(seal_path(lake, received_date), json.dumps(content, default=str) + "\n")


def seals(lake: UPath) -> dict[dt.date, Seal]:
    """The sealed days. A seal of a lake of another shape, older or newer, seals nothing: its day is read again."""
    folder = lake / "days"
    if not folder.exists():
        return {}
    found = {}
    for path in folder.iterdir():
        if path.name.startswith("received=") and path.name.endswith(".json"):
            content = json.loads(path.read_text(encoding="utf-8"))
            if content.get("shape") == lakes.SHAPE:
                day = dt.date.fromisoformat(content["received_date"])
                found[day] = Seal(content["receipts"], content["rulings"], content["reports"])
    return found


def unseal(lake: UPath, received_date: dt.date) -> None:
    """Have the next load read a day again from the archive. Its lake files stand until then. Raises OSError."""
    seal_path(lake, received_date).unlink(missing_ok=True)


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text is not None else None


def pending(lake: UPath, rulings: Rulings) -> list[dt.date]:
    """The received days that are not sealed for the receipts and the rulings of now, earliest first."""
    sealed = seals(lake)
    return [
        day
        for day in receipts.days(lake)
        if (held := sealed.get(day)) is None
        or held.receipts != receipts_digest(lake, day)
        or held.rulings != rulings.digest(held.reports)
    ]


def unsealed(lake: UPath) -> set[dt.date]:
    """The received days without a seal; told by the names of the files alone, however long the history is."""
    folder = lake / "days"
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    return {day for day in receipts.days(lake) if seal_path(lake, day).name not in names}


def unread(lake: UPath) -> dict[dt.date, str]:
    """The received days that were not read whole, with the digests of their receipts, whatever the rulings say."""
    sealed = seals(lake)
    digests = {day: receipts_digest(lake, day) for day in receipts.days(lake)}
    return {
        day: digest for day, digest in digests.items() if (held := sealed.get(day)) is None or held.receipts != digest
    }
