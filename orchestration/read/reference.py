"""What the reader may know of the results framework: indicators, places, organisations.

The same seeds that dbt builds the dimensions from, read directly, so that there is one register.
Names are matched by key (`text.key`); a name that stands for two things matches neither. A place's
code is read in the one numbering that the contract names: `MA-01` is Tanger-Tétouan-Al Hoceïma,
`MA001` Béni Mellal-Khénifra, and the region 1 of a third list is another one again.
"""

import csv
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from orchestration.read import text
from orchestration.read.numbers import ValueType
from orchestration.settings import LANGUAGES

COUNTRY = "MA"
TOTAL = "_T"

CodeSystem = Literal["name", "iso", "hcp", "ocha"]
PlaceProblem = Literal["PLACE_UNKNOWN", "PLACE_AMBIGUOUS", "PLACE_OUTSIDE_PARENT"]


class RegisterError(Exception):
    """A seed of the results framework is missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """What reading and checking need of an indicator; all else about it is the warehouse's.

    `stock_or_flow` says whether it is counted at a moment or over a period; `across_places` and
    `across_periods` how its figures are added up (design, section 6.3), `none` where they are not.
    """

    code: str
    value_type: ValueType
    universe_sex: str
    universe_age: str
    is_deliverable_count: bool
    stock_or_flow: str = ""
    across_places: str = "none"
    across_periods: str = "none"


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """What a written place stands for: `code`, or the rule it breaks.

    `candidates` are the places that the name may stand for (PLACE_AMBIGUOUS), or that bear it
    elsewhere than in the parent named (PLACE_OUTSIDE_PARENT).
    """

    code: str | None
    problem: PlaceProblem | None = None
    candidates: tuple[str, ...] = ()


def is_grand_total(written: str) -> bool:
    """Whether a text is the word for the total of all, not of a part of a table.

    >>> is_grand_total("TOTAL GÉNÉRAL"), is_grand_total("Total")
    (True, False)
    """
    return text.key(written) in _GRAND_TOTALS


class Names:
    """Codes by name: exact codes first, then names and aliases by key."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        self._letters: dict[str, set[str]] = {}

    def add_code(self, code: str) -> None:
        self._codes[code.casefold()] = code

    def add_name(self, name: str, code: str) -> None:
        if name_key := text.key(name):
            self._names.setdefault(name_key, set()).add(code)
            self._letters.setdefault(name_key.replace(" ", ""), set()).add(code)

    def named(self, written: str) -> frozenset[str]:
        """Every code of that name; `Ait Melloul` and `Aït-Melloul` are as much one name as `Aitmelloul`."""
        name_key = text.key(written)
        return frozenset(self._names.get(name_key) or self._letters.get(name_key.replace(" ", "")) or ())

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
        """Codes that, or whose names, are most like `written`, for a person to choose from."""
        from rapidfuzz import fuzz, process

        choices = {text.key(code): {code} for code in self.codes} | dict(self._names)
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
    parents: dict[str, str] = field(default_factory=dict)
    place_codes: dict[str, dict[str, str]] = field(default_factory=dict)
    organisations: Names = field(default_factory=Names)
    deliverables: frozenset[str] = frozenset()
    labels: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    """What people read: register (`indicator`, `place`, `deliverable`, `programme`, `organisation`), code, language."""
    organisation_languages: dict[str, str] = field(default_factory=dict)
    """The language in which an organisation wants its answers, where it said one."""
    programme_of: dict[str, str] = field(default_factory=dict)
    """The programme that an indicator measures."""
    programme_parents: dict[str, str] = field(default_factory=dict)
    """The programme that a programme is a part of."""

    @property
    def programmes(self) -> frozenset[str]:
        """The codes of all programmes."""
        return frozenset(self.labels.get("programme", ()))

    def place(self, written: str, code_system: str = "name", parent: str | None = None) -> str | None:
        """The code of a place, or None; `locate` says why there is none."""
        return self.locate(written, code_system, parent).code

    def locate(self, written: str, code_system: str = "name", parent: str | None = None) -> PlaceFound:
        """The place that `written` stands for.

        `code_system` is the contract's: names are known in each, codes only in their own (`name`
        knows ISO's). `parent` is the region named beside, by its code or as written: only places
        within it are meant, and what stands for the whole (a total, an empty cell) is the parent.
        """
        within = self._within(parent, code_system)
        word = text.key(written)
        if not word or word in _TOTAL_WORDS:
            # The total of a region that nobody knows is not the country's.
            return PlaceFound(within or COUNTRY) if within != _NOWHERE else PlaceFound(None, "PLACE_UNKNOWN")
        candidates = self._candidates(written, code_system)
        if not candidates:
            return PlaceFound(None, "PLACE_UNKNOWN")
        if within:
            inside = frozenset(code for code in candidates if self._is_within(code, within))
            if not inside:
                return PlaceFound(None, "PLACE_OUTSIDE_PARENT", tuple(sorted(candidates)))
            candidates = inside
        if len(candidates) > 1:
            return PlaceFound(None, "PLACE_AMBIGUOUS", tuple(sorted(candidates)))
        return PlaceFound(next(iter(candidates)))

    def is_place(self, written: str) -> bool:
        """Whether a text by itself names a place, be it one of several of that name, or says that it does."""
        word = text.key(written)
        if not word or word in _TOTAL_WORDS:
            return False
        return bool(self._candidates(written, "name")) or _KIND_BEFORE.match(written) is not None

    def titled_place(self, written: str) -> str | None:
        """The place that a title is the name of, with the word for its kind; None for every other text."""
        return self.locate(written).code if _KIND_BEFORE.match(written) else None

    def innermost(self, places: Collection[str]) -> str | None:
        """The one of some places that lies in all others; None where there is none."""
        return next((place for place in places if all(self._is_within(place, other) for other in places)), None)

    def nearest_places(self, written: str, parent: str | None = None, limit: int = 3) -> list[str]:
        """Places with a name like it, those of the parent first: suggestions for a person, never a match."""
        within = self._within(parent, "name")
        found = self.places.nearest(_without_annex(_without_kind(written)[1]), limit=limit + 5)
        if within:
            found.sort(key=lambda code: not self._is_within(code, within))
        return found[:limit]

    def _within(self, parent: str | None, code_system: str) -> str | None:
        """The code of the parent; None where none is named, `_NOWHERE` where it is no place."""
        if parent is None or not parent.strip():
            return None
        if parent in self.places.codes:
            return parent
        return self.locate(parent, code_system).code or _NOWHERE

    def _is_within(self, code: str, parent: str) -> bool:
        while code != parent and code in self.parents:
            code = self.parents[code]
        return code == parent

    def _candidates(self, written: str, code_system: str) -> frozenset[str]:
        codes, plain = self.place_codes.get(code_system, {}), _plain_code(written, code_system)
        code = codes.get(plain)
        if code is None and text.key(written) in _COUNTRY_WORDS:
            return frozenset((COUNTRY,))
        if code is None and code_system == "iso":
            # A contract that says ISO may leave the country out: 01, CHE. MAR alone is the country.
            code = codes.get(f"ma-{plain:0>2}")
        if code is not None:
            return frozenset((code,))
        if found := self.places.named(written):
            return found
        kind, name = _without_kind(_without_annex(written))
        found = self.places.named(name)
        if kind is None:
            return found
        # "Région de Béni Mellal" is not the province of that name.
        is_region = text.key(kind) in _REGION_WORDS
        return frozenset(code for code in found if code != COUNTRY and (code in self.regions) == is_region)


