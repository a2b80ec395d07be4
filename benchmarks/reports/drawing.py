"""Drawing a report: codes and values by chance, laid out as cells in one of the ways that people do it."""

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from benchmarks.reports.records import Spelling
from benchmarks.reports.registers import Registers
from benchmarks.reports.words import (
    AGE,
    BOUNDS,
    COVER,
    GROUPS,
    MISSING,
    PERIOD_LABEL,
    REMARKS,
    RESIDENCE,
    SEX,
    SHEETS,
    SOURCE_NOTE,
    STATUS,
    TOTAL,
    TOTAL_LABEL,
    UNIT_ROW,
    Numbers,
    a_period,
    machine_period,
    period_texts,
)
from orchestration.read import periods, text
from orchestration.read.contracts import DIMENSIONS, Column, Contract, Spread
from orchestration.settings import LANGUAGES, Language

BOOKS = ("xlsx", "xlsm", "xlsb", "xls", "ods")
RECORDS = ("json", "kobo_json", "dhis2_json", "dhis2_xml", "adx_xml", "sdmx_ml")


_NOBODY_KNOWS = 9999
"""How some write a count that they do not know."""


@dataclass
class Grid:
    name: str
    rows: list[list[Any]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    percents: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True)
class Across:
    """A value column: the contract's own, or one of a spread dimension; `fixed` holds codes and periods."""

    column: Column
    headings: tuple[str, ...]
    fixed: dict[str, Any]


@dataclass
class Said:
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


