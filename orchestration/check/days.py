"""Which received days are read, judged and whole in the lake, and which are still to be.

A day is sealed once every family's files of it are written. The seal holds the digest of the day's
receipts: a day that gets another receipt, or whose load died half-way, is pending again.
"""

import datetime as dt
import hashlib
import json

from upath import UPath

from orchestration import storage
from orchestration.receive import receipts


def _seal_path(lake: UPath, received_date: dt.date) -> UPath:
    return lake / "days" / f"received={received_date.isoformat()}.json"


def receipts_digest(lake: UPath, received_date: dt.date) -> str:
    """The digest of a day's receipts file."""
    return hashlib.sha256(receipts.day_path(lake, received_date).read_bytes()).hexdigest()


def seal(lake: UPath, received_date: dt.date, digest: str) -> None:
    """Declare a day whole for the receipts that `digest` stands for."""
    content = json.dumps({"received_date": received_date.isoformat(), "receipts": digest})
    storage.write_text(_seal_path(lake, received_date), content + "\n")


def seals(lake: UPath) -> dict[dt.date, str]:
    """The sealed days with the digest of the receipts they were sealed for."""
    folder = lake / "days"
    if not folder.exists():
        return {}
    found = {}
    for path in folder.iterdir():
        if path.name.startswith("received=") and path.name.endswith(".json"):
            content = json.loads(path.read_text(encoding="utf-8"))
            found[dt.date.fromisoformat(content["received_date"])] = str(content["receipts"])
    return found


def pending(lake: UPath) -> list[dt.date]:
    """The received days that are not sealed for the receipts they have now, earliest first."""
    sealed = seals(lake)
    return [day for day in receipts.days(lake) if sealed.get(day) != receipts_digest(lake, day)]