_NOWHERE = ""
_GRAND_TOTALS = frozenset(text.key(word) for word in ("Total général", "Grand total", "المجموع العام"))
_TOTAL_WORDS = _GRAND_TOTALS | frozenset(text.key(word) for word in ("Total", "المجموع", "Ensemble", "مجموع", "الكل"))
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
        "Total national",
        "Total Maroc",
        "Royaume du Maroc",
        "المملكة المغربية",
        "MAR",
        "المجموع الوطني",
    )
)
_REGION_WORDS = frozenset(text.key(word) for word in ("région", "جهة"))
_KINDS = "région|province|préfecture|region|prefecture|جهة|إقليم|اقليم|عمالة"
_KIND_BEFORE = re.compile(
    rf"\s*({_KINDS})\s*(?::|\s)\s*(?:de\s+la\s+|de\s+l['’]\s*|de\s+|du\s+|d['’]\s*|des\s+|of\s+)?", re.IGNORECASE
)
# Searched in texts of one space at a time: along a million spaces each would begin at every one of them.
_KIND_AFTER = re.compile(r" \(?(region|province|prefecture)\)?$", re.IGNORECASE)
# ISO 3166-2 puts this behind the names of some places; the names are kept as published without it.
_ANNEXED = re.compile(r" ?\(EH(?:-partial)?\)$", re.IGNORECASE)


