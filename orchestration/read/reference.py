"""What the reader may know of the results framework: indicators, places, organisations.

The same seeds that dbt builds the dimensions from, read directly, so that there is one register.
Names are matched by key (`text.key`); a name that stands for two things matches neither.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from orchestration.read import text
from orchestration.read.numbers import ValueType

COUNTRY = "MA"
TOTAL = "_T"


class RegisterError(Exception):
    """A seed of the results framework is missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """What reading needs of an indicator; all else about it is the warehouse's."""

    code: str
    value_type: ValueType
    universe_sex: str
    universe_age: str
    is_deliverable_count: bool


class Names:
    """Codes by name: exact codes first, then names and aliases by key."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}

    def add_code(self, code: str) -> None:
        self._codes[code.casefold()] = code

    def add_name(self, name: str, code: str) -> None:
        if name_key := text.key(name):
            self._names.setdefault(name_key, set()).add(code)

    def find(self, written: str) -> str | None:
        """The code `written` stands for; None where nothing, or more than one thing, matches."""
        if code := self._codes.get(written.strip().casefold()):
            return code
        codes = self._names.get(text.key(written), set())
        return next(iter(codes)) if len(codes) == 1 else None

    def is_ambiguous(self, written: str) -> bool:
        """Whether `written` stands for more than one thing."""
        return len(self._names.get(text.key(written), ())) > 1

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(self._codes.values())

    def nearest(self, written: str, limit: int = 3) -> list[str]:
        """Codes whose names are most like `written`, for a person to choose from."""
        from rapidfuzz import fuzz, process

        choices = dict(self._names)
        matches = process.extract(
            text.key(written[:200]), choices.keys(), scorer=fuzz.WRatio, limit=limit, score_cutoff=70
        )
        found = [code for name, _, _ in matches for code in sorted(choices[name])]
        return list(dict.fromkeys(found))[:limit]


@dataclass
class Reference:
    """The registers, ready for look-up."""

    indicators: dict[str, Indicator] = field(default_factory=dict)
    indicator_names: Names = field(default_factory=Names)
    places: Names = field(default_factory=Names)
    regions: set[str] = field(default_factory=set)
    organisations: Names = field(default_factory=Names)
    deliverables: frozenset[str] = frozenset()

    def place(self, written: str) -> str | None:
        """The code of a place, with or without the words that say what kind of place it is."""
        if not written.strip() or text.key(written) in _COUNTRY_WORDS:
            return COUNTRY
        if code := self.places.find(written):
            return code
        kind = _PLACE_KIND.match(written)
        code = self.places.find(written[kind.end() :]) if kind else None
        # "Région de Béni Mellal" is not the province of that name.
        return code if kind and code and (code in self.regions) == (text.key(kind[1]) in _REGION_WORDS) else None


_COUNTRY_WORDS = frozenset(
    text.key(word)
    for word in (
        "Maroc",
        "Morocco",
        "المغرب",
        "National",
        "وطني",
        "المستوى الوطني",
        "Niveau national",
        "Total",
        "المجموع",
        "Ensemble",
        "مجموع",
        "Total général",
        "المجموع العام",
        "Royaume du Maroc",
        "المملكة المغربية",
        "MAR",
        "المجموع الوطني",
    )
)
_REGION_WORDS = frozenset(text.key(word) for word in ("région", "جهة"))
_PLACE_KIND = re.compile(
    r"^\s*(région|province|préfecture|region|prefecture|جهة|إقليم|اقليم|عمالة)\s+(?:de\s+la\s+|de\s+l['’]|de\s+|du\s+|d['’]|des\s+|of\s+)?",
    re.IGNORECASE,
)


def _rows(seeds: Path, name: str) -> Iterable[dict[str, str]]:
    path = seeds / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except OSError as error:
        raise RegisterError(f"{path}: {error.strerror}") from error


@lru_cache(maxsize=2)
def load_reference(seeds: Path) -> Reference:
    """The registers from the seeds. Raises RegisterError naming the file."""
    reference = Reference()
    try:
        for row in _rows(seeds, "indicator"):
            code = row["indicator_code"]
            reference.indicators[code] = Indicator(
                code=code,
                value_type=row["value_type"],  # type: ignore[arg-type]  # a data test holds the domain
                universe_sex=row["universe_sex"],
                universe_age=row["universe_age"],
                is_deliverable_count=row["is_deliverable_count"].lower() == "true",
            )
            reference.indicator_names.add_code(code)
            for name in (row["name_ar"], row["name_fr"], row["name_en"], row["unicef_code"]):
                reference.indicator_names.add_name(name, code)
        for row in _rows(seeds, "indicator_alias"):
            reference.indicator_names.add_name(row["alias"], row["indicator_code"])
        for register, table, column in (
            (reference.places, "place", "place_code"),
            (reference.organisations, "organisation", "organisation_code"),
        ):
            for row in _rows(seeds, table):
                register.add_code(row[column])
                if row.get("place_type") == "region":
                    reference.regions.add(row[column])
                for name in (row["name_ar"], row["name_fr"], row["name_en"]):
                    register.add_name(name, row[column])
            for row in _rows(seeds, f"{table}_alias"):
                register.add_name(row["alias"], row[column])
        reference.deliverables = frozenset(row["deliverable_code"] for row in _rows(seeds, "deliverable"))
    except KeyError as error:
        raise RegisterError(f"{seeds}: a seed lacks the column {error}") from error
    return reference
