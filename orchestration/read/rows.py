"""One candidate row a reported value: the table of a report in the one long form, column by column.

A candidate says what the file says. Codes that no register knows stay as written, a value that is
no number is empty with the reason beside it: judging is the check room's.

Tables repeat themselves: what a label, a period or a number means is worked out once a distinct
text, and whole columns are put together from it. Only what is wrong is looked at row by row.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import pairwise
from operator import itemgetter
from types import NoneType
from typing import Any

from orchestration.findings import Finding
from orchestration.read import dimensions, headings, numbers, periods, personal, tables, text
from orchestration.read.contracts import DIMENSIONS, UNKNOWN, Column, Contract
from orchestration.read.dimensions import age_code, residence_code, sex_code
from orchestration.read.formats import kobo
from orchestration.read.formats.document import Cell, Place, column_letters
from orchestration.read.long_form import Block, Groups, Row, Rows, Span, in_turn, quoted
from orchestration.read.numbers import Number, NumberError
from orchestration.read.periods import Period, PeriodError
from orchestration.read.reference import TOTAL, Indicator, PlaceFound, Reference, is_grand_total
from orchestration.read.tables import Table, ValueColumn, is_blank, title_cells, without_footnote, written
from orchestration.read.titles import NOTHING_STATED, Stated

__all__ = ["Row", "Rows", "TableReader", "age_code", "residence_code", "sex_code"]


@dataclass(frozen=True, slots=True)
class _Problem:
    """The rule that a row broke, with the cell and the text that broke it."""

    code: str
    cell: str
    found: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class _Section:
    """A place that stands above the rows that are about it: the text and its cell."""

    text: str
    cell: str


@dataclass(slots=True)
class _Lines:
    """What the rows of a table say once for all their values: lists with an entry a row.

    `problems` and `place_troubles` lead from an entry to what is wrong with it; `parts` are numerators
    and denominators, with `part_problems`; of these and of `texts` one entry may stand for all rows.
    `cells` are the places of all this, an unfinished JSON object.
    """

    positions: list[int]
    numbers: list[str]
    labels: list[str]
    own_labels: list[str]
    groups: list[Groups]
    spans: list[Span]
    place_codes: list[str]
    place_texts: list[str]
    place_troubles: dict[int, PlaceFound]
    parts: dict[str, list[Decimal | None] | None]
    part_problems: dict[int, _Problem]
    texts: dict[str, list[str] | str]
    stated: list[str]
    cells: list[str]
    problems: dict[int, _Problem] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.positions)


class _Meanings:
    """What the texts of one contract's reports were found to mean, for they come again from report to report."""

    def __init__(self, contract: Contract, reference: Reference):
        self.contract = contract
        self.reference = reference
        self.labels = {key: name for name, column in contract.columns.items() for key in list(column.labels.keys())}
        # By whether the second of place and region is a column's, which may be a code.
        self.places: dict[tuple[bool, str, str], PlaceFound] = {}
        self.indicators: dict[str, tuple[str | None, Indicator | None]] = {}
        self.spans: dict[tuple[bool, str], Span] = {}
        self.personal: dict[str, bool] = {}
        self.groups: dict[Groups, Groups] = {}

    def trim(self) -> None:
        """Forget what was found once it is more than a memory should hold."""
        for memory in (self.places, self.indicators, self.spans, self.personal, self.groups):
            if len(memory) > _REMEMBERED:
                memory.clear()


_REMEMBERED = 20_000
_SHORT = 200  # characters of a text that is likely to come again
_meanings: dict[tuple[int, int], _Meanings] = {}