class Writer:
    """Draws one report's content and lays it out as cells."""

    def __init__(
        self, contract: Contract, kind: str, language: Language, seed: int, encoding: str, registers: Registers
    ):
        self.contract = contract
        self.kind = kind
        self.language = language
        self.registers = registers
        self.encoding = encoding
        self.rng = random.Random(f"{contract.family}|{contract.version}|{kind}|{language}|{seed}")  # noqa: S311
        self.is_book = kind in BOOKS
        # Records have no line but their fields' names; those of systems hold codes and plain numbers.
        self.is_record = kind in RECORDS
        self.spelling = Spelling.of(kind)
        self.is_system = self.spelling.periods != ""
        self.has_numbers = self.is_book or kind in ("json", "kobo_json")
        senders = contract.senders if contract.senders != "any" else ("ENTRAIDE", "ONDE", "NGO_EXAMPLE_1")
        self.organisation = self.rng.choice(list(senders))
        self.numbers = self._number_style()
        self.grain = self.rng.choice(contract.period.grains)
        self.period = a_period(self.rng, self.grain)
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

    def _number_style(self) -> Numbers:
        sign = self.contract.decimal_sign
        if self.is_system:
            return Numbers("", False, ".")
        marks = ["", "", " ", "\u00a0", "\u202f"]
        marks.append({",": ".", ".": ","}[sign])
        if self.language == "en":
            marks.append("'")
        eastern = self.language == "ar" and self.chance(0.5) and self.fits("٠٬٫")
        return Numbers(self.rng.choice([mark for mark in marks if self.fits(mark)]), eastern, sign)

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
            if (is_left_out or not self._spellings(column)) and not column.required:
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

    def _value_columns(self) -> list[Across]:
        own = [Across(column, (), dict(column.set)) for column in self.columns.values() if column.role == "value"]
        if not self.contract.spread:
            return own
        base = next(
            (column for column in self.contract.columns.values() if column.role == "value"),
            Column(role="value", hxl=("#value",)),
        )
        found = [Across(base, (), {})]
        for spread in self.contract.spread:
            choices = self._spread_values(spread)
            found = [
                Across(base, (*above.headings, heading), above.fixed | {spread.dimension: code})
                for above in found
                for heading, code in choices
            ]
        return found

    def _spread_values(self, spread: Spread) -> list[tuple[str, Any]]:
        """Headings of one dimension with what they stand for."""
        language = self.language
        match spread.dimension:
            case "sex":
                found = [(self.one_of(SEX[code][language][:1]), code) for code in ("F", "M")]
                return [*found, (TOTAL_LABEL[language], TOTAL)] if self.chance(0.5) else found
            case "age_group":
                return [(self.one_of(AGE[code][language][:1]), code) for code in ("Y0T4", "Y5T9", "Y10T14", "Y15T17")]
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
            start, end = a_period(random.Random(len(found_periods) * 7 + self.rng.random()), grain)  # noqa: S311
            start, end = in_year(start, end, self.period[0].year)
            found_periods[period_texts(start, end, grain, language)[0]] = (start, end)
        return sorted(found_periods.items(), key=lambda entry: entry[1])

    # --- headings

    def _spellings(self, column: Column) -> list[str]:
        """The names of a column that the format allows."""
        if not self.spelling.names:
            return [""]
        return [label for lang in LANGUAGES for label in getattr(column.labels, lang) if self.spelling.allows(label)]

    def _heading(self, column: Column, language: Language) -> str:
        if self.spelling.names:
            return self._spellings(column)[0]
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
        if not wide and not self.is_record:
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
        if untitled and self.is_record:
            # The tags are the fields' names.
            return [tags]
        if untitled or (not self.is_record and not wide and sum(map(bool, tags)) * 2 >= len(tags) and self.chance(0.4)):
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
        if column.before_colon or self.is_system:
            return self._with_label(column, code), code
        return self.one_of(words[code][self.language]), code

    def _indicator_text(self, code: str, column: Column | None) -> str:
        if column is not None:
            if code in (translated := self._translated(column, ())):
                return self._with_label(column, self.one_of(translated[code]))
            if column.before_colon:
                return self._with_label(column, code)
        if self.is_system:
            return code
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
            start, end = a_period(self.rng, grain)
            if column is not None and column.type == "date":
                return {"period": start.isoformat()}, (start, start)
            if self.is_system:
                return {"period": machine_period(start, grain, self.spelling.periods)}, (start, end)
            written = self.one_of(period_texts(start, end, grain, self.language))
            return {"period": int(written) if self.is_book and written.isdigit() else written}, (start, end)
        if self._column("period_start") is not None:
            start, end = a_period(self.rng, self.rng.choice(contract.period.grains))
            pattern = self.rng.choice(["%Y-%m-%d", "%d/%m/%Y"])
            is_date = self.kind in ("xlsx", "xlsm") and self.chance(0.5)
            return {
                "period_start": start if is_date else start.strftime(pattern),
                "period_end": end if is_date else end.strftime(pattern),
            }, (start, end)
        return {}, None

    def _row(self) -> Said | None:
        """A row about something that no row before it was about; None where nothing is left."""
        for _ in range(50):
            said = self._draw()
            identity = (said.indicator, said.place, said.period, said.deliverable, *said.groups.values())
            if identity not in self.seen:
                self.seen.add(identity)
                return said
        return None

    def _draw(self) -> Said:
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
                cells["deliverable_status"] = self._coded(status, STATUS)[0]
        if column is not None:
            indicator = self.rng.choice(self.indicators)
            cells["indicator"] = self._indicator_text(indicator, column)
        if self.placed is None or not (self.merges_places and self.chance(0.6)):
            self.placed = self._place()
        placed, place = self.placed
        timed, period = self._row_period()
        cells |= placed | timed
        groups = {name: self.contract.constants.get(name, TOTAL) for name in DIMENSIONS}
        for role, words in (("sex", SEX), ("age_group", AGE), ("residence", RESIDENCE)):
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
        said = Said(cells, indicator, place, period, groups, deliverable=deliverable, deliverable_name=deliverable_name)
        self._say_more(said)
        return said

    def _group(self, column: Column) -> tuple[str, str]:
        if self.chance(0.4):
            return "", ""
        if translated := self._translated(column, ()):
            code = self.rng.choice(sorted(translated))
            written = self._with_label(column, self.one_of(translated[code]))
            return (written, "" if text.key(code) in ("t", "total", "") else code) if written else ("", "")
        written = self.one_of(("Q1", "Q5") if column.before_colon else GROUPS[self.language])
        return self._with_label(column, written), written

    def _say_more(self, said: Said) -> None:
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
                    said.cells[name] = self.one_of(self._translated(column, ()) or REMARKS[self.language])
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
                    said.cells[name] = self.one_of([*REMARKS[self.language], "x"])

    def _plain(self, value: Decimal) -> Any:
        return int(value) if self.has_numbers else str(value)

    # --- values

    def _value(self, indicator: str, said: Said, *, may_be_blank: bool) -> tuple[Any, Decimal | None, str, bool]:
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
        if draw < 0.08 and not self.is_system:
            qualifier = self.rng.choice(sorted(MISSING))
            return self.one_of(MISSING[qualifier][self.language]), None, qualifier, False
        if kind == "percent":
            return self._percent()
        value = self._size(kind)
        is_native = self.has_numbers and self.chance(0.6)
        if is_native:
            return (int(value) if value == value.to_integral_value() else float(value)), value, "exact", False
        written = self.numbers.written(value)
        if draw > 0.9 and not self.is_system:
            qualifier = self.rng.choice(sorted(BOUNDS))
            return self._fitting(BOUNDS[qualifier][self.language].format(written), value, qualifier)
        return self._fitting(written, value, "exact")

    def _fitting(self, written: str, value: Decimal, qualifier: str) -> tuple[Any, Decimal | None, str, bool]:
        if self.fits(written):
            return written, value, qualifier, False
        return str(value), value, "exact", False

    def _size(self, kind: str) -> Decimal:
        if self.numbers.is_doubtful:
            return Decimal(self.rng.randint(100, _NOBODY_KNOWS - 1))
        if kind == "amount":
            return Decimal(self.rng.randint(1, 99_999_999)).scaleb(-self.rng.choice([0, 0, 1, 2])).normalize() + 0
        count = int(10 ** self.rng.uniform(0, 6)) - 1 if self.chance(0.9) else 0
        return Decimal(count if count != _NOBODY_KNOWS else count - 1)

    def _percent(self) -> tuple[Any, Decimal | None, str, bool]:
        value = Decimal(self.rng.randint(0, 1000)).scaleb(-1)
        value = value.to_integral_value() if value == value.to_integral_value() else value
        if self.is_book and self.chance(0.3):
            return float(value / 100), value, "exact", True
        if self.has_numbers and self.chance(0.3):
            return float(value), value, "exact", False
        written = self.numbers.written(value)
        if self.is_system:
            return written, value, "exact", False
        return self._fitting(written + self.rng.choice(["", " %", "%", "\u00a0%"]), value, "exact")

    # --- cells

    def grids(self, rows: int) -> tuple[list[Grid], list[dict[str, Any]]]:
        """The file's sheets and the truth of them."""
        names = list(SHEETS[self.language])
        self.rng.shuffle(names)
        parts = [rows]
        if self.is_book and rows > 8 and self.chance(0.2):
            parts = [rows // 2, rows - rows // 2]
        observations: list[dict[str, Any]] = []
        grids: list[Grid] = []
        status = self.contract.data_status
        marks = getattr(status.illustrative_marks, self.language) if not self.is_record else ()
        marks = [mark for mark in marks if self.fits(mark)]
        self.mark = marks[0] if marks else ""
        self.status = "illustrative" if self.mark else status.default
        for name, part in zip(names, parts, strict=False):
            grid = Grid(name)
            observations += self._fill(grid, part)
            grids.append(grid)
        if self.is_book and self.chance(0.2):
            grids.insert(0, Grid(COVER[self.language], [[COVER[self.language]], [], ["hasila"]]))
        return grids, observations

    def _titles(self, grid: Grid, width: int) -> None:
        needed = self.contract.period.source == "title"
        # A heading that names only months of the year needs none; a constant stands for itself.
        if self.is_record or not (needed or self.mark or self.chance(0.5)):
            return
        organisation = self.registers.organisations.get(self.organisation, {}).get(f"name_{self.language}", "")
        lines: list[list[Any]] = [[self.contract.title[self.language]]]
        if organisation and self.fits(organisation) and self.chance(0.6):
            lines.append([organisation])
        if self.mark:
            lines.append([self.mark])
        if needed:
            written = self.one_of(period_texts(*self.period, self.grain, self.language))
            label = PERIOD_LABEL[self.language]
            lines.append([f"{label} :", written] if self.chance(0.3) and width > 1 else [f"{label} : {written}"])
        lines = [line if self.fits("".join(line)) else [""] for line in lines]
        grid.rows += lines
        if self.is_book and width > 1 and self.chance(0.4):
            grid.merges.append((0, 0, 0, width - 1))
        grid.rows += [[] for _ in range(self.rng.randint(0, 2))]

    def _fill(self, grid: Grid, rows: int) -> list[dict[str, Any]]:
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
            not self.is_record and not self.contract.spread and self.chance(0.1) and self.fits(UNIT_ROW[self.language])
        ):
            grid.rows.append(
                [None] * left + [UNIT_ROW[self.language] if column.role == "value" else None for column in self.order]
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
        if not self.is_record and self.chance(0.4) and self.fits(SOURCE_NOTE[self.language]):
            grid.rows += [[], [None] * left + [SOURCE_NOTE[self.language]]]
        return observations

    @staticmethod
    def _close_run(grid: Grid, run: tuple[int, str] | None, end: int, column: int) -> None:
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

    def _write_row(self, grid: Grid, said: Said, indexes: dict[str, int], width: int) -> list[dict[str, Any]]:
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
                    "source_text": as_text(cell),
                }
            )
        return observations

    def _truth(self, said: Said, value: Across) -> dict[str, Any]:
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
        if self.contract.period.source == "title":
            return self.period
        return self.contract.constants.get("period", self.period)

    def _totals(self, grid: Grid, indexes: dict[str, int], width: int) -> list[dict[str, Any]]:
        """A stated total of all places, which is an observation, and a sum of everything, which is none."""
        found: list[dict[str, Any]] = []
        label = TOTAL_LABEL[self.language]
        place, constants = self._column("place"), self.contract.constants
        if self.is_record or not self.fits(label):
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
            line[width - 1 if self.contract.spread else indexes[self._first_value()]] = 12 if self.has_numbers else "12"
            grid.rows.append(line)
        return found

    def _first_value(self) -> str:
        return next(name for name, column in self.columns.items() if column.role == "value")


def in_year(start: dt.date, end: dt.date, year: int) -> tuple[dt.date, dt.date]:
    first = start.replace(year=year)
    after = (end + dt.timedelta(days=1)).replace(year=year + (end.month == 12))
    return first, after - dt.timedelta(days=1)


def as_text(cell: Any) -> str:
    """A cell as a person sees it written."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)
