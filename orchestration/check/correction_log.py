"""The log of corrections: since when each was known, and what was known before.

`raw/corrections/` says what is corrected now and can be edited; the log keeps what every load found
there. It is append-only, one immutable file for each load that found something changed:
`lake/corrections/<moment>-<short>.json`.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from upath import UPath

from orchestration import storage
from orchestration.check.corrections import Correction


class CorrectionLogError(Exception):
    """The log of corrections cannot be used; says why."""


class Change(BaseModel):
    """What became of one correction: it is new, says something else, or stands in no file any more.

    `correction` is the whole entry as it stands since; None where it was removed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: str
    change: Literal["new", "changed", "removed"]
    correction: dict[str, Any] | None


class Entry(BaseModel):
    """What one load found changed. `noticed_at` is UTC; entries count in its order."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    entry_id: Annotated[str, StringConstraints(pattern=r"^\d{8}T\d{12}Z-[0-9a-f]{8}$")]
    noticed_at: dt.datetime
    changes: tuple[Change, ...]


def _folder(lake: UPath) -> UPath:
    return lake / "corrections"


def path_of(lake: UPath, entry: Entry) -> UPath:
    """The file of an entry."""
    return _folder(lake) / f"{entry.entry_id}.json"


def read_entries(lake: UPath) -> tuple[Entry, ...]:
    """The whole log, the first entry first.

    Raises CorrectionLogError for a file that is not whole: what was known is never guessed.
    """
    folder = _folder(lake)
    if not folder.exists():
        return ()
    found = []
    for path in folder.iterdir():
        if path.name.startswith(".") or not path.name.endswith(".json"):
            continue
        try:
            found.append(Entry.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise CorrectionLogError(f"{path}: this entry of the log cannot be read: {reason}") from error
    return tuple(sorted(found, key=lambda entry: (entry.noticed_at, entry.entry_id)))


def corrections_of(entries: Iterable[Entry]) -> tuple[Correction, ...]:
    """The corrections that stand after some entries of the log, by code.

    Raises CorrectionLogError for an entry that this version of hasila does not understand.
    """
    return tuple(_restored(code, kept) for code, kept in sorted(_standing(entries).items()))


def _standing(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """By code, what the log keeps of the corrections that stand after some entries."""
    last = {change.code: change.correction for entry in entries for change in entry.changes}
    return {code: kept for code, kept in last.items() if kept is not None}


def known_since(entries: Iterable[Entry]) -> dict[str, dt.datetime]:
    """By code, the moment (UTC) at which a correction was first found as it stands."""
    return {change.code: entry.noticed_at for entry in entries for change in entry.changes}


def record(lake: UPath, corrections: Sequence[Correction], now: dt.datetime | None = None) -> Entry | None:
    """Append what changed among the corrections since the last entry; None where nothing did.

    The entry comes after all others, whatever the clock says. Raises CorrectionLogError for an entry
    that is not whole, and OSError.
    """
    entries = read_entries(lake)
    before = _standing(entries)
    current = {correction.code: _kept(correction) for correction in corrections}
    changes = [
        Change(
            code=code,
            change="new" if code not in before else "changed" if code in current else "removed",
            correction=current.get(code),
        )
        for code in sorted(before.keys() | current.keys())
        if before.get(code) != current.get(code)
    ]
    if not changes:
        return None
    moment = now or dt.datetime.now(dt.UTC).replace(tzinfo=None)
    if entries:
        moment = max(moment, entries[-1].noticed_at + dt.timedelta(microseconds=1))
    entry = Entry(
        entry_id=f"{moment:%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}", noticed_at=moment, changes=tuple(changes)
    )
    storage.write_bytes(path_of(lake, entry), (entry.model_dump_json(indent=1) + "\n").encode(), mode=0o440)
    return entry


def _kept(correction: Correction) -> dict[str, Any]:
    """A correction as the log keeps it: what it says and no more, and whether it expects a number or a text."""
    kept = correction.model_dump(mode="json", exclude_none=True)
    kind = "number" if isinstance(correction.expect, Decimal) else "text"
    return kept | {"expect": {kind: str(correction.expect)}}


def _restored(code: str, kept: dict[str, Any]) -> Correction:
    try:
        expect = kept["expect"]
        expected = Decimal(expect["number"]) if "number" in expect else expect["text"]
        return Correction.model_validate(kept | {"expect": expected})
    except (ValueError, ArithmeticError, KeyError, TypeError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
        raise CorrectionLogError(f"{code} cannot be restored from the log of corrections: {reason}") from error
