"""Realistic reports with the true observations beside them, for any contract, format, language and seed.

    python -m benchmarks.reports --count 1000 --out DIR --seed 1

writes `DIR/inbox/<organisation>/<file>` and `DIR/truth.parquet`. All figures are made up.

The truth is never read from the file: codes and values are drawn first, then written down in one of
the ways that people write them. The registers are the shipped seeds, read here by themselves.
"""

import argparse
import csv
import datetime as dt
import io
import json
import random
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.read import periods, text
from orchestration.read.contracts import DIMENSIONS, Column, Contract, Spread, load_contracts
from orchestration.settings import LANGUAGES, Language

PROJECT = Path(__file__).resolve().parent.parent
SEEDS = PROJECT / "dbt_project" / "seeds"
CONTRACTS = PROJECT / "raw" / "contracts"

WRITABLE = ("xlsx", "ods", "csv", "json")
"""The formats that can be written here; a contract may agree on more."""
TOTAL = "_T"


class Generated(NamedTuple):
    """A report and what it says.

    `observations` holds one dict a reported value: indicator_code, place_code, period_start,
    period_end, sex, age_group, residence, population_group, value, numerator, denominator,
    qualifier, data_status, deliverable_code, source_sheet, source_cell and source_text.
    `encoding` and `delimiter` are those of delimited text.
    """

    file_name: str
    content: bytes
    observations: list[dict[str, Any]]
    organisation_code: str
    encoding: str = ""
    delimiter: str = ""


def formats_of(contract: Contract) -> tuple[str, ...]:
    """The formats of a contract that can be written: records have no title for a period to stand in."""
    has_title = contract.period.source == "title" and "period" not in contract.constants
    return tuple(
        name
        for name in WRITABLE
        if name in contract.formats and not (name == "json" and (has_title or len(contract.spread) > 1))
    )


# --- the registers


@dataclass(frozen=True)
class _Registers:
    indicators: dict[str, dict[str, str]]
    indicator_texts: dict[str, dict[str, tuple[str, ...]]]
    places: dict[str, dict[str, str]]
    place_texts: dict[str, dict[str, tuple[str, ...]]]
    organisations: dict[str, dict[str, str]]
    deliverables: tuple[dict[str, str], ...]