def _meanings_of(contract: Contract, reference: Reference) -> _Meanings:
    key = id(contract), id(reference)
    found = _meanings.get(key)
    if found is None or found.contract is not contract or found.reference is not reference:
        if len(_meanings) > 500:
            _meanings.clear()
        found = _meanings[key] = _Meanings(contract, reference)
    found.trim()
    return found


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
_MOST_TOLD = 20  # odd texts of a table that are told
_FIGURE = re.compile(r"[<>≈~]?\s*[+-]?\d[\d\s.,'’]*%?")
# Behind a sign that may begin an item of a list: a program's channel (`cmd|...!A0`), or another workbook (`[b]S!A1`).
_FORMULA = re.compile(r"\s*(?:=\s*[\w\"'(+\-@]|@\w+\(|[+-][^|\]]*[|\]][^!]*!)")
_TURNED = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_DELETED = frozenset({"true", "yes", "1", "d", "delete"})
# The roles that say what a row is about, and those of them of which nothing written is the total.
_ABOUT = frozenset({"indicator", "place", "period", "period_start", "period_end", "sex", "age_group", "residence"})
_TOTALLED = frozenset({"place", "sex", "age_group", "residence", "population_group"})
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
        *,
        is_workbook: bool = False,
    ):
        self._contract = contract
        self._reference = reference
        self._table = table
        self._sheet = table.sheet
        self._data_status = data_status
        self._first_number = first_number
        self._stated = stated
        self._is_workbook = is_workbook
        # Whether a cell's name is more than its column's letters and its row's number.
        self._is_located = self._sheet.locators is not None or bool(self._sheet.borrowed)
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
        self._receipt_id = receipt_id
        self._meanings = _meanings_of(contract, reference)
        self._rows = self._sheet.rows[table.first : table.end]
        self._shortest = min(map(len, self._rows), default=0)
        self._columns: dict[int, list[Cell]] = {}
        self._indicator_texts = self._texts("indicator")
        header = self._sheet.rows[table.header]
        self._is_kobo = "_index" in header and kobo.is_export(header)
        self._deletion = self._deletion_column()
        self._sections: dict[int, _Section] = {}
        self._said_in_titles = headings.said_in_titles(table)
        self._several: dict[Place, Place] = {}
        self._beside: dict[int, list[headings.Said]] = {}
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

    @property
    def _has_own_periods(self) -> bool:
        """Whether each row says its period, so that nothing stated elsewhere is about it."""
        return self._contract.period.source == "column" and not {"period", "period_start"}.isdisjoint(self._single)

    def rows(self) -> Rows:
        """All candidate rows below the header, in order."""
        offsets = self._kept()
        if not offsets:
            return Rows()
        self._tell_columns(offsets)
        self._tell_texts(offsets)
        lines = self._lines(offsets)
        self._several = self._merged_figures(lines)
        self._beside = self._said_of_units(offsets)
        for entry, told in self._said_beside(lines, offsets).items():
            self._beside.setdefault(entry, []).extend(told)
        patches: dict[str, dict[int, Any]] = {}
        parts = [self._valued(lines, offsets, value, place, patches) for place, value in enumerate(self._values)]
        block = Block(
            receipt_id=self._receipt_id,
            sheet=self._sheet.name,
            data_status=self._data_status,
            first_number=self._first_number,
            width=len(parts),
            lines={"cells": lines.cells, "place_text": lines.place_texts, **lines.parts, **lines.texts},
            **{name: in_turn([part[name] for part in parts]) for name in parts[0]},
            is_located=self._is_located,
            patches=patches,
        )
        return Rows([block])

    # --- which rows there are

    def _kept(self) -> list[int]:
        """The table's lines that are rows, counted from its first; of others that hold anything the findings tell."""
        table, sheet = self._table, self._sheet
        hidden = sheet.hidden_rows if self._contract.sheets.hidden_rows == "skip" else frozenset()
        nameless = [index for index, heading in table.unread.items() if not heading]
        deleted = self._withdrawn()
        is_careful = bool(hidden or nameless or deleted)
        said = self._said()
        labels = self._indicator_texts
        totals = {label for label in set(labels) if text.key(label) in dimensions.TOTALS}
        if not (is_careful or totals) and all(said):
            return list(range(len(said)))
        kept: list[int] = []
        skipped: list[int] = []
        withdrawn: list[int] = []
        used: set[int] = set()
        notes: dict[int, list[int]] = {}
        told: dict[int, Finding] = {}
        for offset, is_said in enumerate(said):
            position = table.first + offset
            if not is_said or is_careful:
                filled = [index for index, cell in enumerate(sheet.rows[position]) if not is_blank(cell)]
                if not filled:
                    continue
                if position in hidden:
                    skipped.append(position)
                    continue
                if position in deleted:
                    withdrawn.append(position)
                    continue
                if not is_said and self._is_note(position, filled):
                    notes[offset] = filled
                    told[offset] = self._finding("ROW_NOT_READ", position, filled[0])
                    continue
                used.update(filled)
            if totals and labels[offset] in totals:
                # A sum over different indicators counts nothing.
                index = self._single["indicator"][1]
                told[offset] = self._finding("ROW_NOT_READ", position, index, labels[offset])
                continue
            kept.append(offset)
        self._sections = self._places_above(notes, kept)
        self.findings += [finding for offset, finding in told.items() if offset not in self._sections]
        if skipped:
            self.findings.append(self._finding("ROW_HIDDEN_NOT_READ", skipped[0], 0, _numbered(skipped)))
        if withdrawn and self._deletion is not None:
            self.findings.append(
                self._finding("ROW_NOT_APPROVED", withdrawn[0], self._deletion, _numbered(withdrawn))
                if self._is_kobo
                else self._finding("ROW_DELETED", withdrawn[0], self._deletion, _numbered(withdrawn))
            )
        for index in nameless:
            if index in used:
                name = sheet.cell_name(table.header, index)
                self.findings.append(Finding("HEADER_BLANK", sheet.name, name))
        return kept

    def _withdrawn(self) -> frozenset[int]:
        """The rows that their sender says are not to count, whatever the contract.

        They are deleted (DHIS2's `deleted`, SDMX's action D), or not approved (KoboToolbox).
        """
        if self._deletion is None:
            return frozenset()
        first, words = self._table.first, kobo.NOT_APPROVED if self._is_kobo else _DELETED
        return frozenset(
            first + offset
            for offset, cell in enumerate(self._column(self._deletion))
            if written(cell).strip().casefold() in words
        )

    def _deletion_column(self) -> int | None:
        """The column that says of each row whether it is to count."""
        headings = [written(cell).strip().casefold() for cell in self._sheet.rows[self._table.header]]
        if self._is_kobo:
            return next((headings.index(name) for name in kobo.APPROVALS if name in headings), None)
        if "deleted" in headings:
            return headings.index("deleted")
        # Only beside SDMX's own columns: an activity report has actions of another kind.
        is_sdmx = "action" in headings and not {"structure", "obs_value"}.isdisjoint(headings)
        return headings.index("action") if is_sdmx else None

    def _tell_columns(self, kept: list[int]) -> None:
        """Columns of figures that nothing in the contract is called like, right of the first that is read.

        What stands left of it are numbers of rows. A partner's export, whose fields a contract chooses from, has
        many: only where headings are values (places, say) may one of them be misspelt. HXL's tags say by
        themselves what is meant.
        """
        may_be_misspelt = self._is_workbook or bool(self._contract.spread)
        if self._table.is_tagged or self._sheet.locators is not None or not may_be_misspelt:
            return
        if self._is_kobo:
            return
        for index, heading in self._table.unread.items():
            if not heading or index < self._value_indexes[0] or index in self._personal or index == self._deletion:
                continue
            cells = self._picked(self._column(index), kept)
            if any(isinstance(cell, (int, float, str)) and _FIGURE.fullmatch(written(cell)) for cell in set(cells)):
                self.findings.append(self._finding("COLUMN_UNKNOWN", self._table.header, index, heading))

    def _tell_texts(self, offsets: list[int]) -> None:
        """Texts that would be a formula where a spreadsheet opens them, or that turn the writing's direction round.

        They are kept as they are written, and shown harmless; whoever sent them may not know of them.
        """
        told = 0
        for index in self._labels + [index for _, index in self._remarks]:
            cells = self._picked(self._column(index), offsets)
            odd = {cell for cell in set(cells) if isinstance(cell, str) and _is_odd(cell)}
            for offset, cell in zip(offsets, cells, strict=True) if odd else ():
                if told == _MOST_TOLD or not isinstance(cell, str) or cell not in odd:
                    continue
                odd.remove(cell)
                told += 1
                position = self._table.first + offset
                self.findings.append(
                    self._finding("TEXT_TURNED", position, index)
                    if _TURNED.search(cell)
                    else self._finding("TEXT_LIKE_FORMULA", position, index)
                )

    def _places_above(self, notes: dict[int, list[int]], kept: list[int]) -> dict[int, _Section]:
        """Which of the lines without values are the places of the rows below them.

        Once one is, every such line with one text is: what no register knows must not leave its rows to
        the place before. In a column of places a place alone is one of which nothing was reported.
        """
        column = self._single["place"][1] if "place" in self._single else None
        if "parent_place" in self._single or not (notes and kept):
            return {}
        found: dict[int, _Section] = {}
        are_places = False
        for offset, filled in notes.items():
            position, index = self._table.first + offset, filled[0]
            is_across = (position, index + 1) in self._sheet.merged_across
            if len(filled) > 1 or offset > kept[-1] or (index == column and not is_across):
                continue
            content = written(self._cell(position, index)).strip()
            found[offset] = _Section(content, self._name(position, index))
            are_places = are_places or self._reference.is_place(content)
        return found if are_places else {}

    def _said(self) -> list[bool]:
        """Whether each position has anything in a column of values."""
        columns = []
        for index in self._value_indexes:
            cells = self._column(index)
            blank = {cell for cell in set(cells) if is_blank(cell)}
            columns.append([cell not in blank for cell in cells] if blank else [True] * len(cells))
        return columns[0] if len(columns) == 1 else list(map(any, zip(*columns, strict=True)))

    def _is_note(self, position: int, filled: list[int]) -> bool:
        """A line below or between the rows that belongs to no row: one text, or texts in no column, and no value."""
        merged = self._sheet.merged_down
        if any((position, index) in self._sheet.problems for index in self._value_indexes):
            return False
        covered = sum((position, index) in merged for index in self._labels)
        return len(filled) + covered == 1 or not (covered or any(index in filled for index in self._labels))

    # --- what the rows are about

    def _lines(self, offsets: list[int]) -> _Lines:
        first = self._table.first
        positions = [first + offset for offset in offsets]
        said = {role: self._picked(self._texts(role), offsets) for role in self._single}
        nothing = [""] * len(positions)
        constant = self._contract.constants.get("indicator", "")
        own_labels = said.get("indicator", nothing)
        place_texts = said.get("place", nothing)
        above = self._above(offsets, place_texts)
        parents = [section.text if section else "" for section in above] if above else said.get("parent_place", nothing)
        pairs = list(zip(place_texts, parents, strict=True))
        distinct = {pair: self._known_place(*pair) for pair in set(pairs)}
        # One name too many is no unknown name: the row is refused for what is wrong with it.
        place_code = {
            pair: place.code or next(iter(place.candidates), pair[0].strip() or pair[1].strip())
            for pair, place in distinct.items()
        }
        troubled = {pair for pair, place in distinct.items() if place.candidates and place.problem is not None}
        groups, group_problems = self._groups_of(said, offsets)
        parts, part_problems = self._parts(offsets)
        lines = _Lines(
            positions=positions,
            numbers=[str(position + 1) for position in positions],
            labels=[label or constant for label in own_labels] if constant else own_labels,
            own_labels=own_labels,
            groups=groups,
            spans=self._spans(said, len(positions)),
            place_codes=[place_code[pair] for pair in pairs],
            place_texts=[place or parent for place, parent in pairs]
            if above or "parent_place" in said
            else place_texts,
            place_troubles={entry: distinct[pair] for entry, pair in enumerate(pairs) if pair in troubled}
            if troubled
            else {},
            parts=parts,
            part_problems=part_problems,
            texts={
                **{
                    role: _stripped(said[role]) if role in said else ""
                    for role in ("citation", "citation_place", "deliverable_code")
                },
                "remark": self._remarks_of(offsets),
                "deliverable_status": [
                    _STATUSES.get(text.key(status), status.strip()) if status else ""
                    for status in said["deliverable_status"]
                ]
                if "deliverable_status" in said
                else "",
            },
            stated=_stripped(said["qualifier"]) if "qualifier" in said else [],
            cells=self._cells(positions, above),
        )
        lines.problems = self._left_out(said, offsets) | group_problems | self._line_problems(lines, offsets)
        return lines

    def _above(self, offsets: list[int], place_texts: list[str]) -> list[_Section | None]:
        """The place that stands above each row; nothing where none stands above any.

        Where several places stand above rows, the grand total below them all is not the last one's.
        """
        whole = last = self._place_in_title()
        if last is None and not self._sections:
            return self._whole_region(place_texts)
        above: list[_Section | None] = []
        starts = deque(sorted(self._sections))
        is_grand = {word: len(starts) > 1 and is_grand_total(word) for word in set(place_texts)}
        for offset, word in zip(offsets, place_texts, strict=True):
            while starts and starts[0] < offset:
                last = self._sections[starts.popleft()]
            above.append(whole if is_grand[word] else last)
        return above

    def _place_in_title(self) -> _Section | None:
        """The one place that a title says the table is about, where nothing else says a place.

        A name alone may be where a report was signed: it has to say that it is a region or a province.
        """
        if {"place", "parent_place"} & self._single.keys() or "place" in self._contract.constants:
            return None
        return self._titled()

    def _titled(self) -> _Section | None:
        found: dict[str, _Section] = {}
        for row, column, content in title_cells(self._table):
            code = self._reference.titled_place(content)
            if code is not None:
                found.setdefault(code, _Section(content.strip(), self._name(row, column)))
        innermost = self._reference.innermost(found)
        return None if innermost is None else found[innermost]

    def _whole_region(self, place_texts: list[str]) -> list[_Section | None]:
        """The place in the title for the rows of totals, where it is a region and all other rows are of its provinces.

        Nothing where it is not: the total of a table is then the country's.
        """
        if "place" not in self._single or "parent_place" in self._single or "place" in self._contract.constants:
            return []
        title = self._titled()
        wholes = {word for word in place_texts if word.strip() and not _is_written(word)}
        if title is None or not wholes:
            return []
        parts = {word for word in place_texts if _is_written(word)}
        inside = [self._known_place(word, title.text).code for word in parts if self._known_place(word, "").code]
        if not inside or None in inside:
            return []
        return [title if word in wholes else None for word in place_texts]

    def _known_place(self, place_text: str, parent_text: str) -> PlaceFound:
        places, key = self._meanings.places, ("parent_place" in self._single, place_text, parent_text)
        if key not in places:
            places[key] = self._place(place_text, parent_text)
        return places[key]

    def _groups_of(self, said: dict[str, list[str]], offsets: list[int]) -> tuple[list[Groups], dict[int, _Problem]]:
        """The rows' own disaggregation, `_U` where they say that a part is unknown."""
        columns: list[list[str]] = []
        problems: dict[int, _Problem] = {}
        if not (self._groups or said.keys() & set(DIMENSIONS)):
            all_of_them = tuple(self._contract.constants.get(name, TOTAL) for name in DIMENSIONS)
            return [all_of_them] * len(offsets), problems
        for name in DIMENSIONS:
            whole = self._contract.constants.get(name, TOTAL)
            if name == "population_group" and self._groups:
                found, problems = self._population_groups(offsets)
                columns.append(found)
            elif name in said:
                code_of, unknown = _CODE_OF[name], self._single[name][0].unknown
                known = {label: code_of(without_footnote(label), unknown) for label in set(said[name])}
                columns.append([known[label] for label in said[name]])
            else:
                columns.append([whole] * len(offsets))
        known_groups = self._meanings.groups
        return [known_groups.setdefault(group, group) for group in zip(*columns, strict=True)], problems

    def _population_groups(self, offsets: list[int]) -> tuple[list[str], dict[int, _Problem]]:
        whole = self._contract.constants.get("population_group", TOTAL)
        problems: dict[int, _Problem] = {}
        columns: list[list[str]] = []
        for column, index in self._groups:
            contents = _stripped(self._picked(self._translated(column, index), offsets))
            coded = {content: _group_code(column, content) for content in set(contents)}
            allowed = {code.code for code in column.codes}
            strange = {
                content
                for content, code in coded.items()
                if allowed and code and code != column.prefix + UNKNOWN and content not in allowed
            }
            for entry, content in enumerate(contents) if strange else ():
                if content in strange:
                    name = self._name(self._table.first + offsets[entry], index)
                    problems.setdefault(entry, _Problem("POPULATION_GROUP_UNKNOWN", name, content, _listed(column)))
            columns.append([coded[content] for content in contents])
        return ["+".join(filter(None, parts)) or whole for parts in zip(*columns, strict=True)], problems

    def _place(self, place_text: str, parent_text: str) -> PlaceFound:
        """The place of a row, its region or the file; what stands for the whole is the region."""
        system = self._single["place"][0].code_system if "place" in self._single else "name"
        parent = self._contract.constants.get("place")
        if _is_written(parent_text):
            above = self._single["parent_place"][0].code_system if "parent_place" in self._single else "name"
            parent = self._reference.place(parent_text, above) or parent_text
        found = self._reference.locate(place_text, system, parent)
        plain = without_footnote(place_text)
        if found.code is None and plain != place_text:
            found = self._reference.locate(plain, system, parent)
        return found

    def _spans(self, said: dict[str, list[str]], count: int) -> list[Span]:
        """The rows' periods; a column of dates may hold them as serial numbers."""
        if self._contract.period.source == "column" and "period" in said:
            return self._read_periods("period", said["period"], is_month_first=_is_month_first(said["period"]))
        if self._contract.period.source == "column" and "period_start" in said:
            first, last = said["period_start"], said.get("period_end", [])
            is_month_first = _is_month_first([*first, *last])
            starts = self._read_periods("period_start", first, is_month_first=is_month_first)
            ends = self._read_periods("period_end", last, is_month_first=is_month_first)
            return [_joined(start, end) for start, end in zip(starts, ends or [_NO_SPAN] * count, strict=True)]
        return [_span(self._stated.period, self._stated.text)] * count

    def _read_periods(self, role: str, shown: list[str], *, is_month_first: bool) -> list[Span]:
        serials = role != "period" or self._single[role][0].type == "date"
        known = self._meanings.spans
        for content in set(shown):
            if (serials, content) not in known:
                try:
                    known[serials, content] = _span(periods.parse(content, serials=serials), content)
                except PeriodError:
                    known[serials, content] = _span(None, content)
        if is_month_first:
            return [
                _NO_SPAN._replace(text=content) if periods.has_two_orders(content) else known[serials, content]
                for content in shown
            ]
        return [known[serials, content] for content in shown]

    def _remarks_of(self, offsets: list[int]) -> list[str] | str:
        if not self._remarks:
            return ""
        columns = [
            [
                f"{column.prefix}{part}" if (part := content.strip()) else ""
                for content in self._picked(self._translated(column, index), offsets)
            ]
            for column, index in self._remarks
        ]
        return (
            columns[0]
            if len(columns) == 1
            else ["; ".join(filter(None, parts)) for parts in zip(*columns, strict=True)]
        )

    def _parts(self, offsets: list[int]) -> tuple[dict[str, list[Decimal | None] | None], dict[int, _Problem]]:
        """Numerators and denominators."""
        found: dict[str, list[Decimal | None] | None] = {"numerator": None, "denominator": None}
        problems: dict[int, _Problem] = {}
        for role in found:
            if role not in self._single:
                continue
            index = self._single[role][1]
            values: list[Decimal | None] = [None] * len(offsets)
            found[role] = values
            for entry, (offset, cell) in enumerate(
                zip(offsets, self._picked(self._column(index), offsets), strict=True)
            ):
                position = self._table.first + offset
                name = self._name(position, index)
                if code := self._sheet.problems.get((position, index)):
                    problems.setdefault(entry, _Problem(code, name, written(cell)))
                    continue
                try:
                    values[entry] = numbers.parse(
                        cell,
                        value_type="amount",
                        decimal_sign=self._contract.decimal_sign,
                        neighbours=partial(self._neighbours, self._indicator_texts[offset], index),
                    ).value
                except NumberError as error:
                    problems.setdefault(entry, _Problem(error.code, name, written(cell), error.expected))
        return found, problems

    def _left_out(self, said: dict[str, list[str]], offsets: list[int]) -> dict[int, _Problem]:
        """The rows whose label may be the one above it, written once for several rows, or the total's.

        So do pivot tables, and merged cells once they are a CSV file. It is not so where the column repeats its labels,
        from row to row or further down, or leaves out the first of a group, or where the row repeats what another
        under the same label is about, or says nothing else either, as a row of totals does.
        """
        if self._sheet.locators is not None:
            return {}
        columns = [(index, said[role], role) for role, (_, index) in self._single.items() if role in _ABOUT]
        columns += [
            (index, _stripped(self._picked(self._translated(column, index), offsets)), "population_group")
            for column, index in self._groups
        ]
        columns.sort(key=itemgetter(0))
        found: dict[int, _Problem] = {}
        for place, (index, labels, role) in enumerate(columns):
            if role not in _TOTALLED or "" not in labels or not any(labels):
                continue
            outer = [texts for _, texts, _ in columns[:place]]
            inner = [texts for _, texts, _ in columns[place + 1 :]]
            if any(one and one == other for one, other in pairwise(labels)):
                continue
            left_out: dict[int, _Problem] = {}
            label, around, seen = "", tuple[str, ...](), set[tuple[str, ...]]()
            groups: set[str] = set()
            for entry, content in enumerate(labels):
                here = tuple(column[entry] for column in outer)
                about = tuple(column[entry] for column in inner)
                is_around_new = any(own and own != before for own, before in zip(here, around, strict=False))
                if is_around_new:
                    groups = set()
                if content or is_around_new:
                    label, around, seen = content, here, set()
                is_again = bool(content) and text.key(content) in groups
                groups.add(text.key(content))
                if not label or is_again:
                    # Nothing written is the total here, and so it may be further down.
                    left_out.clear()
                    break
                if not content and any(about) and about not in seen:
                    left_out[entry] = _Problem(
                        "LABEL_LEFT_OUT", self._name(self._table.first + offsets[entry], index), label
                    )
                seen.add(about)
            found = left_out | found
        return found

    def _line_problems(self, lines: _Lines, offsets: list[int]) -> dict[int, _Problem]:
        """What is wrong with a whole row, whatever its values are."""
        found: dict[int, _Problem] = {}
        if self._sheet.problems:
            # A label that is an error or a formula without its result: an empty place would be the country.
            for index in self._labels:
                for entry, position in enumerate(lines.positions):
                    if code := self._sheet.problems.get((position, index)):
                        name = self._name(position, index)
                        content = written(self._cell(position, index) or kobo.submission_of(self._sheet, position))
                        found.setdefault(entry, _Problem(code, name, content))
        for index in self._personal if self._searched else ():
            for entry, cell in enumerate(self._picked(self._column(index), offsets)):
                if not is_blank(cell):
                    name = self._name(lines.positions[entry], index)
                    found.setdefault(entry, _Problem("PERSONAL_DATA", name, personal.MASK))
        for index in self._searched:
            cells = self._picked(self._column(index), offsets)
            texts = {cell for cell in set(cells) if isinstance(cell, str)}
            if bad := {content for content in texts if content and self._is_personal(content)}:
                for entry, cell in enumerate(cells):
                    if isinstance(cell, str) and cell in bad:
                        name = self._name(lines.positions[entry], index)
                        found.setdefault(entry, _Problem("PERSONAL_DATA", name, personal.masked(cell)))
        if self._stated.rivals and not self._has_own_periods:
            rivals = _Problem("PERIODS_IN_CONFLICT", self._stated.cell, self._stated.rivals)
            found = dict.fromkeys(range(len(lines)), rivals) | found
        return found

    # --- what the rows say

    def _valued(
        self, lines: _Lines, offsets: list[int], value: ValueColumn, place: int, patches: dict[str, dict[int, Any]]
    ) -> dict[str, list[Any]]:
        """The candidate rows of one column of values, the `place`th of its table."""
        count, fixed = len(lines), value.fixed
        cells = self._picked(self._column(value.index), offsets)
        names = self._names(value.index, lines)
        labels = [fixed["indicator"]] * count if "indicator" in fixed else lines.labels
        meant = {label: self._indicator(label) for label in set(labels)}
        code_of = {label: code or label.strip() for label, (code, _) in meant.items()}
        indicator_of = {label: indicator for label, (_, indicator) in meant.items()}
        found, problems = self._numbers_of(cells, names, labels, indicator_of, lines, value)
        changed = self._changed(value, labels, indicator_of)
        merged = self._merged(value, lines)
        for entry, (code, heading) in (changed | merged).items():
            # What is not reported, or no number anyway, needs no other reason.
            if entry not in problems and (code == "VALUE_MERGED" or found[entry].value is not None):
                found[entry] = Number(None)
                shown = personal.masked(heading) if self._is_personal(heading) else heading
                problems[entry] = _Problem(code, names[entry], shown)
        broken = lines.part_problems | problems | lines.problems
        fixed_place = fixed.get("place")
        if fixed_place is not None and fixed_place != TOTAL:
            place_codes = [fixed_place] * count
            if self._reference.places.find(fixed_place) is None:
                # A heading that is no place known: the row is refused for it, and has to show it.
                texts = patches.setdefault("place_text", {})
                texts.update((entry * len(self._values) + place, fixed_place) for entry in range(count))
        else:
            place_codes = lines.place_codes
            for entry, trouble in lines.place_troubles.items():
                if entry not in broken and trouble.problem is not None:
                    at = self._name(lines.positions[entry], self._single["place"][1]) if "place" in self._single else ""
                    candidates = ", ".join(trouble.candidates)
                    stated = lines.place_texts[entry]
                    broken[entry] = _Problem(trouble.problem, at or names[entry], stated, candidates)
        columns: dict[str, list[Any]] = {
            "indicators": [code_of[label] for label in labels],
            "indicator_texts": labels,
            "places": place_codes,
            "spans": self._fixed_spans(fixed.get("period"), lines.spans),
            "groups": self._grouped(lines.groups, labels, indicator_of, fixed),
            "numbers": found,
            "names": names,
            "texts": _texts_of(cells),
        }
        for entry, problem in broken.items():
            for name, content in self._refused(columns, entry, problem, lines).items():
                patches.setdefault(name, {})[entry * len(self._values) + place] = content
        return columns

    def _numbers_of(
        self,
        cells: list[Cell],
        names: list[str],
        labels: list[str],
        indicator_of: dict[str, Indicator | None],
        lines: _Lines,
        value: ValueColumn,
    ) -> tuple[list[Number], dict[int, _Problem]]:
        """What a column's cells say, and what is wrong by entry."""
        types: dict[str, numbers.ValueType] = {
            label: found.value_type if found else "count" for label, found in indicator_of.items()
        }
        sign = self._contract.decimal_sign
        special = self._special_entries(lines, value)
        deliverables = lines.texts["deliverable_code"]
        found: list[Number | None] = [None] * len(cells)
        for value_type in set(types.values()):
            known = numbers.remembered(cells, value_type, sign)
            if len(set(types.values())) == 1:
                found = known
            else:
                found = [
                    number if types[label] == value_type else before
                    for number, label, before in zip(known, labels, found, strict=True)
                ]
        problems: dict[int, _Problem] = {}
        unknown = [entry for entry, number in enumerate(found) if number is None] if None in found else []
        for entry in sorted({*unknown, *special}):
            cell, value_type = cells[entry], types[labels[entry]]
            try:
                if entry in special:
                    found[entry] = self._special_number(cell, (lines.positions[entry], value.index), value, value_type)
                else:
                    around = partial(self._neighbours, lines.own_labels[entry], value.index)
                    found[entry] = numbers.parse(cell, value_type=value_type, decimal_sign=sign, neighbours=around)
            except NumberError as error:
                deliverable = deliverables if isinstance(deliverables, str) else deliverables[entry]
                found[entry], problem = self._no_number(cell, error, deliverable, names[entry])
                if problem is not None:
                    problems[entry] = problem
        settled: list[Number] = found  # type: ignore[assignment]  # what was unknown was read just now
        for entry, stated in enumerate(lines.stated):
            # The column speaks where the writing does not: a plain number, an empty cell.
            number = settled[entry]
            if stated and (number.qualifier == "exact" or is_blank(cells[entry])):
                settled[entry] = Number(number.value, stated)  # type: ignore[arg-type]  # judged by the check room
                if stated in _WITHOUT_VALUE and number.value is not None and entry not in problems:
                    found_text = f"{written(cells[entry])} · {stated}"
                    problems[entry] = _Problem("QUALIFIER_CONTRADICTED", names[entry], found_text)
                    settled[entry] = Number(None, stated)  # type: ignore[arg-type]
        return settled, problems

    def _changed(
        self, value: ValueColumn, labels: list[str], indicator_of: dict[str, Indicator | None]
    ) -> dict[int, tuple[str, str]]:
        """The entries of a column whose figures are others for what is said over them, each with its heading."""
        said = [*self._said_in_titles, *headings.said_over(self._table, value, self._contract, self._meanings.labels)]
        if not (said or self._beside):
            return {}
        is_dated = self._contract.period.source == "column" or "period" in value.fixed

        def why(entry: int, label: str) -> headings.Said | None:
            own = [one for one in self._beside.get(entry, ()) if one.kind not in value.fixed]
            return next((one for one in [*own, *said] if self._changes(one, indicator_of[label], is_dated)), None)

        found = {entry: why(entry, label) for entry, label in enumerate(labels)}
        return {entry: ("VALUE_OF_OTHER_KIND", one.heading) for entry, one in found.items() if one is not None}

    def _changes(self, said: headings.Said, indicator: Indicator | None, is_dated: bool) -> bool:
        return headings.changes(said, indicator, self._stated, is_dated=is_dated)

    def _said_beside(self, lines: _Lines, offsets: list[int]) -> dict[int, list[headings.Said]]:
        """What columns that the contract does not know, or whose name stands twice, say of rows: another sex or place.

        A partner's export has fields that nobody asked for: there the contract says what counts.
        """
        if self._table.is_tagged or self._sheet.locators is not None or not self._is_workbook:
            return {}
        found: dict[int, list[headings.Said]] = {}
        for index, heading in self._table.unread.items():
            if not heading or index in self._personal or index == self._deletion:
                continue
            cells = _texts_of(self._picked(self._column(index), offsets))
            said = headings.said_in_column(heading, cells)
            for entry, cell in enumerate(cells) if said else ():
                if (one := said.get(cell)) is not None and self._differs(one, lines, entry):
                    found.setdefault(entry, []).append(one)
        repeated = {index: self._contract.columns[name] for index, name in self._table.repeated.items()}
        # Where figures stand twice too, the second place is the second figure's.
        is_place_alone = all(column.role != "value" for column in repeated.values())
        for index, column in repeated.items():
            if column.role != "place" or not is_place_alone:
                continue
            for entry, cell in enumerate(_texts_of(self._picked(self._column(index), offsets))):
                code = self._reference.place(cell, column.code_system) if cell.strip() else None
                if code is not None and code != lines.place_codes[entry]:
                    found.setdefault(entry, []).append(headings.Said("place", code, cell.strip()))
        return found

    def _differs(self, said: headings.Said, lines: _Lines, entry: int) -> bool:
        """Whether what is said of a row is something else than the row says itself."""
        if said.kind not in DIMENSIONS:
            return True
        return lines.groups[entry][DIMENSIONS.index(said.kind)] != said.code

    def _said_of_units(self, offsets: list[int]) -> dict[int, list[headings.Said]]:
        """The rows whose own unit says that their figures are thousands, or shares; SDMX says so by a multiplier."""
        said: dict[int, list[headings.Said]] = {}
        if "unit" in self._single:
            for entry, content in enumerate(self._picked(self._translated(*self._single["unit"]), offsets)):
                if found := headings.said_of_units(content):
                    said[entry] = found
        row = self._sheet.rows[self._table.header]
        names = [written(cell).partition(":")[0].strip().casefold() for cell in row]
        for index in (index for index, name in enumerate(names) if name in headings.MULTIPLIERS):
            for entry, cell in enumerate(self._picked(self._column(index), offsets)):
                if found := headings.said_of_multiplier(written(row[index]), written(cell)):
                    said.setdefault(entry, []).extend(found)
        return said

    def _merged(self, value: ValueColumn, lines: _Lines) -> dict[int, tuple[str, str]]:
        """The entries of a column whose cell is one with that of another figure, with what stands in it."""
        found: dict[int, tuple[str, str]] = {}
        for entry, position in enumerate(lines.positions) if self._several else ():
            if (at := self._several.get((position, value.index))) is not None:
                found[entry] = "VALUE_MERGED", written(self._cell(*at))
        return found

    def _merged_figures(self, lines: _Lines) -> dict[Place, Place]:
        """The cells of figures that are merged with those of others, with the cell that holds their content.

        It may be the figure of either, or of both together. A record that takes several lines is one all the same.
        """
        sheet, values = self._sheet, set(self._value_indexes)
        entries = {position: entry for entry, position in enumerate(lines.positions)}

        def about(position: int) -> tuple[object, ...]:
            entry = entries[position]
            return lines.own_labels[entry], lines.groups[entry], lines.spans[entry], lines.place_codes[entry]

        found: dict[Place, Place] = {}
        for place, at in (*sheet.merged_down.items(), *sheet.merged_across.items()):
            is_figure = place[1] in values and at[1] in values and place[0] in entries and at[0] in entries
            if is_figure and not is_blank(self._cell(*at)) and (place[1] != at[1] or about(place[0]) != about(at[0])):
                found |= {place: at, at: at}
        return found

    def _special_entries(self, lines: _Lines, value: ValueColumn) -> Collection[int]:
        """The entries of a column that its cells' writing alone does not explain."""
        sheet = self._sheet
        if value.column.unknown:
            return range(len(lines))
        if not (sheet.problems or sheet.percent_cells):
            return ()
        index = value.index
        return {
            entry
            for entry, position in enumerate(lines.positions)
            if (position, index) in sheet.problems or (position, index) in sheet.percent_cells
        }

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
            for own, cell in zip(self._indicator_texts, self._column(index), strict=True):
                cells.setdefault(own, []).append(cell)
            self._column_neighbours[index] = {own: numbers.column_neighbours(column) for own, column in cells.items()}
        return self._column_neighbours[index].get(label)

    def _indicator(self, label: str) -> tuple[str | None, Indicator | None]:
        known = self._meanings.indicators
        if label not in known:
            names = self._reference.indicator_names
            code = names.find(label) or names.find(without_footnote(label))
            known[label] = code, self._reference.indicators.get(code or "")
        return known[label]

    def _grouped(
        self,
        groups: list[Groups],
        labels: list[str],
        indicator_of: dict[str, Indicator | None],
        fixed: dict[str, str],
    ) -> list[Groups]:
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

        def settled(group: Groups, label: str) -> Groups:
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
        shared = self._meanings.groups
        known = {pair: shared.setdefault(group, group) for pair in set(pairs) for group in (settled(*pair),)}
        return [known[pair] for pair in pairs]

    def _fixed_spans(self, heading: str | None, spans: list[Span]) -> list[Span]:
        """The period that a column's heading names, by itself or within the stated one's year, else the rows'."""
        if heading is None or heading == TOTAL:
            return spans
        period = self._stated.within(heading)
        if period is None and not tables.is_period(heading):
            return [_NO_SPAN._replace(text=heading)] * len(spans)
        if period is None:
            headed = {span: span._replace(text=heading) for span in set(spans)}
            return [headed[span] for span in spans]
        return [_span(period, heading)] * len(spans)

    # --- what is wrong

    def _refused(self, columns: dict[str, list[Any]], entry: int, problem: _Problem, lines: _Lines) -> dict[str, Any]:
        """What stands in a broken row instead; of one with personal data whatever is stored or shown is masked."""
        instead: dict[str, Any] = {
            "value_problem": problem.code,
            "value_expected": problem.expected,
            "problem_text": problem.found,
            "cells": f'{lines.cells[entry]}"value":{quoted(problem.cell)}}}',
        }
        if problem.code == "PERSONAL_DATA":
            sex, age_group, residence, population_group = columns["groups"][entry]
            shown = {
                "indicator_code": columns["indicators"][entry],
                "place_code": columns["places"][entry],
                "sex": sex,
                "age_group": age_group,
                "residence": residence,
                "population_group": population_group,
                "source_text": columns["texts"][entry],
                "indicator_text": columns["indicator_texts"][entry],
                "period_text": columns["spans"][entry].text,
                "place_text": lines.place_texts[entry],
                "problem_text": problem.found,
            }
            for name in ("remark", "deliverable_code", "deliverable_status"):
                texts = lines.texts[name]
                shown[name] = texts if isinstance(texts, str) else texts[entry]
            instead["value"] = None
            for name, content in shown.items():
                if content and personal.find(content) is not None:
                    instead[name] = personal.masked(content)
        return instead

    def _is_personal(self, content: str) -> bool:
        if self._contract.personal_data == "allow":
            return False
        known = self._meanings.personal
        if (found := known.get(content)) is None:
            found = personal.find(content) is not None
            if len(content) <= _SHORT:
                known[content] = found
        return found

    def _finding(self, code: str, position: int, index: int, found: str = "") -> Finding:
        content = found or written(self._cell(position, index))
        if self._is_personal(content):
            content = personal.masked(content)
        return Finding(code, *self._sheet.place(position, index), content)

    # --- cells

    def _cell(self, position: int, index: int) -> Cell:
        row = self._sheet.rows[position]
        return row[index] if index < len(row) else None

    def _column(self, index: int) -> list[Cell]:
        """The cells of one column in all lines of the table; rows may end before it."""
        found = self._columns.get(index)
        if found is None:
            if index < self._shortest:
                found = [row[index] for row in self._rows]
            else:
                found = [row[index] if index < len(row) else None for row in self._rows]
            self._columns[index] = found
        return found

    def _picked(self, entries: list[Any], offsets: list[int]) -> list[Any]:
        """The entries of those lines that are rows."""
        return entries if len(offsets) == len(entries) else [entries[offset] for offset in offsets]

    def _name(self, position: int, index: int) -> str:
        return self._sheet.cell_name(position, index)

    def _names(self, index: int, lines: _Lines) -> list[str]:
        if self._is_located:
            return [self._name(position, index) for position in lines.positions]
        letters = column_letters(index)
        return [letters + number for number in lines.numbers]

    def _texts(self, role: str) -> list[str]:
        """The label cells of a role as texts, translated as their column says."""
        single = self._single.get(role)
        return [""] * len(self._rows) if single is None else self._translated(*single)

    def _translated(self, column: Column, index: int) -> list[str]:
        """A column's cells as texts; a label merged down holds for every row."""
        contents = _texts_of(self._column(index))
        if merged := self._sheet.merged_down:
            first = self._table.first
            contents = list(contents)
            for offset, content in enumerate(contents):
                if (first + offset, index) in merged and is_blank(content):
                    top, left = merged[first + offset, index]
                    contents[offset] = written(self._cell(top, left)) if top >= first else ""
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

    def _cells(self, positions: list[int], above: list[_Section | None]) -> list[str]:
        """Where each row's labels stand, as the beginning of a JSON object."""
        places = [(role, index) for role, (_, index) in self._single.items()]
        is_stated_above = "period" not in self._single and self._stated.cell
        stated = f'"period":{quoted(self._stated.cell)},' if is_stated_above else ""
        if self._is_located:
            cells = [
                "{" + "".join(f'"{role}":{quoted(self._name(position, index))},' for role, index in places) + stated
                for position in positions
            ]
        else:
            pattern = "{" + "".join(f'"{role}":"{column_letters(index)}\0",' for role, index in places)
            cells = [pattern.replace("\0", str(position + 1)) + stated for position in positions]
        role = "parent_place" if "place" in self._single else "place"
        return [
            f'{start}"{role}":{quoted(section.cell)},' if section else start
            for start, section in zip(cells, above or [None] * len(cells), strict=True)
        ]


