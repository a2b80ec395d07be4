"""One candidate row a reported value: the table of a report in the one long form.

A candidate says what the file says. Codes that no register knows stay as written, a value that is
no number is empty with the reason beside it: judging is the check room's.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from orchestration.findings import Finding
from orchestration.read import dimensions, numbers, periods, personal, text
from orchestration.read.contracts import DIMENSIONS, UNKNOWN, Column, Contract
from orchestration.read.dimensions import age_code, residence_code, sex_code
from orchestration.read.formats.document import Cell, column_letters
from orchestration.read.numbers import Number, NumberError
from orchestration.read.periods import Period, PeriodError
from orchestration.read.reference import TOTAL, Indicator, PlaceFound, Reference
from orchestration.read.tables import Table, ValueColumn, is_blank, without_footnote, written
from orchestration.read.titles import NOTHING_STATED, Stated

__all__ = ["Row", "TableReader", "age_code", "residence_code", "sex_code"]


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


@dataclass(slots=True)
class _Problem:
    """The rule that a row broke, with the cell and the text that broke it."""

    code: str
    cell: str
    found: str
    expected: str = ""


@dataclass(slots=True)
class _Part:
    """A numerator or a denominator."""

    value: Decimal | None = None
    problem: _Problem | None = None


_NO_PART = _Part()
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
        self._receipt_id = receipt_id
        self._contract = contract
        self._reference = reference
        self._table = table
        self._sheet = table.sheet
        self._data_status = data_status
        self._number = first_number
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
        self._letters = [column_letters(index) for index in range(self._width())]
        self._indicators: dict[str, tuple[str | None, Indicator | None]] = {}
        self._places: dict[tuple[str, str], PlaceFound] = {}
        self._codes: dict[tuple[str, str], str] = {}
        self._periods: dict[tuple[str, str], tuple[Period | None]] = {}
        self._kinds: dict[str, bool] = {}
        self._column_neighbours: dict[int, dict[str, numbers.Neighbours | None]] = {}
        self._totals: dict[str, bool] = {}
        self._grains: dict[Period, str] = {}
        self._whole: dict[str, str] = {name: contract.constants.get(name, TOTAL) for name in DIMENSIONS}
        self._grouped = [
            (name, code_of, self._single[name][0]) for name, code_of in _CODE_OF.items() if name in self._single
        ]
        self._fixed = [self._resolved(value) for value in table.values]
        self.findings: list[Finding] = list(table.findings)

    def _width(self) -> int:
        positions = [*self._table.columns.values(), *self._value_indexes, *self._table.unread]
        return max(positions, default=0) + 1

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

    def rows(self) -> list[Row]:
        """All candidate rows below the header, in order."""
        found: list[Row] = []
        hidden = self._sheet.hidden_rows if self._contract.sheets.hidden_rows == "skip" else frozenset()
        skipped: list[int] = []
        used: set[int] = set()
        blank = [index for index, heading in self._table.unread.items() if not heading]
        for position in range(self._table.first, self._table.end):
            cells = self._sheet.rows[position]
            said = next((True for index in self._value_indexes if not is_blank(self._cell(position, index))), False)
            if not said or blank or hidden:
                filled = [index for index, cell in enumerate(cells) if not is_blank(cell)]
                if not filled:
                    continue
                if position in hidden:
                    skipped.append(position)
                    continue
                if not said and self._is_note(position, filled):
                    self.findings.append(self._finding("ROW_NOT_READ", position, filled[0]))
                    continue
                used.update(filled)
            found += self._row(position)
        if skipped:
            shown = ", ".join(str(position + 1) for position in skipped[:20]) + ("…" if len(skipped) > 20 else "")
            self.findings.append(self._finding("ROW_HIDDEN_NOT_READ", skipped[0], 0, shown))
        for index in blank:
            if index in used:
                name = self._sheet.cell_name(self._table.header, index)
                self.findings.append(Finding("HEADER_BLANK", self._sheet.name, name))
        return found

    def _row(self, position: int) -> list[Row]:
        said = {role: self._translated(column, index, position) for role, (column, index) in self._single.items()}
        say = said.get
        label = say("indicator") or self._contract.constants.get("indicator", "")
        if self._is_total(label):
            # A sum over different indicators counts nothing.
            self.findings.append(self._finding("ROW_NOT_READ", position, self._single["indicator"][1], label))
            return []
        problem = self._label_problem(position) or self._personal_problem(position)
        if problem is None and self._stated.rivals:
            problem = _Problem("PERIODS_IN_CONFLICT", self._stated.cell, self._stated.rivals)
        place_text, parent_text = say("place", ""), say("parent_place", "")
        period, period_text = self._row_period(position)
        groups = self._groups_of(said, position)
        deliverable = say("deliverable_code", "").strip()
        status_text = say("deliverable_status", "")
        stated = say("qualifier", "").strip()
        numerator, denominator = self._part("numerator", position), self._part("denominator", position)
        parts_problem = numerator.problem or denominator.problem
        citation, citation_place = say("citation", "").strip(), say("citation_place", "").strip()
        remark = self._remark(position)
        status = _STATUSES.get(text.key(status_text), status_text.strip()) if status_text else ""
        cells = self._cells(position)
        rows = []
        for value, (fixed, fixed_period) in zip(self._values, self._fixed, strict=True):
            cell = self._cell(position, value.index)
            source_cell = self._name(position, value.index)
            code, indicator = self._indicator(fixed.get("indicator", label))
            number, own = self._number_of(cell, position, value, indicator, deliverable, source_cell)
            # The column speaks where the writing does not: a plain number, an empty cell.
            silent = number.qualifier == "exact" or is_blank(cell)
            qualifier = stated if stated and silent else number.qualifier
            if own is None and number.value is not None and qualifier in _WITHOUT_VALUE:
                found = f"{written(cell)} · {stated}"
                own, number = _Problem("QUALIFIER_CONTRADICTED", source_cell, found), Number(None)
            broken = problem or own or parts_problem
            codes = self._row_codes(groups, fixed, indicator)
            indicator_text = fixed.get("indicator", label)
            indicator_code = code or indicator_text.strip()
            place = self._place(fixed.get("place"), place_text, parent_text)
            if broken is None and place.candidates and place.problem is not None:
                at = cells.get("place", source_cell)
                broken = _Problem(place.problem, at, place_text, ", ".join(place.candidates))
            # One name too many is no unknown name: the row is refused for what is wrong with it.
            place_code = place.code or next(iter(place.candidates), place_text.strip())
            span = fixed_period or period
            row_period_text = self._fixed_text(fixed.get("period")) or period_text
            rows.append(
                Row(
                    observation_id=self._observation_id(source_cell, indicator_code, codes),
                    indicator_code=indicator_code,
                    period_start=span.start if span else None,
                    period_end=span.end if span else None,
                    period_grain=self._grain(span) if span else None,
                    place_code=place_code,
                    sex=codes["sex"],
                    age_group=codes["age_group"],
                    residence=codes["residence"],
                    population_group=codes["population_group"],
                    value=number.value,
                    numerator=numerator.value,
                    denominator=denominator.value,
                    qualifier=qualifier,
                    data_status=self._data_status,
                    source_sheet=self._sheet.name,
                    source_cell=source_cell,
                    source_text=written(cell),
                    row_number=self._number,
                    citation=citation,
                    citation_place=citation_place,
                    remark=remark,
                    deliverable_code=deliverable,
                    deliverable_status=status,
                    indicator_text=indicator_text,
                    place_text=place_text or parent_text,
                    period_text=row_period_text,
                    value_problem=broken.code if broken else None,
                    value_expected=broken.expected if broken else "",
                    problem_text=broken.found if broken else "",
                    cells=cells | {"value": broken.cell if broken else source_cell},
                )
            )
            if broken and broken.code == "PERSONAL_DATA":
                self._mask(rows[-1])
            self._number += 1
        return rows

    # --- what a row is about

    def _is_total(self, label: str) -> bool:
        found = self._totals.get(label)
        if found is None:
            found = self._totals[label] = text.key(label) in dimensions.TOTALS
        return found

    def _grain(self, period: Period) -> str:
        found = self._grains.get(period)
        if found is None:
            found = self._grains[period] = period.grain
        return found

    def _groups_of(self, said: dict[str, str], position: int) -> dict[str, str]:
        """The row's own disaggregation; `_U` where it says that a part is unknown."""
        groups: dict[str, str] = dict(self._whole)
        for name, code_of, column in self._grouped:
            at = name, said[name]
            code = self._codes.get(at)
            if code is None:
                code = self._codes[at] = code_of(without_footnote(at[1]), column.unknown)
            groups[name] = code
        if self._groups:
            groups["population_group"] = self._population_group(position)
        return groups

    def _row_codes(self, groups: dict[str, str], fixed: dict[str, str], indicator: Indicator | None) -> dict[str, str]:
        """The disaggregation of one value; the total where the code is all that its indicator counts.

        Women, for child marriage of women. A heading's own total leaves to the row what it says.
        """
        codes = dict(groups)
        if fixed:
            for dimension in DIMENSIONS:
                code = fixed.get(dimension)
                if code is not None and not (code == TOTAL and codes[dimension] != TOTAL):
                    codes[dimension] = code
        if indicator is not None:
            if indicator.universe_sex and codes["sex"] == indicator.universe_sex:
                codes["sex"] = TOTAL
            if indicator.universe_age and codes["age_group"] == indicator.universe_age:
                codes["age_group"] = TOTAL
        return codes

    def _indicator(self, label: str) -> tuple[str | None, Indicator | None]:
        found = self._indicators.get(label)
        if found is None:
            names = self._reference.indicator_names
            code = names.find(label) or names.find(without_footnote(label))
            found = self._indicators[label] = code, self._reference.indicators.get(code or "")
        return found

    def _place(self, fixed: str | None, place_text: str, parent_text: str) -> PlaceFound:
        """The place of the heading, the row, its region or the file; what stands for the whole is the region."""
        if fixed is not None and fixed != TOTAL:
            return PlaceFound(fixed)
        at = place_text, parent_text
        found = self._places.get(at)
        if found is None:
            system = self._single["place"][0].code_system if "place" in self._single else "name"
            parent = self._contract.constants.get("place")
            if _is_written(parent_text):
                above = self._single["parent_place"][0]
                parent = self._reference.place(parent_text, above.code_system) or parent_text
            found = self._reference.locate(place_text, system, parent)
            plain = without_footnote(place_text)
            if found.code is None and plain != place_text:
                found = self._reference.locate(plain, system, parent)
            self._places[at] = found
        return found

    def _resolved(self, value: ValueColumn) -> tuple[dict[str, str], Period | None]:
        """What a value column is about, with its period as dates."""
        fixed = dict(value.fixed)
        heading = fixed.get("period")
        if heading is None or heading == TOTAL:
            return fixed, None
        return fixed, self._stated.within(heading)

    @staticmethod
    def _fixed_text(heading: str | None) -> str:
        return "" if heading in (None, TOTAL) else str(heading)

    def _row_period(self, position: int) -> tuple[Period | None, str]:
        if self._contract.period.source != "column":
            return self._stated.period, self._stated.text
        if "period" in self._single:
            return self._cell_period("period", position)
        if "period_start" in self._single:
            start, first = self._cell_period("period_start", position)
            end, last = self._cell_period("period_end", position)
            shown = f"{first} - {last}".strip(" -")
            if start is None or end is None or end.end < start.start:
                return None, shown
            return Period(start.start, end.end), shown
        return self._stated.period, self._stated.text

    def _cell_period(self, role: str, position: int) -> tuple[Period | None, str]:
        """The period in a cell with the cell as text; a column of dates may hold them as serial numbers."""
        if role not in self._single:
            return None, ""
        column, index = self._single[role]
        shown = self._translated(column, index, position)
        known = self._periods.get((role, shown))
        if known is None:
            serials = column.type == "date" or role != "period"
            try:
                known = (periods.parse(shown, serials=serials),)
            except PeriodError:
                known = (None,)
            self._periods[role, shown] = known
        return known[0], shown

    def _population_group(self, position: int) -> str:
        parts = []
        for column, index in self._groups:
            content = self._translated(column, index, position).strip()
            if not content or text.key(content) in dimensions.TOTALS:
                continue
            parts.append(f"{column.prefix}{UNKNOWN if content in column.unknown else content}")
        return "+".join(parts) or self._contract.constants.get("population_group", TOTAL)

    def _remark(self, position: int) -> str:
        if not self._remarks:
            return ""
        parts = ((column, self._translated(column, index, position).strip()) for column, index in self._remarks)
        return "; ".join(f"{column.prefix}{part}" for column, part in parts if part)

    # --- what a row says

    def _number_of(
        self,
        cell: Cell,
        position: int,
        value: ValueColumn,
        indicator: Indicator | None,
        deliverable: str,
        name: str,
    ) -> tuple[Number, _Problem | None]:
        place = position, value.index
        if code := self._sheet.problems.get(place):
            return Number(None), _Problem(code, name, written(cell))
        value_type = indicator.value_type if indicator else "count"
        if value.column.unknown and written(cell).strip() in value.column.unknown:
            return Number(None, "not_reported"), None
        if place in self._sheet.percent_cells and isinstance(cell, (int, float)):
            if value_type != "percent":
                # 45 % of something is not 45 of them.
                return Number(None), _Problem("NUMBER_UNREADABLE", name, f"{Decimal(str(cell)) * 100:f} %", "1234")
            return Number((Decimal(str(cell)) * 100).normalize() + 0), None
        try:
            return self._parsed(cell, position, value.index, value_type), None
        except NumberError as error:
            found = written(cell)
            if deliverable and error.code == "NUMBER_UNREADABLE":
                # A deliverable is reported by its name: the row itself is the one that counts.
                return Number(Decimal(1)), None
            if self._is_personal(found):
                return Number(None), _Problem("PERSONAL_DATA", name, personal.masked(found))
            return Number(None), _Problem(error.code, name, found, error.expected)

    def _parsed(self, cell: Cell, position: int, index: int, value_type: numbers.ValueType) -> Number:
        sign = self._contract.decimal_sign
        if not isinstance(cell, str):
            return numbers.parse(cell, value_type=value_type, decimal_sign=sign)
        neighbours = self._neighbours(position, index) if numbers.has_two_readings(cell) else None
        return numbers.parse(cell, value_type=value_type, decimal_sign=sign, neighbours=neighbours)

    def _neighbours(self, position: int, index: int) -> numbers.Neighbours | None:
        """What the column's cells say that are of the same indicator: sizes of others mean nothing here.

        Asked once a column and indicator: the doubtful cell itself says nothing.
        """
        if index not in self._column_neighbours:
            cells: dict[str, list[Cell]] = {}
            for row in range(self._table.first, self._table.end):
                cells.setdefault(self._text("indicator", row), []).append(self._cell(row, index))
            self._column_neighbours[index] = {
                label: numbers.column_neighbours(column) for label, column in cells.items()
            }
        return self._column_neighbours[index].get(self._text("indicator", position))

    def _part(self, role: str, position: int) -> _Part:
        if role not in self._single:
            return _NO_PART
        index = self._single[role][1]
        cell = self._cell(position, index)
        name = self._name(position, index)
        if code := self._sheet.problems.get((position, index)):
            return _Part(problem=_Problem(code, name, written(cell)))
        try:
            return _Part(self._parsed(cell, position, index, "amount").value)
        except NumberError as error:
            return _Part(problem=_Problem(error.code, name, written(cell), error.expected))

    def _label_problem(self, position: int) -> _Problem | None:
        """A label that is an error or a formula without its result: an empty place would be the country."""
        if not self._sheet.problems:
            return None
        for index in self._labels:
            if code := self._sheet.problems.get((position, index)):
                return _Problem(code, self._name(position, index), written(self._cell(position, index)))
        return None

    # --- personal data

    def _personal_problem(self, position: int) -> _Problem | None:
        for index in self._personal:
            cell = self._cell(position, index)
            if self._searched and not is_blank(cell):
                return _Problem("PERSONAL_DATA", self._name(position, index), personal.MASK)
        row = self._sheet.rows[position]
        known, width = self._kinds, len(row)
        for index in self._searched:
            cell = row[index] if index < width else None
            if cell and isinstance(cell, str):
                found = known.get(cell)
                if self._is_personal(cell) if found is None else found:
                    return _Problem("PERSONAL_DATA", self._name(position, index), personal.masked(cell))
        return None

    def _is_personal(self, content: str) -> bool:
        if self._contract.personal_data == "allow":
            return False
        found = self._kinds.get(content)
        if found is None:
            found = self._kinds[content] = personal.find(content) is not None
        return found

    @staticmethod
    def _mask(row: Row) -> None:
        """Mask whatever of a row with personal data is stored or shown."""
        row.value = None
        for name in _MASKED:
            content = getattr(row, name)
            if content and personal.find(content) is not None:
                setattr(row, name, personal.masked(content))

    # --- cells

    def _is_note(self, position: int, filled: list[int]) -> bool:
        """A line below or between the rows that belongs to no row: one text, or texts in no column, and no value."""
        merged = self._sheet.merged_down
        if any((position, index) in self._sheet.problems for index in self._value_indexes):
            return False
        covered = sum((position, index) in merged for index in self._labels)
        return len(filled) + covered == 1 or not (covered or any(index in filled for index in self._labels))

    def _finding(self, code: str, position: int, index: int, found: str = "") -> Finding:
        content = found or written(self._cell(position, index))
        if self._is_personal(content):
            content = personal.masked(content)
        return Finding(code, self._sheet.name, self._sheet.cell_name(position, index), content)

    def _cell(self, position: int, index: int) -> Cell:
        row = self._sheet.rows[position]
        return row[index] if index < len(row) else None

    def _name(self, position: int, index: int) -> str:
        if self._sheet.locators is not None:
            return self._sheet.cell_name(position, index)
        return f"{self._letters[index]}{position + 1}"

    def _text(self, role: str, position: int) -> str:
        """A label cell as text, translated as its column says; a merged label holds for every row."""
        single = self._single.get(role)
        return "" if single is None else self._translated(*single, position)

    def _translated(self, column: Column, index: int, position: int) -> str:
        row = self._sheet.rows[position]
        cell = row[index] if index < len(row) else None
        merged = self._sheet.merged_down
        if merged and is_blank(cell) and (position, index) in merged:
            top, left = merged[position, index]
            cell = self._cell(top, left) if top >= self._table.first else None
        content = cell if isinstance(cell, str) else written(cell)
        if column.before_colon:
            content = content.partition(":")[0]
        if column.values and (translated := column.values.get(content.strip())) is not None:
            return translated
        if column.codes and content:
            return self._translations[id(column)].get(text.key(content), content)
        return content

    def _cells(self, position: int) -> dict[str, str]:
        if self._sheet.locators is None:
            number = str(position + 1)
            cells = {role: self._letters[index] + number for role, (_, index) in self._single.items()}
        else:
            cells = {role: self._sheet.cell_name(position, index) for role, (_, index) in self._single.items()}
        if "period" not in cells and self._stated.cell:
            cells["period"] = self._stated.cell
        return cells

    def _observation_id(self, source_cell: str, indicator_code: str, groups: dict[str, str]) -> str:
        parts = (
            self._receipt_id,
            self._sheet.name,
            source_cell,
            indicator_code,
            *(groups[dimension] for dimension in DIMENSIONS),
        )
        return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=_HASHES).hexdigest()


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


def _is_written(content: str) -> bool:
    return bool(content.strip()) and text.key(content) not in dimensions.TOTALS
