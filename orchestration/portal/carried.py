"""Pages of indicators that are in a new release what they were in the one before: taken over, not drawn again.

Most nights say something of a few indicators, and the pages of indicators and of the statements behind them are nearly
all of a portal. A release keeps, beside its public part, a record of what such pages were drawn from, as digests.
Where a new release would draw an indicator's pages from the same, with the same program, they are copied with
the footer of the new release, which names it. The bytes are those that drawing would give. In any doubt pages are
drawn: another program or package, no record, a page that is not the one which was released.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orchestration.portal import addresses
from orchestration.portal.addresses import Here, Origins
from orchestration.portal.data import Checksum, Framework, Source
from orchestration.portal.site import Site
from orchestration.settings import LANGUAGES, Language

_HERE = addresses.indicator("")
"""As deep in a language's folder as every page that is taken over."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pages of one indicator: where they lie, where statements begin, and what they were drawn from."""

    pages: tuple[str, ...]
    """Their addresses, in every language."""
    later: tuple[tuple[int, str, int], ...] = ()
    """As `Origins.later` has it."""
    drawn_from: str = ""
    """The digest of it."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a portal remembers of its pages of indicators. `footers` are what each language's pages end with."""

    footers: Mapping[Language, str] = field(default_factory=dict)
    indicators: Mapping[str, Drawn] = field(default_factory=dict)

    def written(self) -> str:
        """The record as a file has it; `read` reads it."""
        told = {
            code: {"drawn_from": drawn.drawn_from, "pages": drawn.pages, "later": drawn.later}
            for code, drawn in self.indicators.items()
        }
        return json.dumps({"footers": dict(self.footers), "indicators": told}, ensure_ascii=False) + "\n"


def read(path: Path) -> Record:
    """A record that a release keeps; an empty one where there is none, or one that is none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Record(
            {language: str(told["footers"][language]) for language in LANGUAGES},
            {
                code: Drawn(
                    tuple(map(str, drawn["pages"])),
                    tuple((int(year), str(place), int(number)) for year, place, number in drawn["later"]),
                    str(drawn["drawn_from"]),
                )
                for code, drawn in told["indicators"].items()
            },
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Record()


@dataclass(frozen=True, slots=True)
class Before:
    """The portal of the release before: its folder, its record, and the SHA-256 of each of its files by address."""

    folder: Path
    record: Record
    digests: Mapping[str, str]


class Pages:
    """The pages of indicators of a portal that is being written: those taken over, and the record of all.

    `drawn_with` stands for all that turns the public file into pages: the program, its packages, the branding.
    """

    def __init__(
        self, site: Site, source: Source, framework: Framework, origins: Origins, before: Before | None, drawn_with: str
    ):
        self._site, self._origins, self._before = site, origins, before
        self._footers = {language: site.footer(language, Here(language, _HERE)) for language in LANGUAGES}
        checksums = source.checksums()
        self._rows = {code: sum(rows for _, rows, _ in found) for code, found in checksums.items()}
        self._drawn_from = dict(_drawn_from(checksums, framework, drawn_with))
        self._drawn: dict[str, Drawn] = {}

    def rows(self, code: str) -> int:
        """How many figures and statements an indicator has."""
        return self._rows.get(code, 0)

    def take_over(self) -> Collection[str]:
        """Take over what can be; returns the indicators whose pages must be drawn. Raises OSError of the new portal."""
        if self._before is None:
            return self._drawn_from.keys()
        known = self._before.record.indicators
        for code, drawn_from in self._drawn_from.items():
            drawn = known.get(code)
            if drawn is not None and drawn.drawn_from == drawn_from and self._taken_over(self._before, drawn):
                self.note(code, drawn)
        return self._drawn_from.keys() - self._drawn.keys()

    def note(self, code: str, drawn: Drawn) -> None:
        """Note which pages an indicator has."""
        for year, place_code, number in drawn.later:
            self._origins.put(code, year, place_code, number)
        self._drawn[code] = replace(drawn, drawn_from=self._drawn_from[code])

    @property
    def record(self) -> Record:
        """What the release keeps of it."""
        return Record(self._footers, dict(sorted(self._drawn.items())))

    def _taken_over(self, before: Before, drawn: Drawn) -> bool:
        """Whether all pages of an indicator could be taken over; what was written of them else is drawn over."""
        for language in LANGUAGES:
            old, new = (footers[language].encode() for footers in (before.record.footers, self._footers))
            for page in drawn.pages:
                content = _released(before, language, page)
                if content is None or not content.endswith(old):
                    return False
                self._site.put_bytes(f"{language}/{page}", content.removesuffix(old) + new)
        return True


def _released(before: Before, language: Language, page: str) -> bytes | None:
    """A page of the release before; None where it is not there, or not as it was released."""
    address = f"{language}/{page}"
    try:
        content = (before.folder / address).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == before.digests.get(address) else None


def _drawn_from(
    checksums: Mapping[str, tuple[Checksum, ...]], framework: Framework, drawn_with: str
) -> Iterator[tuple[str, str]]:
    """Every indicator with a digest of all that its pages are drawn from (`Framework.behind_indicators`)."""
    shared = hashlib.sha256(
        repr(
            (
                drawn_with,
                framework.objectives,
                framework.programmes,
                framework.indicators,
                framework.organisations,
                framework.places,
            )
        ).encode()
    )
    for code in sorted(framework.indicators):
        own: tuple[Any, ...] = (
            code,
            framework.headlines_of.get(code),
            framework.targets_of.get(code),
            framework.restatements.get(code),
            framework.reconciliation.get(code),
            checksums.get(code),
        )
        digest = shared.copy()
        digest.update(repr(own).encode())
        yield code, digest.hexdigest()