_CODE_OF: dict[str, Callable[[str, Collection[str]], str]] = {
    "sex": sex_code,
    "age_group": age_code,
    "residence": residence_code,
}


def _numbered(positions: list[int]) -> str:
    """The numbers of some rows as a spreadsheet counts them."""
    return ", ".join(str(position + 1) for position in positions[:20]) + ("…" if len(positions) > 20 else "")


def _is_odd(content: str) -> bool:
    return _TURNED.search(content) is not None or _FORMULA.match(content[:1000]) is not None


def _texts_of(cells: list[Cell]) -> list[str]:
    """What stands in some cells, as text."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return cells  # type: ignore[return-value]
    if kinds <= {str, float, NoneType}:
        known = {cell: written(cell) for cell in set(cells)}
        return [known[cell] for cell in cells]
    return [cell if isinstance(cell, str) else written(cell) for cell in cells]


def _stripped(texts: list[str]) -> list[str]:
    return [content.strip() for content in texts]


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


def _span(period: Period | None, shown: str) -> Span:
    return Span(period.start, period.end, period.grain, shown) if period else Span(None, None, None, shown)


_NO_SPAN = Span(None, None, None, "")


def _is_month_first(shown: list[str]) -> bool:
    """Whether some dates of a table can only be read with the month first (`6/30/2019`), and not more with the day."""
    orders = Counter(order for content in set(shown) for order in periods.orders(content))
    return 0 < orders["month"] >= orders["day"]


def _joined(start: Span, end: Span) -> Span:
    """From the first day of one period to the last of another; none where they are the wrong way round."""
    shown = f"{start.text} - {end.text}".strip(" -")
    if start.start is None or end.end is None or end.end < start.start:
        return Span(None, None, None, shown)
    return _span(Period(start.start, end.end), shown)
