"""One candidate row a reported value: the table of a report in the one long form, column by column.

A candidate says what the file says. Codes that no register knows stay as written, a value that is
no number is empty with the reason beside it: judging is the check room's.

Tables repeat themselves: what a label, a period or a number means is worked out once a distinct
text, and whole columns are put together from it. Only what is wrong is looked at row by row.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import partial
from typing import Any

from orchestration.findings import Finding
from orchestration.read import dimensions, numbers, periods, personal, text
from orchestration.read.contracts import DIMENSIONS, UNKNOWN, Column, Contract
from orchestration.read.dimensions import age_code, residence_code, sex_code
from orchestration.read.formats.document import Cell, Place, column_letters
from orchestration.read.numbers import Number, NumberError
from orchestration.read.periods import Period, PeriodError
from orchestration.read.reference import TOTAL, Indicator, PlaceFound, Reference
from orchestration.read.tables import Table, ValueColumn, is_blank, without_footnote, written
from orchestration.read.titles import NOTHING_STATED, Stated

__all__ = ["Row", "Rows", "TableReader", "age_code", "residence_code", "sex_code"]


@dataclass(slots=True)
class Row:
    """A candidate observation.

    The fields up to `deliverable_status` are the observation's (design, section 5). `*_text` is what
    the file says where the code was derived from; `value_problem` the rule that the row broke and
    `problem_text` what broke it. `cells` leads from a role to the cell it was read from, `value` to
    the cell that broke the rule where that is another one.
    """

    observation_id: str
    indicator_code: str
    period_start: dt.date | None
    period_end: dt.date | None
    period_grain: str | None
    place_code: str
    sex: str
    age_group: str
    residence: str
    population_group: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    qualifier: str
    data_status: str
    source_sheet: str
    source_cell: str
    source_text: str
    row_number: int
    citation: str
    citation_place: str
    remark: str
    deliverable_code: str
    deliverable_status: str
    indicator_text: str
    place_text: str
    period_text: str
    value_problem: str | None
    value_expected: str
    problem_text: str
    cells: dict[str, str]


FIELDS = tuple(field.name for field in fields(Row))


class Rows(Sequence[Row]):
    """Candidate rows as columns, a list a field of `Row`; `cells` as JSON. A single row is made when asked for."""

    __slots__ = ("columns",)

    def __init__(self, columns: dict[str, list[Any]] | None = None):
        self.columns: dict[str, list[Any]] = columns or {name: [] for name in FIELDS}

    def __len__(self) -> int:
        return len(self.columns["observation_id"])

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return Rows({name: column[position] for name, column in self.columns.items()})
        found = {name: column[position] for name, column in self.columns.items()}
        return Row(**found | {"cells": json.loads(found["cells"])})

    def __iter__(self) -> Iterator[Row]:
        return (self[position] for position in range(len(self)))

    def extend(self, other: "Rows") -> None:
        """Put the rows of another table behind these."""
        for name, column in other.columns.items():
            self.columns[name] += column


@dataclass(frozen=True, slots=True)
class _Problem:
    """The rule that a row broke, with the cell and the text that broke it."""

    code: str
    cell: str
    found: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """A period as a row states it: dates and grain, all None where it cannot be read, and the text."""

    start: dt.date | None
    end: dt.date | None
    grain: str | None
    text: str


# The codes of sex, age group, residence and population group, in this order.
_Groups = tuple[str, ...]


@dataclass(slots=True)
class _Lines:
    """What the rows of a table say once for all their values: lists with an entry a row.

    `problems` and `place_troubles` lead from an entry to what is wrong with it; `parts` are numerators
    and denominators, with `part_problems`. `cells` are the places of all this, an unfinished JSON object.
    """

    positions: list[int]
    rows: list[list[Cell]]
    numbers: list[str]
    labels: list[str]
    own_labels: list[str]
    groups: list[_Groups]
    spans: list[_Span]
    place_codes: list[str]
    place_texts: list[str]
    place_troubles: dict[int, PlaceFound]
    parts: dict[str, list[Decimal | None]]
    part_problems: dict[int, _Problem]
    texts: dict[str, list[str]]
    stated: list[str]
    cells: list[str]
    problems: dict[int, _Problem] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.positions)


_WITHOUT_VALUE = frozenset({"suppressed", "not_applicable", "not_reported"})
_STATUSES = {
    text.key(word): code
    for code, words in {
        "planned": ("planned", "prévu", "prévue", "مبرمج", "مبرمجة"),
        "in_progress": ("in_progress", "in progress", "en cours", "في طور الإنجاز", "قيد الإنجاز"),
        "under_approval": ("under_approval", "under approval", "en cours de validation", "في طور المصادقة"),
        "done": ("done", "réalisé", "réalisée", "achevé", "achevée", "منجز", "منجزة", "تم الإنجاز"),
    }.items()
    for word in words
}
# What a citation quotes is public: its addresses hold numbers that are nobody's.
_PUBLIC = frozenset({"citation", "citation_place"})
_HASHES = 16
# What is wrong with a cell whatever was written in it.
_CELL_PROBLEMS = frozenset({"NUMBER_ERROR_CELL", "FORMULA_WITHOUT_VALUE"})


class TableReader:
    """Reads the rows of one table by its contract."""

    def __init__(
        self,
        receipt_id: str,
        contract: Contract,
        reference: Reference,
        table: Table,
        data_status: str,
        first_number: int,
        stated: Stated = NOTHING_STATED,
    ):
        self._contract = contract
        self._reference = reference
        self._table = table
        self._sheet = table.sheet
        self._data_status = data_status
        self._first_number = first_number
        self._stated = stated
        self._single: dict[str, tuple[Column, int]] = {}
        self._groups: list[tuple[Column, int]] = []
        self._remarks: list[tuple[Column, int]] = []
        for name, index in table.columns.items():
            column = contract.columns[name]
            if column.role == "population_group":
                self._groups.append((column, index))
            elif column.role == "remark":
                self._remarks.append((column, index))
            elif column.role not in ("value", "ignored"):
                self._single[column.role] = (column, index)
        self._values = table.values
        self._value_indexes = [value.index for value in table.values]
        self._labels = [index for _, index in (*self._single.values(), *self._groups)]
        self._personal = [
            index for index, heading in table.unread.items() if heading and personal.heading_kind(heading)
        ]
        self._searched = self._searched_columns()
        self._translations = {id(column): column.translations() for column in contract.columns.values() if column.codes}
        self._identity = f"{receipt_id}\x1f{self._sheet.name}\x1f"
        rows = self._sheet.rows[table.first : table.end]
        self._shortest = min(map(len, rows), default=0)
        self._indicator_texts = self._texts("indicator", range(table.first, table.end), rows)
        self._kinds: dict[str, bool] = {}
        self._column_neighbours: dict[int, dict[str, numbers.Neighbours | None]] = {}
        self.findings: list[Finding] = list(table.findings)

    def _searched_columns(self) -> list[int]:
        """The columns whose texts are looked through for personal data."""
        if self._contract.personal_data == "allow":
            return []
        public = {index for role, (_, index) in self._single.items() if role in _PUBLIC}
        indexes = {*self._table.columns.values(), *self._table.unread} - public - set(self._value_indexes)
        return sorted(indexes)

    @property
    def title_period(self) -> Period | None:
        """The period named above the table, for families whose contract looks there."""
        return self._stated.period if self._contract.period.source != "column" else None

    def rows(self) -> Rows:
        """All candidate rows below the header, in order."""
        positions = self._kept()
        if not positions:
            return Rows()
        lines = self._lines(positions)
        parts = [self._valued(lines, value) for value in self._values]
        columns = parts[0] if len(parts) == 1 else {name: _in_turn([part[name] for part in parts]) for name in parts[0]}
        columns["row_number"] = list(range(self._first_number, self._first_number + len(parts) * len(lines)))
        return Rows(columns)

    # --- which rows there are

    def _kept(self) -> list[int]:
        """The positions that are rows; of others that hold anything the findings tell."""
        table, sheet = self._table, self._sheet
        hidden = sheet.hidden_rows if self._contract.sheets.hidden_rows == "skip" else frozenset()
        nameless = [index for index, heading in table.unread.items() if not heading]
        is_careful = bool(hidden or nameless)
        labels = self._indicator_texts
        totals = {label for label in set(labels) if text.key(label) in dimensions.TOTALS}
        kept: list[int] = []
        skipped: list[int] = []
        used: set[int] = set()
        for offset, is_said in enumerate(self._said()):
            position = table.first + offset
            if not is_said or is_careful:
                filled = [index for index, cell in enumerate(sheet.rows[position]) if not is_blank(cell)]
                if not filled:
                    continue
                if position in hidden:
                    skipped.append(position)
                    continue
                if not is_said and self._is_note(position, filled):
                    self.findings.append(self._finding("ROW_NOT_READ", position, filled[0]))
                    continue
                used.update(filled)
            if totals and labels[offset] in totals:
                # A sum over different indicators counts nothing.
                index = self._single["indicator"][1]
                self.findings.append(self._finding("ROW_NOT_READ", position, index, labels[offset]))
                continue
            kept.append(position)
        if skipped:
            shown = ", ".join(str(position + 1) for position in skipped[:20]) + ("…" if len(skipped) > 20 else "")
            self.findings.append(self._finding("ROW_HIDDEN_NOT_READ", skipped[0], 0, shown))
        for index in nameless:
            if index in used:
                name = sheet.cell_name(table.header, index)
                self.findings.append(Finding("HEADER_BLANK", sheet.name, name))
        return kept

    def _said(self) -> list[bool]:
        """Whether each position has anything in a column of values."""
        rows = self._sheet.rows[self._table.first : self._table.end]
        columns = [[not is_blank(cell) for cell in self._column(index, rows)] for index in self._value_indexes]
        return columns[0] if len(columns) == 1 else list(map(any, zip(*columns, strict=True)))

    def _is_note(self, position: int, filled: list[int]) -> bool:
        """A line below or between the rows that belongs to no row: one text, or texts in no column, and no value."""
        merged = self._sheet.merged_down
        if any((position, index) in self._sheet.problems for index in self._value_indexes):
            return False
        covered = sum((position, index) in merged for index in self._labels)
        return len(filled) + covered == 1 or not (covered or any(index in filled for index in self._labels))

    # --- what the rows are about

    def _lines(self, positions: list[int]) -> _Lines:
        rows = [self._sheet.rows[position] for position in positions]
        said = {role: self._texts(role, positions, rows) for role in self._single}
        nothing = [""] * len(positions)
        constant = self._contract.constants.get("indicator", "")
        labels = [label or constant for label in said["indicator"]] if "indicator" in said else [constant] * len(rows)
        place_texts, parents = said.get("place", nothing), said.get("parent_place", nothing)
        found = {pair: self._place(*pair) for pair in set(zip(place_texts, parents, strict=True))}
        places = [found[pair] for pair in zip(place_texts, parents, strict=True)]
        # One name too many is no unknown name: the row is refused for what is wrong with it.
        place_code = {
            pair: place.code or next(iter(place.candidates), pair[0].strip()) for pair, place in found.items()
        }
        groups, group_problems = self._groups_of(said, positions, rows)
        parts, part_problems = self._parts(positions, rows)
        lines = _Lines(
            positions=positions,
            rows=rows,
            numbers=[str(position + 1) for position in positions],
            labels=labels,
            own_labels=said.get("indicator", nothing),
            groups=groups,
            spans=self._spans(said, len(positions)),
            place_codes=[place_code[pair] for pair in zip(place_texts, parents, strict=True)],
            place_texts=[place or parent for place, parent in zip(place_texts, parents, strict=True)],
            place_troubles={
                entry: place for entry, place in enumerate(places) if place.candidates and place.problem is not None
            },
            parts=parts,
            part_problems=part_problems,
            texts={
                "citation": _stripped(said.get("citation", nothing)),
                "citation_place": _stripped(said.get("citation_place", nothing)),
                "remark": self._remarks_of(positions, rows),
                "deliverable_code": _stripped(said.get("deliverable_code", nothing)),
                "deliverable_status": [
                    _STATUSES.get(text.key(status), status.strip()) if status else ""
                    for status in said.get("deliverable_status", nothing)
                ],
            },
            stated=_stripped(said["qualifier"]) if "qualifier" in said else [],
            cells=self._cells(positions),
        )
        lines.problems = group_problems | self._line_problems(lines)
        return lines

    def _groups_of(
        self, said: dict[str, list[str]], positions: list[int], rows: list[list[Cell]]
    ) -> tuple[list[_Groups], dict[int, _Problem]]:
        """The rows' own disaggregation, `_U` where they say that a part is unknown."""
        columns: list[list[str]] = []
        problems: dict[int, _Problem] = {}
        for name in DIMENSIONS:
            whole = self._contract.constants.get(name, TOTAL)
            if name == "population_group" and self._groups:
                found, problems = self._population_groups(positions, rows)
                columns.append(found)
            elif name in said:
                code_of, unknown = _CODE_OF[name], self._single[name][0].unknown
                known = {label: code_of(without_footnote(label), unknown) for label in set(said[name])}
                columns.append([known[label] for label in said[name]])
            else:
                columns.append([whole] * len(positions))
        return list(zip(*columns, strict=True)), problems

    def _population_groups(self, positions: list[int], rows: list[list[Cell]]) -> tuple[list[str], dict[int, _Problem]]:
        whole = self._contract.constants.get("population_group", TOTAL)
        problems: dict[int, _Problem] = {}
        columns: list[list[str]] = []
        for column, index in self._groups:
            contents = _stripped(self._translated(column, index, positions, rows))
            coded = {content: _group_code(column, content) for content in set(contents)}
            allowed = {code.code for code in column.codes}
            strange = {
                content
                for content, code in coded.items()
                if allowed and code and code != column.prefix + UNKNOWN and content not in allowed
            }
            for entry, content in enumerate(contents) if strange else ():
                if content in strange:
                    name = self._name(positions[entry], index)
                    problems.setdefault(entry, _Problem("POPULATION_GROUP_UNKNOWN", name, content, _listed(column)))
            columns.append([coded[content] for content in contents])
        return ["+".join(filter(None, parts)) or whole for parts in zip(*columns, strict=True)], problems

    def _place(self, place_text: str, parent_text: str) -> PlaceFound:
        """The place of a row, its region or the file; what stands for the whole is the region."""
        system = self._single["place"][0].code_system if "place" in self._single else "name"
        parent = self._contract.constants.get("place")
        if _is_written(parent_text):
            above = self._single["parent_place"][0]
            parent = self._reference.place(parent_text, above.code_system) or parent_text
        found = self._reference.locate(place_text, system, parent)
        plain = without_footnote(place_text)
        if found.code is None and plain != place_text:
            found = self._reference.locate(plain, system, parent)
        return found

    def _spans(self, said: dict[str, list[str]], count: int) -> list[_Span]:
        """The rows' periods; a column of dates may hold them as serial numbers."""
        if self._contract.period.source == "column" and "period" in said:
            return self._read_periods("period", said["period"])
        if self._contract.period.source == "column" and "period_start" in said:
            starts = self._read_periods("period_start", said["period_start"])
            ends = self._read_periods("period_end", said["period_end"]) if "period_end" in said else None
            return [_joined(start, end) for start, end in zip(starts, ends or [_NO_SPAN] * count, strict=True)]
        return [_span(self._stated.period, self._stated.text)] * count

    def _read_periods(self, role: str, shown: list[str]) -> list[_Span]:
        serials = role != "period" or self._single[role][0].type == "date"
        known: dict[str, _Span] = {}
        for content in set(shown):
            try:
                known[content] = _span(periods.parse(content, serials=serials), content)
            except PeriodError:
                known[content] = _span(None, content)
        return [known[content] for content in shown]

    def _remarks_of(self, positions: list[int], rows: list[list[Cell]]) -> list[str]:
        if not self._remarks:
            return [""] * len(positions)
        columns = [
            [f"{column.prefix}{part}" if (part := content.strip()) else "" for content in contents]
            for column, contents in (
                (column, self._translated(column, index, positions, rows)) for column, index in self._remarks
            )
        ]
        return ["; ".join(filter(None, parts)) for parts in zip(*columns, strict=True)]

    def _parts(
        self, positions: list[int], rows: list[list[Cell]]
    ) -> tuple[dict[str, list[Decimal | None]], dict[int, _Problem]]:
        """Numerators and denominators."""
        found: dict[str, list[Decimal | None]] = {}
        problems: dict[int, _Problem] = {}
        for role in ("numerator", "denominator"):
            values: list[Decimal | None] = [None] * len(positions)
            found[role] = values
            if role not in self._single:
                continue
            index = self._single[role][1]
            for entry, cell in enumerate(self._column(index, rows)):
                name = self._name(positions[entry], index)
                if code := self._sheet.problems.get((positions[entry], index)):
                    problems.setdefault(entry, _Problem(code, name, written(cell)))
                    continue
                own = self._indicator_texts[positions[entry] - self._table.first]
                try:
                    values[entry] = numbers.parse(
                        cell,
                        value_type="amount",
                        decimal_sign=self._contract.decimal_sign,
                        neighbours=partial(self._neighbours, own, index),
                    ).value
                except NumberError as error:
                    problems.setdefault(entry, _Problem(error.code, name, written(cell), error.expected))
        return found, problems

    def _line_problems(self, lines: _Lines) -> dict[int, _Problem]:
        """What is wrong with a whole row, whatever its values are."""
        found: dict[int, _Problem] = {}
        if self._sheet.problems:
            # A label that is an error or a formula without its result: an empty place would be the country.
            for index in self._labels:
                for entry, position in enumerate(lines.positions):
                    if code := self._sheet.problems.get((position, index)):
                        name = self._name(position, index)
                        found.setdefault(entry, _Problem(code, name, written(self._cell(position, index))))
        for index in self._personal if self._searched else ():
            for entry, cell in enumerate(self._column(index, lines.rows)):
                if not is_blank(cell):
                    name = self._name(lines.positions[entry], index)
                    found.setdefault(entry, _Problem("PERSONAL_DATA", name, personal.MASK))
        for index in self._searched:
            cells = self._column(index, lines.rows)
            texts = {cell for cell in cells if isinstance(cell, str)}
            if bad := {content for content in texts if content and self._is_personal(content)}:
                for entry, cell in enumerate(cells):
                    if isinstance(cell, str) and cell in bad:
                        name = self._name(lines.positions[entry], index)
                        found.setdefault(entry, _Problem("PERSONAL_DATA", name, personal.masked(cell)))
        if self._stated.rivals:
            rivals = _Problem("PERIODS_IN_CONFLICT", self._stated.cell, self._stated.rivals)
            found = dict.fromkeys(range(len(lines)), rivals) | found
        return found

    # --- what the rows say

    def _valued(self, lines: _Lines, value: ValueColumn) -> dict[str, list[Any]]:
        """The candidate rows of one column of values, but for their numbers."""
        count, fixed = len(lines), value.fixed
        cells = self._column(value.index, lines.rows)
        names = self._names(value.index, lines)
        labels = [fixed["indicator"]] * count if "indicator" in fixed else lines.labels
        meant = {label: self._indicator(label) for label in set(labels)}
        code_of = {label: code or label.strip() for label, (code, _) in meant.items()}
        codes = [code_of[label] for label in labels]
        indicator_of = {label: indicator for label, (_, indicator) in meant.items()}
        values, qualifiers, problems = self._numbers_of(cells, names, labels, indicator_of, lines, value)
        broken = lines.part_problems | problems | lines.problems
        place = fixed.get("place")
        if place is not None and place != TOTAL:
            place_codes = [place] * count
        else:
            place_codes = lines.place_codes
            for entry, trouble in lines.place_troubles.items():
                if entry not in broken and trouble.problem is not None:
                    at = self._name(lines.positions[entry], self._single["place"][1]) if "place" in self._single else ""
                    candidates = ", ".join(trouble.candidates)
                    stated = lines.place_texts[entry]
                    broken[entry] = _Problem(trouble.problem, at or names[entry], stated, candidates)
        groups = self._grouped(lines.groups, labels, indicator_of, fixed)
        sexes, ages, residences, populations = (list(codes) for codes in zip(*groups, strict=True))
        spans = self._fixed_spans(fixed.get("period"), lines.spans)
        columns: dict[str, list[Any]] = {
            "observation_id": self._identities(names, codes, groups),
            "indicator_code": codes,
            "period_start": [span.start for span in spans],
            "period_end": [span.end for span in spans],
            "period_grain": [span.grain for span in spans],
            "place_code": place_codes,
            "sex": sexes,
            "age_group": ages,
            "residence": residences,
            "population_group": populations,
            "value": values,
            **lines.parts,
            "qualifier": qualifiers,
            "data_status": [self._data_status] * count,
            "source_sheet": [self._sheet.name] * count,
            "source_cell": names,
            "source_text": [cell if isinstance(cell, str) else written(cell) for cell in cells],
            **lines.texts,
            "indicator_text": labels,
            "place_text": lines.place_texts,
            "period_text": [span.text for span in spans],
            "value_problem": [None] * count,
            "value_expected": [""] * count,
            "problem_text": [""] * count,
            "cells": [f'{cells}"value":{_quoted(name)}}}' for cells, name in zip(lines.cells, names, strict=True)],
        }
        if broken:
            self._refuse(columns, broken, lines)
        return columns

    def _numbers_of(
        self,
        cells: list[Cell],
        names: list[str],
        labels: list[str],
        indicator_of: dict[str, Indicator | None],
        lines: _Lines,
        value: ValueColumn,
    ) -> tuple[list[Decimal | None], list[str], dict[int, _Problem]]:
        """What a column's cells say: values, qualifiers, and what is wrong by entry."""
        is_usual = not (self._sheet.problems or self._sheet.percent_cells or value.column.unknown)
        sign = self._contract.decimal_sign
        around = {text: partial(self._neighbours, text, value.index) for text in set(lines.own_labels)}
        types: dict[str, numbers.ValueType] = {
            label: found.value_type if found else "count" for label, found in indicator_of.items()
        }
        values: list[Decimal | None] = []
        qualifiers: list[str] = []
        problems: dict[int, _Problem] = {}
        for entry, (cell, label, own) in enumerate(zip(cells, labels, lines.own_labels, strict=True)):
            try:
                if not is_usual:
                    number = self._special_number(cell, (lines.positions[entry], value.index), value, types[label])
                else:
                    number = numbers.parse(cell, value_type=types[label], decimal_sign=sign, neighbours=around[own])
            except NumberError as error:
                number, problem = self._no_number(cell, error, lines.texts["deliverable_code"][entry], names[entry])
                if problem is not None:
                    problems[entry] = problem
            values.append(number.value)
            qualifiers.append(number.qualifier)
        for entry, stated in enumerate(lines.stated):
            # The column speaks where the writing does not: a plain number, an empty cell.
            if stated and (qualifiers[entry] == "exact" or is_blank(cells[entry])):
                qualifiers[entry] = stated
                if stated in _WITHOUT_VALUE and values[entry] is not None and entry not in problems:
                    found_text = f"{written(cells[entry])} · {stated}"
                    problems[entry] = _Problem("QUALIFIER_CONTRADICTED", names[entry], found_text)
                    values[entry] = None
        return values, qualifiers, problems

    def _special_number(self, cell: Cell, place: Place, value: ValueColumn, value_type: numbers.ValueType) -> Number:
        """The number in a cell of a sheet with errors or percentages, or of a column with words for unknown.

        Raises NumberError.
        """
        if code := self._sheet.problems.get(place):
            raise NumberError(code, "")
        if value.column.unknown and written(cell).strip() in value.column.unknown:
            return Number(None, "not_reported")
        if place in self._sheet.percent_cells and isinstance(cell, (int, float)) and not isinstance(cell, bool):
            share = Decimal(str(cell)) * 100
            if value_type != "percent":
                # 45 % of something is not 45 of them.
                raise NumberError("NUMBER_UNREADABLE", "1234", f"{share:f} %")
            return Number(share.normalize() + 0)
        position, index = place
        own = self._indicator_texts[position - self._table.first]
        return numbers.parse(
            cell,
            value_type=value_type,
            decimal_sign=self._contract.decimal_sign,
            neighbours=partial(self._neighbours, own, index),
        )

    def _no_number(self, cell: Cell, error: NumberError, deliverable: str, name: str) -> tuple[Number, _Problem | None]:
        """What stands for a cell that is no number, and what is wrong with it."""
        found = error.found or written(cell)
        if deliverable and error.code == "NUMBER_UNREADABLE" and not error.found:
            # A deliverable is reported by its name: the row itself is the one that counts.
            return Number(Decimal(1)), None
        if error.code not in _CELL_PROBLEMS and self._is_personal(found):
            return Number(None), _Problem("PERSONAL_DATA", name, personal.masked(found))
        return Number(None), _Problem(error.code, name, found, error.expected)

    def _neighbours(self, label: str, index: int) -> numbers.Neighbours | None:
        """What the column's cells say that are of the same indicator: sizes of others mean nothing here.

        Worked out once a column: the doubtful cell itself says nothing.
        """
        if index not in self._column_neighbours:
            cells: dict[str, list[Cell]] = {}
            rows = self._sheet.rows[self._table.first : self._table.end]
            for own, cell in zip(self._indicator_texts, self._column(index, rows), strict=True):
                cells.setdefault(own, []).append(cell)
            self._column_neighbours[index] = {own: numbers.column_neighbours(column) for own, column in cells.items()}
        return self._column_neighbours[index].get(label)

    def _indicator(self, label: str) -> tuple[str | None, Indicator | None]:
        names = self._reference.indicator_names
        code = names.find(label) or names.find(without_footnote(label))
        return code, self._reference.indicators.get(code or "")

    def _grouped(
        self,
        groups: list[_Groups],
        labels: list[str],
        indicator_of: dict[str, Indicator | None],
        fixed: dict[str, str],
    ) -> list[_Groups]:
        """The disaggregation of a column's values; the total where the code is all that its indicator counts.

        Women, for child marriage of women. A heading's own total leaves to the row what it says.
        """
        across = [fixed.get(dimension) for dimension in DIMENSIONS]
        universes = {
            label: (indicator.universe_sex, indicator.universe_age)
            for label, indicator in indicator_of.items()
            if indicator is not None and (indicator.universe_sex or indicator.universe_age)
        }
        if not universes and not any(across):
            return groups

        def settled(group: _Groups, label: str) -> _Groups:
            codes = [
                own if code is None or (code == TOTAL and own != TOTAL) else code
                for own, code in zip(group, across, strict=True)
            ]
            # Sex and age group come first among the dimensions.
            for place, universe in enumerate(universes.get(label, ())):
                if universe and codes[place] == universe:
                    codes[place] = TOTAL
            return tuple(codes)

        pairs = list(zip(groups, labels, strict=True))
        known = {pair: settled(*pair) for pair in set(pairs)}
        return [known[pair] for pair in pairs]

    def _fixed_spans(self, heading: str | None, spans: list[_Span]) -> list[_Span]:
        """The period that a column's heading names, by itself or within the stated one's year, else the rows'."""
        if heading is None or heading == TOTAL:
            return spans
        period = self._stated.within(heading)
        if period is None:
            return [_Span(span.start, span.end, span.grain, heading) for span in spans]
        return [_span(period, heading)] * len(spans)

    def _identities(self, names: list[str], codes: list[str], groups: list[_Groups]) -> list[str]:
        ends = {group: "".join(f"\x1f{code}" for code in group) for group in set(groups)}
        return [
            hashlib.blake2b(f"{self._identity}{name}\x1f{code}{ends[group]}".encode(), digest_size=_HASHES).hexdigest()
            for name, code, group in zip(names, codes, groups, strict=True)
        ]

    # --- what is wrong

    def _refuse(self, columns: dict[str, list[Any]], broken: dict[int, _Problem], lines: _Lines) -> None:
        """Write the problems onto their rows; of a row with personal data whatever is stored or shown is masked."""
        if any(problem.code == "PERSONAL_DATA" for problem in broken.values()):
            # Lists that other columns of values share are not to be written into.
            for name in _MASKED:
                columns[name] = list(columns[name])
        for entry, problem in broken.items():
            columns["value_problem"][entry] = problem.code
            columns["value_expected"][entry] = problem.expected
            columns["problem_text"][entry] = problem.found
            columns["cells"][entry] = f'{lines.cells[entry]}"value":{_quoted(problem.cell)}}}'
            if problem.code == "PERSONAL_DATA":
                columns["value"][entry] = None
                for name in _MASKED:
                    content = columns[name][entry]
                    if content and personal.find(content) is not None:
                        columns[name][entry] = personal.masked(content)

    def _is_personal(self, content: str) -> bool:
        if self._contract.personal_data == "allow":
            return False
        found = self._kinds.get(content)
        if found is None:
            found = self._kinds[content] = personal.find(content) is not None
        return found

    def _finding(self, code: str, position: int, index: int, found: str = "") -> Finding:
        content = found or written(self._cell(position, index))
        if self._is_personal(content):
            content = personal.masked(content)
        return Finding(code, self._sheet.name, self._sheet.cell_name(position, index), content)

    # --- cells

    def _cell(self, position: int, index: int) -> Cell:
        row = self._sheet.rows[position]
        return row[index] if index < len(row) else None

    def _column(self, index: int, rows: Sequence[list[Cell]]) -> list[Cell]:
        """The cells of one column in some of the table's rows; rows may end before it."""
        if index < self._shortest:
            return [row[index] for row in rows]
        return [row[index] if index < len(row) else None for row in rows]

    def _name(self, position: int, index: int) -> str:
        return self._sheet.cell_name(position, index)

    def _names(self, index: int, lines: _Lines) -> list[str]:
        if self._sheet.locators is not None:
            return [self._sheet.locators[position][index] for position in lines.positions]
        letters = column_letters(index)
        return [letters + number for number in lines.numbers]

    def _texts(self, role: str, positions: Sequence[int], rows: list[list[Cell]]) -> list[str]:
        """The label cells of a role as texts, translated as their column says."""
        single = self._single.get(role)
        return [""] * len(rows) if single is None else self._translated(*single, positions, rows)

    def _translated(self, column: Column, index: int, positions: Sequence[int], rows: list[list[Cell]]) -> list[str]:
        """A column's cells as texts; a label merged down holds for every row."""
        contents = [cell if isinstance(cell, str) else written(cell) for cell in self._column(index, rows)]
        if merged := self._sheet.merged_down:
            for entry, position in enumerate(positions):
                if (position, index) in merged and is_blank(contents[entry]):
                    top, left = merged[position, index]
                    contents[entry] = written(self._cell(top, left)) if top >= self._table.first else ""
        if not (column.before_colon or column.values or column.codes):
            return contents
        known = {content: self._translation(column, content) for content in set(contents)}
        return [known[content] for content in contents]

    def _translation(self, column: Column, content: str) -> str:
        if column.before_colon:
            content = content.partition(":")[0]
        if column.values and (translated := column.values.get(content.strip())) is not None:
            return translated
        if column.codes and content:
            return self._translations[id(column)].get(text.key(content), content)
        return content

    def _cells(self, positions: list[int]) -> list[str]:
        """Where each row's labels stand, as the beginning of a JSON object."""
        places = [(role, index) for role, (_, index) in self._single.items()]
        is_stated_above = "period" not in self._single and self._stated.cell
        stated = f'"period":{_quoted(self._stated.cell)},' if is_stated_above else ""
        if self._sheet.locators is not None:
            return [
                "{" + "".join(f'"{role}":{_quoted(self._name(position, index))},' for role, index in places) + stated
                for position in positions
            ]
        pattern = "{" + "".join(f'"{role}":"{column_letters(index)}\0",' for role, index in places)
        return [pattern.replace("\0", str(position + 1)) + stated for position in positions]


