"""Received days to be read again from the archive, as a person asks for them.

The command `hasila reread` and Dagster's job `reread` both call this. It opens the days; the load that
follows reads whatever is open.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from orchestration.check import days, lake
from orchestration.night import Rulebook
from orchestration.receive import receipts
from orchestration.settings import Settings


class RereadError(Exception):
    """What was asked for cannot be meant; says why."""


@dataclass(frozen=True, slots=True)
class Reread:
    """Days from `first` to `last`; with `families`, those with reports of one of them. None is without bound."""

    families: tuple[str, ...] = ()
    first: dt.date | None = None
    last: dt.date | None = None

    def told(self, found: Collection[dt.date]) -> str:
        """What is read again, in words."""
        of = f" with reports of {', '.join(self.families)}" if self.families else ""
        between = f" from {self.first or 'the first day'} to {self.last or 'the last'}"
        return f"{len(found)} received days{of}{between} are read again"


def day_of(name: str, text: str | None) -> dt.date | None:
    """The day that `text` writes as YYYY-MM-DD; None where it is empty. Raises RereadError, which says `name`."""
    if not (text or "").strip():
        return None
    try:
        return dt.datetime.strptime(str(text).strip(), "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise RereadError(f"{name}: {str(text)[:40]!r} is no day, written as YYYY-MM-DD") from None


def check(settings: Settings, rulebook: Rulebook, wanted: Reread) -> None:
    """Raise RereadError unless every family has a contract, or had one when reports came, and the days can be."""
    known = {*rulebook.families, *lake.families(settings.lake)}
    for name in wanted.families:
        if name not in known:
            near = get_close_matches(name, sorted(known), n=3)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise RereadError(f"there is no family {name}.{hint}")
    if wanted.first and wanted.last and wanted.first > wanted.last:
        raise RereadError(f"the first day {wanted.first} lies after the last {wanted.last}")
    if wanted.first and wanted.first > settings.today():
        raise RereadError(f"the first day {wanted.first} lies in the future: nothing was received on it")


def open_days(settings: Settings, wanted: Reread) -> list[dt.date]:
    """Unseal the days that are asked for, and return them, earliest first. Raises OSError.

    To be called by the holder of the load's lock.
    """
    found = [
        day
        for day in receipts.days(settings.lake)
        if (wanted.first is None or wanted.first <= day)
        and (wanted.last is None or day <= wanted.last)
        and (not wanted.families or not lake.families_of(settings.lake, day).isdisjoint(wanted.families))
    ]
    for day in found:
        days.unseal(settings.lake, day)
    return found