@lru_cache(maxsize=4)
def _registers(seeds: Path) -> _Registers:
    def rows(name: str) -> list[dict[str, str]]:
        with (seeds / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def texts(name: str, code: str) -> dict[str, dict[str, tuple[str, ...]]]:
        """The names of each code by language, without those that two codes share."""
        found: dict[str, dict[str, list[str]]] = {}
        owners: dict[str, set[str]] = {}
        written = [(row[code], lang, row[f"name_{lang}"]) for row in rows(name) for lang in LANGUAGES]
        written += [(row[code], row["language"], row["alias"]) for row in rows(f"{name}_alias")]
        for owner, _, label in written:
            owners.setdefault(_bare(label), set()).add(owner)
        for owner, lang, label in written:
            if label and len(owners[_bare(label)]) == 1 and "\n" not in label:
                found.setdefault(owner, {}).setdefault(lang, []).append(label)
        return {owner: {lang: tuple(names) for lang, names in all_.items()} for owner, all_ in found.items()}

    return _Registers(
        indicators={row["indicator_code"]: row for row in rows("indicator")},
        indicator_texts=texts("indicator", "indicator_code"),
        places={row["place_code"]: row for row in rows("place")},
        place_texts=texts("place", "place_code"),
        organisations={row["organisation_code"]: row for row in rows("organisation")},
        deliverables=tuple(rows("deliverable")),
    )


_KIND = re.compile(r"\b(region|province|prefecture|جهه|اقليم|عماله|de|du|la|l|des|of|d)\b")


def _bare(label: str) -> str:
    return _KIND.sub(" ", text.key(label)).replace(" ", "")


# --- how people write


_SEX: dict[str, dict[Language, tuple[str, ...]]] = {
    "F": {"ar": ("إناث", "فتيات"), "fr": ("Filles", "F", "Féminin"), "en": ("Girls", "F", "Female")},
    "M": {"ar": ("ذكور", "فتيان"), "fr": ("Garçons", "M", "Masculin"), "en": ("Boys", "M", "Male")},
    TOTAL: {"ar": ("المجموع", ""), "fr": ("Total", ""), "en": ("Total", "")},
}
_RESIDENCE: dict[str, dict[Language, tuple[str, ...]]] = {
    "U": {"ar": ("حضري",), "fr": ("Urbain", "urbain"), "en": ("Urban",)},
    "R": {"ar": ("قروي",), "fr": ("Rural", "rural"), "en": ("Rural",)},
    TOTAL: {"ar": ("المجموع", ""), "fr": ("Ensemble", ""), "en": ("Total", "")},
}
_AGE: dict[str, dict[Language, tuple[str, ...]]] = {
    "Y0T4": {"ar": ("0-4 سنوات",), "fr": ("0-4 ans", "de 0 à 4 ans"), "en": ("0-4 years",)},
    "Y5T9": {"ar": ("5-9 سنوات",), "fr": ("5-9 ans",), "en": ("5-9 years",)},
    "Y10T14": {"ar": ("10-14 سنة",), "fr": ("10-14 ans", "10 à 14 ans"), "en": ("10-14 years",)},
    "Y15T17": {"ar": ("15-17 سنة",), "fr": ("15-17 ans",), "en": ("15-17 years",)},
    "Y_GE18": {"ar": ("18 سنة فأكثر",), "fr": ("18 ans et plus",), "en": ("18 years and over",)},
    TOTAL: {"ar": ("المجموع", ""), "fr": ("Tous âges", ""), "en": ("All ages", "")},
}
_GROUPS: dict[Language, tuple[str, ...]] = {
    "ar": ("أطفال في وضعية إعاقة", "أطفال مهاجرون"),
    "fr": ("Enfants en situation de handicap", "Enfants migrants"),
    "en": ("Children with disabilities", "Migrant children"),
}
_REMARKS: dict[Language, tuple[str, ...]] = {
    "ar": ("بدون ملاحظة", "معطيات أولية"),
    "fr": ("Données provisoires", "à confirmer"),
    "en": ("Provisional", "to be confirmed"),
}
_MONTHS: dict[Language, tuple[str, ...]] = {
    "ar": (
        *("يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو"),
        *("يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_ORDINAL: dict[Language, tuple[str, ...]] = {
    "ar": ("الأول", "الثاني", "الثالث", "الرابع"),
    "fr": ("1er", "2ème", "3ème", "4ème"),
    "en": ("first", "second", "third", "fourth"),
}
_STATUS: dict[str, dict[Language, tuple[str, ...]]] = {
    "planned": {"ar": ("مبرمج",), "fr": ("prévu",), "en": ("planned",)},
    "in_progress": {"ar": ("في طور الإنجاز",), "fr": ("en cours",), "en": ("in progress",)},
    "done": {"ar": ("منجز",), "fr": ("réalisé",), "en": ("done",)},
}
_MISSING = {
    "not_reported": {"ar": ("غير متوفر", "-", ".."), "fr": ("n/d", "-", ".."), "en": ("n/d", "-", "..")},
    "not_applicable": {"ar": ("لا ينطبق",), "fr": ("s.o.", "sans objet"), "en": ("n/a",)},
    "suppressed": {"ar": ("*",), "fr": ("*",), "en": ("*",)},
}
_BOUNDS = {
    "more_than": {"ar": "أكثر من {}", "fr": "plus de {}", "en": "more than {}"},
    "at_least": {"ar": "على الأقل {}", "fr": "au moins {}", "en": "at least {}"},
    "approximate": {"ar": "حوالي {}", "fr": "environ {}", "en": "about {}"},
    "less_than": {"ar": "<{}", "fr": "<{}", "en": "<{}"},
}
_PERIOD_LABEL = {"ar": "الفترة", "fr": "Période", "en": "Period"}
_TOTAL_LABEL = {"ar": "المجموع", "fr": "Total", "en": "Total"}
_SOURCE_NOTE = {
    "ar": "المصدر: معطيات توضيحية",
    "fr": "Source : données illustratives",
    "en": "Source: illustrative data",
}
_SHEETS = {"ar": ("ورقة1", "معطيات"), "fr": ("Feuil1", "Données"), "en": ("Sheet1", "Data")}
_COVER = {"ar": "تعليمات", "fr": "Lisez-moi", "en": "Read me"}
_UNIT_ROW = {"ar": "(عدد)", "fr": "(nombre)", "en": "(number)"}
_EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def _period_texts(start: dt.date, end: dt.date, grain: str, language: Language) -> tuple[str, ...]:
    """The ways in which a period is written, the usual one first."""
    year = start.year
    match grain:
        case "month":
            return f"{_MONTHS[language][start.month - 1]} {year}", f"{year}-{start.month:02}"
        case "quarter":
            number = (start.month + 2) // 3
            word = _ORDINAL[language][number - 1]
            return {
                "ar": (f"الربع {word} {year}", f"الربع {word} من سنة {year}"),
                "fr": (f"T{number} {year}", f"{word} trimestre {year}"),
                "en": (f"Q{number} {year}", f"{word} quarter {year}"),
            }[language]
        case "half_year":
            number = 1 if start.month == 1 else 2
            word = _ORDINAL[language][number - 1]
            return {
                "ar": (f"النصف {word} {year}", f"الأسدس {word} من سنة {year}"),
                "fr": (f"S{number} {year}", f"{word} semestre {year}"),
                "en": (f"H{number} {year}", f"{year}-H{number}"),
            }[language]
        case "year":
            return (str(year),)
        case "multi_year":
            return (f"{year}-{end.year}",)
    return f"{start:%d/%m/%Y} - {end:%d/%m/%Y}", f"{start.isoformat()}/{end.isoformat()}"


def _period(rng: random.Random, grain: str) -> tuple[dt.date, dt.date]:
    year = rng.randint(2016, 2023)
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}.get(grain)
    if grain == "multi_year":
        return dt.date(year, 1, 1), dt.date(year + 2, 12, 31)
    if months is None:
        return dt.date(year, 2, 10), dt.date(year, 5, 20)
    first = 1 + months * rng.randrange(12 // months)
    after = dt.date(year + (first + months > 12), (first + months - 1) % 12 + 1, 1)
    return dt.date(year, first, 1), after - dt.timedelta(days=1)


@dataclass
class _Numbers:
    """How one file writes its numbers.

    A mark that may group or part (`1.234`) is written only for values that leave one reading: counts
    from 100 to 9,999, each of the size of its neighbours.
    """

    mark: str
    eastern: bool
    sign: str

    @property
    def is_doubtful(self) -> bool:
        return self.mark in (".", ",")

    def written(self, value: Decimal) -> str:
        whole, _, fraction = f"{value:f}".partition(".")
        grouped = f"{int(whole):,}".replace(",", "٬" if self.eastern and self.mark else self.mark)
        # Beside a dot that groups, the comma parts, and the other way round.
        sign = {".": ",", ",": "."}.get(self.mark, self.sign)
        shown = f"{grouped}{sign}{fraction}" if fraction else grouped
        return shown.replace(",", "٫").replace(".", "٫").translate(_EASTERN) if self.eastern else shown


# --- the file as cells


@dataclass
class _Grid:
    name: str
    rows: list[list[Any]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    percents: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True)
class _Across:
    """A value column: the contract's own, or one of a spread dimension; `fixed` holds codes and periods."""

    column: Column
    headings: tuple[str, ...]
    fixed: dict[str, Any]


@dataclass
class _Said:
    """What a row says of itself."""

    cells: dict[str, Any]
    indicator: str
    place: str
    period: tuple[dt.date, dt.date] | None
    groups: dict[str, str]
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    qualifier: str = ""
    deliverable: str = ""
    deliverable_name: str = ""


class _Writer:
    """Draws one report's content and lays it out as cells."""

    def __init__(
        self, contract: Contract, kind: str, language: Language, seed: int, encoding: str, registers: _Registers
    ):
        self.contract = contract
        self.kind = kind
        self.language = language
        self.registers = registers
        self.encoding = encoding
        self.rng = random.Random(f"{contract.family}|{contract.version}|{kind}|{language}|{seed}")  # noqa: S311
        self.is_book = kind in ("xlsx", "ods")
        senders = contract.senders if contract.senders != "any" else ("ENTRAIDE", "ONDE", "NGO_EXAMPLE_1")
        self.organisation = self.rng.choice(list(senders))
        self.numbers = self._number_style()
        self.grain = self.rng.choice(contract.period.grains)
        self.period = _period(self.rng, self.grain)
        self.columns = self._chosen_columns()
        self.indicators = self._chosen_indicators()
        self.across = self._value_columns()
        self.headings = self._headings()
        self.seen: set[tuple[Any, ...]] = set()
        self.merges_places = self.is_book and self._column("place") is not None and self.chance(0.3)
        self.placed: tuple[dict[str, Any], str] | None = None

    # --- choices for the whole file

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def fits(self, written: str) -> bool:
        """Whether the file's encoding has these letters."""
        try:
            written.encode(self.encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True

    def one_of(self, choices: Iterable[str]) -> str:
        fitting = [choice for choice in choices if self.fits(choice)]
        return self.rng.choice(fitting) if fitting else ""

    def _number_style(self) -> _Numbers:
        sign = self.contract.decimal_sign
        marks = ["", "", " ", "\u00a0", "\u202f"]
        marks.append({",": ".", ".": ","}[sign])
        if self.language == "en":
            marks.append("'")
        eastern = self.language == "ar" and self.chance(0.5) and self.fits("٠٬٫")
        return _Numbers(self.rng.choice([mark for mark in marks if self.fits(mark)]), eastern, sign)

    def _chosen_columns(self) -> dict[str, Column]:
        kept = ("indicator", "period", "period_start", "period_end", "place")
        across = {spread.dimension for spread in self.contract.spread}
        with_parts = self.chance(0.6)
        found: dict[str, Column] = {}
        for name, column in self.contract.columns.items():
            if column.role in across or (column.role == "value" and across):
                # The header takes the place of a column of the same meaning.
                continue
            if column.role in ("numerator", "denominator"):
                is_left_out = not with_parts
            else:
                is_left_out = column.role not in kept and not self.chance(0.3 if column.role == "ignored" else 0.8)
            if is_left_out and not column.required:
                continue
            found[name] = column
        values = [name for name, column in self.contract.columns.items() if column.role == "value"]
        if values and not across and not set(values) & found.keys():
            found[values[0]] = self.contract.columns[values[0]]
        return found

    def _chosen_indicators(self) -> list[str]:
        column = self._column("indicator")
        register = self.registers.indicators
        coded = [] if column is None else [*column.values.values(), *(code.code for code in column.codes)]
        named = [code for code in dict.fromkeys(coded) if code in register]
        if named:
            return named
        programme = self.contract.programme
        own = [code for code, row in register.items() if programme and row["programme_code"] == programme]
        found = own or [code for code in register if code in self.registers.indicator_texts]
        return self.rng.sample(found, min(len(found), 5))

    def _column(self, role: str) -> Column | None:
        return next((column for column in self.columns.values() if column.role == role), None)

    def _value_columns(self) -> list[_Across]:
        own = [_Across(column, (), dict(column.set)) for column in self.columns.values() if column.role == "value"]
        if not self.contract.spread:
            return own
        base = next(
            (column for column in self.contract.columns.values() if column.role == "value"),
            Column(role="value", hxl=("#value",)),
        )
        found = [_Across(base, (), {})]
        for spread in self.contract.spread:
            choices = self._spread_values(spread)
            found = [
                _Across(base, (*above.headings, heading), above.fixed | {spread.dimension: code})
                for above in found
                for heading, code in choices
            ]
        return found

    def _spread_values(self, spread: Spread) -> list[tuple[str, Any]]:
        """Headings of one dimension with what they stand for."""
        language = self.language
        match spread.dimension:
            case "sex":
                found = [(self.one_of(_SEX[code][language][:1]), code) for code in ("F", "M")]
                return [*found, (_TOTAL_LABEL[language], TOTAL)] if self.chance(0.5) else found
            case "age_group":
                return [(self.one_of(_AGE[code][language][:1]), code) for code in ("Y0T4", "Y5T9", "Y10T14", "Y15T17")]
            case "place":
                codes = [code for code in self.registers.place_texts if self._place_names(code, spread.code_system)]
                chosen = self.rng.sample(codes, 4)
                return [(self.one_of(self._place_names(code, spread.code_system)), code) for code in chosen]
            case "indicator":
                return [(self._indicator_text(code, None), code) for code in self.indicators[:4]]
        grain = self.grain if self.grain != "custom" else "month"
        if grain not in ("month", "quarter", "half_year"):
            return [
                (str(year), (dt.date(year, 1, 1), dt.date(year, 12, 31)))
                for year in range(self.period[0].year, self.period[0].year + 3)
            ]
        found_periods = {}
        while len(found_periods) < {"month": 6, "quarter": 4, "half_year": 2}[grain]:
            start, end = _period(random.Random(len(found_periods) * 7 + self.rng.random()), grain)  # noqa: S311
            start, end = _in_year(start, end, self.period[0].year)
            found_periods[_period_texts(start, end, grain, language)[0]] = (start, end)
        return sorted(found_periods.items(), key=lambda entry: entry[1])

    # --- headings

    def _heading(self, column: Column, language: Language) -> str:
        choices = getattr(column.labels, language)
        if not choices:
            choices = next((labels for lang in LANGUAGES if (labels := getattr(column.labels, lang))), ())
        choices = [choice for choice in choices if self.fits(choice)]
        if not choices:
            choices = [
                label for lang in ("en", "fr", "ar") for label in getattr(column.labels, lang) if self.fits(label)
            ]
        if not choices:
            return ""
        return choices[0] if self.chance(0.7) else self.rng.choice(choices)

    def _headings(self) -> list[list[str]]:
        """The header's rows: labels, in one language or two, and the tags."""
        singles = [column for column in self.columns.values() if column.role != "value" or not self.contract.spread]
        wide = self.across if self.contract.spread else []
        labels = [self._heading(column, self.language) for column in singles]
        levels = max((len(value.headings) for value in wide), default=1)
        rows = [[""] * (len(singles) + len(wide)) for _ in range(levels)]
        for index, label in enumerate(labels):
            rows[-1][index] = label
        for index, value in enumerate(wide, len(singles)):
            for level, heading in enumerate(value.headings):
                rows[level][index] = heading
        other: Language = "fr" if self.language == "ar" else "ar"
        if not wide and self.kind != "json":
            if all(getattr(column.labels, other) for column in singles) and self.fits("العدد é"):
                second = [getattr(column.labels, other)[0] for column in singles]
                if self.chance(0.15):
                    rows[0] = [f"{first} / {label}" for first, label in zip(rows[0], second, strict=True)]
                elif self.chance(0.15) and self.contract.header_rows > 1:
                    rows.append(second)
            if self.chance(0.15):
                index = next(i for i, column in enumerate(singles) if column.role == "value")
                rows[-1][index] += self.rng.choice([" (1)", "*"]) if rows[-1][index] else ""
        self.order = singles
        tags = [column.hxl[0] if column.hxl else "" for column in singles]
        self.tags: list[str] = []
        untitled = any(not label for label in labels)
        if untitled or (
            self.kind != "json" and not wide and sum(map(bool, tags)) * 2 >= len(tags) and self.chance(0.4)
        ):
            self.tags = tags
        return rows

    # --- what a row says

    def _translated(self, column: Column, codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The writings that the column itself explains, by code; only of these codes where any are given."""
        found: dict[str, list[str]] = {}
        for written, code in column.values.items():
            found.setdefault(code, []).append(written)
        for code in column.codes:
            labels = [label for label in getattr(code.labels, self.language) if self.fits(label)]
            found.setdefault(code.code, []).extend([*labels[:1], code.code])
        return {
            code: tuple(texts)
            for code, texts in found.items()
            if (not codes or code in codes) and any(map(str.strip, texts))
        }

    def _with_label(self, column: Column, written: str) -> str:
        return f"{written}: {written}" if column.before_colon and written and self.chance(0.3) else written

    def _coded(self, column: Column, words: dict[str, dict[Language, tuple[str, ...]]]) -> tuple[str, str]:
        """A category as written and its code."""
        if column.unknown and self.chance(0.05):
            return self.one_of(column.unknown), "_U"
        if translated := self._translated(column, ()):
            code = self.rng.choice(sorted(translated))
            return self._with_label(column, self.one_of(translated[code])), code
        code = self.rng.choice(sorted(words))
        if column.before_colon:
            return self._with_label(column, code), code
        return self.one_of(words[code][self.language]), code

    def _indicator_text(self, code: str, column: Column | None) -> str:
        if column is not None:
            if code in (translated := self._translated(column, ())):
                return self._with_label(column, self.one_of(translated[code]))
            if column.before_colon:
                return self._with_label(column, code)
        names = self.registers.indicator_texts.get(code, {}).get(self.language, ())
        fitting = [name for name in names if self.fits(name) and ":" not in name]
        return self.rng.choice(fitting) if fitting and self.chance(0.7) else code

    def _place_names(self, code: str, system: str) -> list[str]:
        row = self.registers.places[code]
        if system == "hcp" and row["hcp_code"]:
            return [row["hcp_code"]]
        if system == "ocha" and row["ocha_pcode"]:
            return [row["ocha_pcode"]]
        names = self.registers.place_texts.get(code, {}).get(self.language, ())
        if system == "iso":
            # There a short name may be the end of a code: MAR is Morocco elsewhere.
            names = tuple(name for name in names if len(name) > 3)
        return [name for name in (*names, *([code] if system in ("iso", "name") else [])) if self.fits(name)]

    def _place(self) -> tuple[dict[str, Any], str]:
        """The cells of a place and of the one above it, and the place's code."""
        column, parent = self._column("place"), self._column("parent_place")
        base = self.contract.constants.get("place", "MA")
        if column is None:
            return {}, base
        translated = self._translated(column, sorted(self.registers.places))
        if translated:
            code = self.rng.choice(sorted(translated))
            return {"place": self._with_label(column, self.one_of(translated[code]))}, code
        places = self.registers.places
        codes = [code for code in places if self._place_names(code, column.code_system)]
        if parent is not None:
            codes = [code for code in codes if places[code]["place_type"] not in ("country", "region")]
            above = parent.code_system
            codes = [code for code in codes if self._place_names(places[code]["parent_code"], above)]
            code = self.rng.choice(codes)
            region = self.one_of(self._place_names(places[code]["parent_code"], above))
            return {"place": self.one_of(self._place_names(code, column.code_system)), "parent_place": region}, code
        if base != "MA":
            codes = [code for code in codes if code == base or places[code]["parent_code"] == base]
        code = self.rng.choice(codes)
        written = self.one_of(self._place_names(code, column.code_system))
        return {"place": self._with_label(column, written) if column.before_colon else written}, code

    def _row_period(self) -> tuple[dict[str, Any], tuple[dt.date, dt.date] | None]:
        contract = self.contract
        if contract.period.source != "column" or any(spread.dimension == "period" for spread in contract.spread):
            return {}, None
        if self._column("period") is not None:
            column = self._column("period")
            grain = self.rng.choice(contract.period.grains)
            start, end = _period(self.rng, grain)
            if column is not None and column.type == "date":
                return {"period": start.isoformat()}, (start, start)
            written = self.one_of(_period_texts(start, end, grain, self.language))
            return {"period": int(written) if self.is_book and written.isdigit() else written}, (start, end)
        if self._column("period_start") is not None:
            start, end = _period(self.rng, self.rng.choice(contract.period.grains))
            pattern = self.rng.choice(["%Y-%m-%d", "%d/%m/%Y"])
            is_date = self.kind == "xlsx" and self.chance(0.5)
            return {
                "period_start": start if is_date else start.strftime(pattern),
                "period_end": end if is_date else end.strftime(pattern),
            }, (start, end)
        return {}, None

    def _row(self) -> _Said | None:
        """A row about something that no row before it was about; None where nothing is left."""
        for _ in range(50):
            said = self._draw()
            identity = (said.indicator, said.place, said.period, said.deliverable, *said.groups.values())
            if identity not in self.seen:
                self.seen.add(identity)
                return said
        return None

    def _draw(self) -> _Said:
        column = self._column("indicator")
        indicator = self.contract.constants.get("indicator", "")
        cells: dict[str, Any] = {}
        deliverable, deliverable_name = "", ""
        deliverables = self.registers.deliverables
        if (coded := self._column("deliverable_code")) is not None and (coded.required or self.chance(0.2)):
            chosen = self.rng.choice(deliverables)
            deliverable = self.one_of(self._translated(coded, ())) or chosen["deliverable_code"]
            deliverable_name = chosen[f"name_{self.language}"]
            cells["deliverable_code"] = deliverable
            if (status := self._column("deliverable_status")) is not None:
                cells["deliverable_status"] = self._coded(status, _STATUS)[0]
        if column is not None:
            indicator = self.rng.choice(self.indicators)
            cells["indicator"] = self._indicator_text(indicator, column)
        if self.placed is None or not (self.merges_places and self.chance(0.6)):
            self.placed = self._place()
        placed, place = self.placed
        timed, period = self._row_period()
        cells |= placed | timed
        groups = {name: self.contract.constants.get(name, TOTAL) for name in DIMENSIONS}
        for role, words in (("sex", _SEX), ("age_group", _AGE), ("residence", _RESIDENCE)):
            if (single := self._column(role)) is not None:
                cells[role], groups[role] = self._coded(single, words)
        group_parts = []
        for name, single in self.columns.items():
            if single.role == "population_group":
                written, code = self._group(single)
                cells[name] = written
                if code:
                    group_parts.append(f"{single.prefix}{code}")
        if group_parts:
            groups["population_group"] = "+".join(group_parts)
        said = _Said(
            cells, indicator, place, period, groups, deliverable=deliverable, deliverable_name=deliverable_name
        )
        self._say_more(said)
        return said

    def _group(self, column: Column) -> tuple[str, str]:
        if self.chance(0.4):
            return "", ""
        if translated := self._translated(column, ()):
            code = self.rng.choice(sorted(translated))
            written = self._with_label(column, self.one_of(translated[code]))
            return (written, "" if text.key(code) in ("t", "total", "") else code) if written else ("", "")
        written = self.one_of(("Q1", "Q5") if column.before_colon else _GROUPS[self.language])
        return self._with_label(column, written), written

    def _say_more(self, said: _Said) -> None:
        """The columns that say how a figure came about."""
        for name, column in self.columns.items():
            match column.role:
                case "numerator":
                    said.numerator = Decimal(self.rng.randint(1, 99))
                    said.cells[name] = self._plain(said.numerator)
                case "denominator":
                    said.denominator = Decimal(self.rng.randint(100, 999))
                    said.cells[name] = self._plain(said.denominator)
                case "remark" if self.chance(0.3):
                    said.cells[name] = self.one_of(self._translated(column, ()) or _REMARKS[self.language])
                case "citation":
                    said.cells[name] = "https://example.org/report"
                case "citation_place":
                    said.cells[name] = "p. 12"
                case "unit":
                    said.cells[name] = self.one_of(code.code for code in column.codes) or "persons"
                case "qualifier" if self.chance(0.15) and not column.values and not column.codes:
                    said.qualifier = said.cells[name] = self.rng.choice(["approximate", "at_least"])
                case "deliverable_status" if name not in said.cells and "deliverable_status" in said.cells:
                    pass
                case "ignored" if self.chance(0.5):
                    said.cells[name] = self.one_of([*_REMARKS[self.language], "x"])

    def _plain(self, value: Decimal) -> Any:
        return str(value) if self.kind == "csv" else int(value)

    # --- values

    def _value(self, indicator: str, said: _Said, *, may_be_blank: bool) -> tuple[Any, Decimal | None, str, bool]:
        """A cell, the value and the qualifier it says, and whether it is shown as a percentage."""
        if said.deliverable:
            # Beside a one, the mark of a `1.234` would group and part.
            named = (self.numbers.is_doubtful or self.chance(0.5)) and self.fits(said.deliverable_name)
            if self.numbers.is_doubtful and not named:
                return said.deliverable, Decimal(1), "exact", False
            return (said.deliverable_name if named else self._plain(Decimal(1))), Decimal(1), "exact", False
        kind = self.registers.indicators[indicator]["value_type"] if indicator in self.registers.indicators else "count"
        draw = self.rng.random()
        if draw < 0.03 and may_be_blank:
            return None, None, "not_reported", False
        if draw < 0.08:
            qualifier = self.rng.choice(sorted(_MISSING))
            return self.one_of(_MISSING[qualifier][self.language]), None, qualifier, False
        if kind == "percent":
            return self._percent()
        value = self._size(kind)
        is_native = self.kind != "csv" and self.chance(0.6)
        if is_native:
            return (int(value) if value == value.to_integral_value() else float(value)), value, "exact", False
        written = self.numbers.written(value)
        if draw > 0.9:
            qualifier = self.rng.choice(sorted(_BOUNDS))
            return self._fitting(_BOUNDS[qualifier][self.language].format(written), value, qualifier)
        return self._fitting(written, value, "exact")

    def _fitting(self, written: str, value: Decimal, qualifier: str) -> tuple[Any, Decimal | None, str, bool]:
        if self.fits(written):
            return written, value, qualifier, False
        return str(value), value, "exact", False

    def _size(self, kind: str) -> Decimal:
        if self.numbers.is_doubtful:
            return Decimal(self.rng.randint(100, 9999))
        if kind == "amount":
            return Decimal(self.rng.randint(1, 99_999_999)).scaleb(-self.rng.choice([0, 0, 1, 2])).normalize() + 0
        return Decimal(int(10 ** self.rng.uniform(0, 6)) - 1 if self.chance(0.9) else 0)

    def _percent(self) -> tuple[Any, Decimal | None, str, bool]:
        value = Decimal(self.rng.randint(0, 1000)).scaleb(-1)
        value = value.to_integral_value() if value == value.to_integral_value() else value
        if self.is_book and self.chance(0.3):
            return float(value / 100), value, "exact", True
        if self.kind != "csv" and self.chance(0.3):
            return float(value), value, "exact", False
        written = self.numbers.written(value)
        return self._fitting(written + self.rng.choice(["", " %", "%", "\u00a0%"]), value, "exact")

    # --- cells

    def grids(self, rows: int) -> tuple[list[_Grid], list[dict[str, Any]]]:
        """The file's sheets and the truth of them."""
        names = list(_SHEETS[self.language])
        self.rng.shuffle(names)
        parts = [rows]
        if self.is_book and rows > 8 and self.chance(0.2):
            parts = [rows // 2, rows - rows // 2]
        observations: list[dict[str, Any]] = []
        grids: list[_Grid] = []
        status = self.contract.data_status
        marks = getattr(status.illustrative_marks, self.language) if self.kind != "json" else ()
        marks = [mark for mark in marks if self.fits(mark)]
        self.mark = marks[0] if marks else ""
        self.status = "illustrative" if self.mark else status.default
        for name, part in zip(names, parts, strict=False):
            grid = _Grid(name)
            observations += self._fill(grid, part)
            grids.append(grid)
        if self.is_book and self.chance(0.2):
            grids.insert(0, _Grid(_COVER[self.language], [[_COVER[self.language]], [], ["hasila"]]))
        return grids, observations

    def _titles(self, grid: _Grid, width: int) -> None:
        needed = self.contract.period.source == "title"
        # A heading that names only months of the year needs none; a constant stands for itself.
        if self.kind == "json" or not (needed or self.mark or self.chance(0.5)):
            return
        organisation = self.registers.organisations.get(self.organisation, {}).get(f"name_{self.language}", "")
        lines: list[list[Any]] = [[self.contract.title[self.language]]]
        if organisation and self.fits(organisation) and self.chance(0.6):
            lines.append([organisation])
        if self.mark:
            lines.append([self.mark])
        if needed:
            written = self.one_of(_period_texts(*self.period, self.grain, self.language))
            label = _PERIOD_LABEL[self.language]
            lines.append([f"{label} :", written] if self.chance(0.3) and width > 1 else [f"{label} : {written}"])
        lines = [line if self.fits("".join(line)) else [""] for line in lines]
        grid.rows += lines
        if self.is_book and width > 1 and self.chance(0.4):
            grid.merges.append((0, 0, 0, width - 1))
        grid.rows += [[] for _ in range(self.rng.randint(0, 2))]

    def _fill(self, grid: _Grid, rows: int) -> list[dict[str, Any]]:
        left = 1 if self.is_book and self.chance(0.1) else 0
        width = left + len(self.headings[0])
        self._titles(grid, width)
        wide_from = left + len(self.order)
        for level, row in enumerate(self.headings):
            line: list[Any] = [None] * left + [cell or None for cell in row]
            if level < len(self.headings) - 1 and self.contract.spread:
                # A heading over several columns is written once.
                for index in range(width - 1, wide_from, -1):
                    if line[index] == line[index - 1]:
                        line[index] = None
            grid.rows.append(line)
        if self.tags:
            grid.rows.append([None] * left + [tag or None for tag in self.tags])
        elif (
            self.kind != "json"
            and not self.contract.spread
            and self.chance(0.1)
            and self.fits(_UNIT_ROW[self.language])
        ):
            grid.rows.append(
                [None] * left + [_UNIT_ROW[self.language] if column.role == "value" else None for column in self.order]
            )
        indexes = self._indexes(left)
        observations: list[dict[str, Any]] = []
        run: tuple[int, str] | None = None
        for _ in range(rows):
            said = self._row()
            if said is None:
                break
            position = len(grid.rows)
            place = str(said.cells.get("place", ""))
            observations += self._write_row(grid, said, indexes, width)
            if self.merges_places and place:
                at = indexes["place"]
                if run and run[1] == place:
                    grid.rows[position][at] = None
                else:
                    self._close_run(grid, run, position, at)
                    run = position, place
            elif run:
                self._close_run(grid, run, position, indexes["place"])
                run = None
        if run:
            self._close_run(grid, run, len(grid.rows), indexes["place"])
        observations += self._totals(grid, indexes, width)
        if self.kind != "json" and self.chance(0.4) and self.fits(_SOURCE_NOTE[self.language]):
            grid.rows += [[], [None] * left + [_SOURCE_NOTE[self.language]]]
        return observations

    @staticmethod
    def _close_run(grid: _Grid, run: tuple[int, str] | None, end: int, column: int) -> None:
        if run and end - run[0] > 1:
            grid.merges.append((run[0], column, end - 1, column))

    def _indexes(self, left: int) -> dict[str, int]:
        """Where each column stands: roles that only one column may have by role, the others by name."""
        names = {id(column): name for name, column in self.columns.items()}
        found = {}
        for index, column in enumerate(self.order, left):
            found[names[id(column)]] = index
            if column.role not in ("value", "population_group", "remark", "ignored"):
                found[column.role] = index
        return found

    def _write_row(self, grid: _Grid, said: _Said, indexes: dict[str, int], width: int) -> list[dict[str, Any]]:
        position = len(grid.rows)
        line: list[Any] = [None] * width
        for name, cell in said.cells.items():
            if name in indexes and cell != "":
                line[indexes[name]] = cell
        labels = sum(cell is not None for cell in line)
        grid.rows.append(line)
        observations = []
        wide_from = width - len(self.across)
        names = {id(column): name for name, column in self.columns.items()}
        for number, value in enumerate(self.across):
            index = wide_from + number if self.contract.spread else indexes[names[id(value.column)]]
            truth = self._truth(said, value)
            cell, amount, qualifier, percent = self._value(
                truth["indicator_code"], said, may_be_blank=labels > 1 or number > 0
            )
            if value.column.unknown and self.chance(0.03):
                cell, amount, qualifier, percent = self.one_of(value.column.unknown), None, "not_reported", False
            line[index] = cell
            if percent:
                grid.percents.add((position, index))
            if said.qualifier and (cell is None or (qualifier == "exact" and amount is not None)):
                # The column of qualifiers speaks where the writing does not.
                qualifier = said.qualifier
            observations.append(
                truth
                | {
                    "value": amount,
                    "qualifier": qualifier,
                    "source_sheet": grid.name,
                    "source_cell": (position, index),
                    "source_text": _as_text(cell),
                }
            )
        return observations

    def _truth(self, said: _Said, value: _Across) -> dict[str, Any]:
        fixed = value.fixed
        indicator = fixed.get("indicator", said.indicator)
        groups = dict(said.groups)
        for dimension in DIMENSIONS:
            code = fixed.get(dimension)
            if code is not None and not (code == TOTAL and groups[dimension] != TOTAL):
                groups[dimension] = code
        register = self.registers.indicators.get(indicator, {})
        for dimension, universe in (("sex", "universe_sex"), ("age_group", "universe_age")):
            # A group that is all an indicator counts is its total.
            if register.get(universe) and groups[dimension] == register[universe]:
                groups[dimension] = TOTAL
        period = fixed.get("period") or said.period or self._file_period()
        if isinstance(period, str):
            parsed = periods.parse(period, year=self.period[1].year)
            period = parsed.start, parsed.end
        place = fixed.get("place", TOTAL)
        return {
            "indicator_code": indicator,
            "period_start": period[0],
            "period_end": period[1],
            "place_code": place if place != TOTAL else said.place,
            **groups,
            "numerator": said.numerator,
            "denominator": said.denominator,
            "data_status": self.status,
            "deliverable_code": said.deliverable,
        }

    def _file_period(self) -> Any:
        if self.contract.period.source == "title" and self.kind != "json":
            return self.period
        return self.contract.constants.get("period", self.period)

    def _totals(self, grid: _Grid, indexes: dict[str, int], width: int) -> list[dict[str, Any]]:
        """A stated total of all places, which is an observation, and a sum of everything, which is none."""
        found: list[dict[str, Any]] = []
        label = _TOTAL_LABEL[self.language]
        place, constants = self._column("place"), self.contract.constants
        if self.kind == "json" or not self.fits(label):
            return found
        if place is not None and not place.values and not place.before_colon and self.chance(0.4):
            said = self._draw()
            said.cells |= {"place": label, "parent_place": ""}
            said.place = constants.get("place", "MA")
            identity = (said.indicator, said.place, said.period, said.deliverable, *said.groups.values())
            if identity not in self.seen:
                self.seen.add(identity)
                found += self._write_row(grid, said, indexes, width)
        indicator = self._column("indicator")
        if indicator is not None and not indicator.before_colon and not indicator.values and self.chance(0.3):
            line: list[Any] = [None] * width
            line[indexes["indicator"]] = label
            line[width - 1 if self.contract.spread else indexes[self._first_value()]] = (
                "12" if self.kind == "csv" else 12
            )
            grid.rows.append(line)
        return found

    def _first_value(self) -> str:
        return next(name for name, column in self.columns.items() if column.role == "value")


def _in_year(start: dt.date, end: dt.date, year: int) -> tuple[dt.date, dt.date]:
    first = start.replace(year=year)
    after = (end + dt.timedelta(days=1)).replace(year=year + (end.month == 12))
    return first, after - dt.timedelta(days=1)


def _as_text(cell: Any) -> str:
    """A cell as a person sees it written."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


# --- bytes


def _letters(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _xlsx(grids: list[_Grid], language: Language) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    # Two runs of one seed give the same bytes.
    book.properties.created = book.properties.modified = dt.datetime(2020, 1, 1)  # noqa: DTZ001
    for grid in grids:
        sheet = book.create_sheet(grid.name)
        sheet.sheet_view.rightToLeft = language == "ar"
        for row, cells in enumerate(grid.rows, 1):
            for column, cell in enumerate(cells, 1):
                if cell is not None:
                    sheet.cell(row, column, cell)
        for row, column in grid.percents:
            sheet.cell(row + 1, column + 1).number_format = "0.0%"
        for top, left, bottom, right in grid.merges:
            sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    saved = io.BytesIO()
    book.save(saved)
    return _undated(saved.getvalue())


def _undated(content: bytes) -> bytes:
    """A zip archive without the times at which its entries were written."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2020-01-01T00:00:00Z", data)
            new.writestr(zipfile.ZipInfo(entry.filename, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return result.getvalue()


_ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"'
)
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def _ods(grids: list[_Grid]) -> bytes:
    tables = []
    for grid in grids:
        width = max(map(len, grid.rows))
        covered = {
            (row, column)
            for top, left, bottom, right in grid.merges
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }
        spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in grid.merges}
        lines = []
        for row, cells in enumerate(grid.rows):
            line = [*cells, *[None] * (width - len(cells))]
            lines.append(
                "<table:table-row>"
                + "".join(
                    _ods_cell(cell, (row, column) in covered, spans.get((row, column)), (row, column) in grid.percents)
                    for column, cell in enumerate(line)
                )
                + "</table:table-row>"
            )
        tables.append(f'<table:table table:name="{escape(grid.name)}">{"".join(lines)}</table:table>')
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS_NAMES}><office:body>'
        f"<office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as package:
        for name, data, how in (
            ("mimetype", _ODS_TYPE, zipfile.ZIP_STORED),
            ("content.xml", content, zipfile.ZIP_DEFLATED),
            ("META-INF/manifest.xml", _ODS_MANIFEST, zipfile.ZIP_DEFLATED),
        ):
            package.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, how)
    return result.getvalue()


def _ods_cell(cell: Any, is_covered: bool, span: tuple[int, int] | None, is_percent: bool) -> str:
    name = "table:covered-table-cell" if is_covered else "table:table-cell"
    spans = f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"' if span else ""
    if cell is None:
        return f"<{name}{spans}/>"
    if isinstance(cell, int | float):
        kind = "percentage" if is_percent else "float"
        return f'<{name}{spans} office:value-type="{kind}" office:value="{cell!r}"><text:p>{cell!r}</text:p></{name}>'
    return f'<{name}{spans} office:value-type="string"><text:p>{escape(str(cell))}</text:p></{name}>'


def _csv(grid: _Grid, encoding: str, delimiter: str) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    for row in grid.rows:
        writer.writerow(["" if cell is None else cell for cell in row])
    return stream.getvalue().encode(encoding)


def _json(grid: _Grid, rng: random.Random) -> tuple[bytes, str]:
    """Records, and where their list stands in the file."""
    names, *rows = grid.rows
    records = [dict(zip(names, row, strict=True)) for row in rows]
    place = rng.choice(["", "/data"])
    content = {"data": records} if place else records
    return json.dumps(content, ensure_ascii=False, indent=1).encode(), place


_ENCODINGS: dict[Language, tuple[str, ...]] = {
    "ar": ("utf-8", "utf-8-sig", "utf-16", "cp1256"),
    "fr": ("utf-8", "utf-8-sig", "utf-16", "cp1252"),
    "en": ("utf-8", "utf-8-sig", "utf-16", "cp1252"),
}
_DELIMITERS = (",", ";", "\t")


def generate(
    contract: Contract,
    format: str,  # noqa: A002 - the word that contracts use
    language: Language,
    seed: int,
    rows: int = 20,
    *,
    seeds: Path = SEEDS,
    encoding: str | None = None,
) -> Generated:
    """One made-up report of a contract, and its true observations. The same arguments give the same bytes.

    `format` is one of `formats_of(contract)`; `encoding`, for delimited text, is drawn where none is given.
    """
    if format not in formats_of(contract):
        raise ValueError(f"{contract.family} has no {format} that could be written here")
    drawn = random.Random(f"{contract.family}|{language}|{seed}|bytes")  # noqa: S311
    if format == "csv":
        encoding = encoding or drawn.choice(_ENCODINGS[language])
        delimiter = drawn.choice(_DELIMITERS)
    else:
        encoding, delimiter = "", ""
    writer = _Writer(contract, format, language, seed, encoding, _registers(seeds))
    grids, observations = writer.grids(rows)
    stem = f"{contract.family}-{language}-{seed}"
    sheet_name, pointer = "", ""
    match format:
        case "xlsx":
            content = _xlsx(grids, language)
        case "ods":
            content = _ods(grids)
        case "csv":
            if not all(writer.fits(str(cell)) for row in grids[0].rows for cell in row if cell is not None):
                # A heading that the contract has in one language only.
                encoding = "utf-8"
            content, sheet_name = _csv(grids[0], encoding, delimiter), stem
        case _:
            content, pointer = _json(grids[0], drawn)
            sheet_name = stem
    for observation in observations:
        row, column = observation["source_cell"]
        if format == "json":
            key = str(grids[0].rows[0][column]).replace("~", "~0").replace("/", "~1")
            observation["source_cell"] = f"{pointer}/{row - 1}/{key}"
        else:
            observation["source_cell"] = f"{_letters(column)}{row + 1}"
        observation["source_sheet"] = sheet_name or observation["source_sheet"]
    return Generated(f"{stem}.{format}", content, observations, writer.organisation, encoding, delimiter)


# --- many files


_DECIMAL = pa.decimal128(28, 10)
TRUTH = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("file_name", "organisation_code", "family", "format")),
        pa.field("indicator_code", pa.string()),
        pa.field("period_start", pa.date32()),
        pa.field("period_end", pa.date32()),
        pa.field("place_code", pa.string()),
        *(pa.field(name, pa.string()) for name in DIMENSIONS),
        *(pa.field(name, _DECIMAL) for name in ("value", "numerator", "denominator")),
        *(pa.field(name, pa.string()) for name in ("qualifier", "data_status", "deliverable_code")),
        *(pa.field(name, pa.string()) for name in ("source_sheet", "source_cell", "source_text")),
    ]
)