_CODE_OF: dict[str, Callable[[str, Collection[str]], str]] = {
    "sex": sex_code,
    "age_group": age_code,
    "residence": residence_code,
}
_MASKED = (
    *("indicator_code", "place_code", "sex", "age_group", "residence", "population_group"),
    *("source_text", "remark", "deliverable_code", "deliverable_status"),
    *("indicator_text", "place_text", "period_text", "problem_text"),
)


def _in_turn(columns: list[list[Any]]) -> list[Any]:
    """Columns of equal length as one list that takes an entry of each by turns."""
    together: list[Any] = [None] * (len(columns) * len(columns[0]))
    for number, column in enumerate(columns):
        together[number :: len(columns)] = column
    return together


def _stripped(texts: list[str]) -> list[str]:
    return [content.strip() for content in texts]


def _quoted(name: str) -> str:
    """A cell's name in JSON; the letters and digits of a spreadsheet's need no escape."""
    return f'"{name}"' if name.isalnum() and name.isascii() else json.dumps(name)


def _is_written(content: str) -> bool:
    return bool(content.strip()) and text.key(content) not in dimensions.TOTALS


def _group_code(column: Column, content: str) -> str:
    """A population group as it is stored; nothing where the cell stands for all."""
    if not content or text.key(content) in dimensions.TOTALS:
        return ""
    return f"{column.prefix}{UNKNOWN if content in column.unknown else content}"


def _listed(column: Column) -> str:
    """What a column with codes may hold, as messages show it."""
    return ", ".join(code.code for code in column.codes[:12]) + (" …" if len(column.codes) > 12 else "")


def _span(period: Period | None, shown: str) -> _Span:
    return _Span(period.start, period.end, period.grain, shown) if period else _Span(None, None, None, shown)


_NO_SPAN = _Span(None, None, None, "")


def _joined(start: _Span, end: _Span) -> _Span:
    """From the first day of one period to the last of another; none where they are the wrong way round."""
    shown = f"{start.text} - {end.text}".strip(" -")
    if start.start is None or end.end is None or end.end < start.start:
        return _Span(None, None, None, shown)
    return _span(Period(start.start, end.end), shown)