def _without_annex(written: str) -> str:
    return _ANNEXED.sub("", text.one_line(written))


def _without_kind(written: str) -> tuple[str | None, str]:
    """The word that says what kind of place it is, and the name."""
    if before := _KIND_BEFORE.match(written):
        return before[1], written[before.end() :]
    written = text.one_line(written)
    if after := _KIND_AFTER.search(written):
        return after[1], written[: after.start()]
    return None, written


def _plain_code(written: str, code_system: str) -> str:
    """A code in the one form that its system is looked up by."""
    code = text.ascii_digits(written).strip().casefold()
    if code_system != "hcp":
        return code
    # 4291, 04.291. and what a spreadsheet makes of them: 4.291, 04291; regions 04, 04. and 4
    if re.fullmatch(r"\d{1,2}\.\d{1,3}\.?", code):
        region, _, province = code.rstrip(".").partition(".")
        # As a number 04.510. is 4.51: its zeros are gone from the end.
        code = region + (province if code.endswith(".") else province.ljust(3, "0"))
    code = code.removesuffix(".")
    return code.lstrip("0") if code.isdigit() else code


def _rows(seeds: Path, name: str) -> Iterable[dict[str, str]]:
    path = seeds / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    except OSError as error:
        raise RegisterError(f"{path}: {error.strerror}") from error


_SEEDS = (
    "indicator",
    "indicator_alias",
    "place",
    "place_alias",
    "organisation",
    "organisation_alias",
    "deliverable",
    "programme",
)
_LABELLED = {
    "indicator": "indicator_code",
    "place": "place_code",
    "deliverable": "deliverable_code",
    "programme": "programme_code",
    "organisation": "organisation_code",
}


def load_reference(seeds: Path) -> Reference:
    """The registers from the seeds, read again when a seed has changed. Raises RegisterError naming the file."""
    stamps = []
    for name in _SEEDS:
        path = seeds / f"{name}.csv"
        try:
            status = path.stat()
        except OSError as error:
            raise RegisterError(f"{path}: {error.strerror}") from error
        stamps.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return _load(seeds, tuple(stamps))


@lru_cache(maxsize=4)
def _load(seeds: Path, _stamps: tuple[tuple[int, int, int], ...]) -> Reference:
    reference = Reference()
    by_iso: dict[str, str] = {}
    by_hcp: dict[str, str] = {}
    by_ocha: dict[str, str] = {}
    try:
        for row in _rows(seeds, "indicator"):
            code = row["indicator_code"]
            reference.indicators[code] = Indicator(
                code=code,
                value_type=row["value_type"],  # type: ignore[arg-type]  # a data test holds the domain
                universe_sex=row["universe_sex"],
                universe_age=row["universe_age"],
                is_deliverable_count=row["is_deliverable_count"].lower() == "true",
                stock_or_flow=row["stock_or_flow"],
                across_places=row["across_places"],
                across_periods=row["across_periods"],
            )
            reference.programme_of[code] = row["programme_code"]
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
                for name in (row["name_ar"], row["name_fr"], row["name_en"]):
                    register.add_name(name, row[column])
                if table == "place":
                    code = row["place_code"]
                    by_iso[code.casefold()] = code
                    if row["place_type"] == "region":
                        reference.regions.add(code)
                    if row["parent_code"]:
                        reference.parents[code] = row["parent_code"]
                    if hcp_code := row["hcp_code"]:
                        by_hcp[_plain_code(hcp_code, "hcp")] = code
                    if ocha_pcode := row["ocha_pcode"]:
                        by_ocha[_plain_code(ocha_pcode, "ocha")] = code
            for row in _rows(seeds, f"{table}_alias"):
                register.add_name(row["alias"], row[column])
        reference.place_codes = {"name": by_iso, "iso": by_iso, "hcp": by_hcp, "ocha": by_ocha}
        for table, column in _LABELLED.items():
            reference.labels[table] = {
                row[column]: {language: row[f"name_{language}"] for language in LANGUAGES}
                for row in _rows(seeds, table)
            }
        reference.organisation_languages = {
            row["organisation_code"]: row["language"] for row in _rows(seeds, "organisation") if row.get("language")
        }
        reference.deliverables = frozenset(reference.labels["deliverable"])
        for row in _rows(seeds, "programme"):
            if row["parent_programme_code"]:
                reference.programme_parents[row["programme_code"]] = row["parent_programme_code"]
    except KeyError as error:
        raise RegisterError(f"{seeds}: a seed lacks the column {error}") from error
    return reference