def mixed(
    count: int, seed: int, contracts: Sequence[Contract], *, rows: tuple[int, int] = (10, 120), seeds: Path = SEEDS
) -> Iterable[tuple[Contract, str, Generated]]:
    """`count` reports of all contracts, formats and languages, by turns and by chance."""
    drawn = random.Random(seed)  # noqa: S311
    writable = [contract for contract in contracts if formats_of(contract)]
    for number in range(count):
        contract = writable[number % len(writable)]
        kind = drawn.choice(formats_of(contract))
        language = drawn.choice(LANGUAGES)
        yield (
            contract,
            kind,
            generate(contract, kind, language, seed * 1_000_000 + number, drawn.randint(*rows), seeds=seeds),
        )


def write(out: Path, count: int, seed: int, contracts: Sequence[Contract], *, rows: tuple[int, int] = (10, 120)) -> int:
    """Writes mixed reports as an inbox, and `truth.parquet`; returns how many observations they hold."""
    truths: list[dict[str, Any]] = []
    for contract, kind, report in mixed(count, seed, contracts, rows=rows):
        path = out / "inbox" / report.organisation_code / report.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.content)
        about = {
            "file_name": report.file_name,
            "organisation_code": report.organisation_code,
            "family": contract.family,
            "format": kind,
        }
        truths += [about | observation for observation in report.observations]
    pq.write_table(pa.Table.from_pylist(truths, schema=TRUTH), out / "truth.parquet", compression="zstd")
    return len(truths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, nargs=2, default=(10, 120), metavar=("LEAST", "MOST"))
    given = parser.parse_args()
    found = write(given.out, given.count, given.seed, load_contracts(CONTRACTS), rows=tuple(given.rows))
    print(f"{given.count} reports, {found} observations in {given.out}")


if __name__ == "__main__":
    main()
