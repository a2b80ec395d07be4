"""One candidate row a reported value: the table of a report in the one long form.

A candidate says what the file says. Codes that no register knows stay as written, a value that is
no number is empty with the reason beside it: judging is the check room's.
"""

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal

from orchestration.findings import Finding
from orchestration.read import numbers, periods, text
from orchestration.read.contracts import DIMENSIONS, Column, Contract
from orchestration.read.formats.document import Cell, column_letters
from orchestration.read.numbers import NumberError
from orchestration.read.periods import Period, PeriodError
from orchestration.read.reference import TOTAL, Indicator, Reference
from orchestration.read.tables import Table, is_blank, title_cells, written


@dataclass(slots=True)
class Row:
    """A candidate observation.

    The fields up to `deliverable_status` are the observation's (design, section 5). `*_text` is what
    the file says where the code was derived from; `value_problem` the rule that the value broke.
    `cells` leads from a role to the cell it was read from.
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
    cells: dict[str, str]


_SEXES = {
    text.key(word): code
    for code, words in {
        "F": (
            "F",
            "féminin",
            "filles",
            "fille",
            "femmes",
            "femme",
            "girls",
            "girl",
            "female",
            "women",
            "إناث",
            "أنثى",
            "بنات",
            "فتيات",
            "نساء",
            "الإناث",
            "الفتيات",
            "أنثي",
        ),
        "M": (
            "M",
            "masculin",
            "garçons",
            "garçon",
            "hommes",
            "homme",
            "boys",
            "boy",
            "male",
            "men",
            "ذكور",
            "ذكر",
            "بنين",
            "فتيان",
            "رجال",
            "الذكور",
            "الفتيان",
            "أولاد",
        ),
    }.items()
    for word in words
}
_RESIDENCES = {
    text.key(word): code
    for code, words in {
        "U": ("U", "urbain", "urban", "حضري", "المجال الحضري", "الوسط الحضري", "milieu urbain"),
        "R": ("R", "rural", "قروي", "المجال القروي", "الوسط القروي", "milieu rural"),
    }.items()
    for word in words
}
_TOTALS = frozenset(
    text.key(word)
    for word in (
        "_T",
        "T",
        "total",
        "ensemble",
        "both sexes",
        "les deux sexes",
        "all",
        "tous",
        "المجموع",
        "مجموع",
        "كلا الجنسين",
        "الجنسين",
        "الكل",
        "المجموع العام",
        "total général",
    )
)
# Neither the figures of a date (5-9 that a spreadsheet made 2024-09-05) nor of a larger number are ages.
_AGE = r"(?<![\d/.-])(\d{1,2})(?![\d/.]|-\d+-)"
_AGE_SPAN = re.compile(rf"{_AGE}\s*(?:-|–|à|to|إلى|الى)\s*(\d{{1,2}})(?![\d/.-])")
_AGE_FROM = re.compile(
    rf"(?:{_AGE}\s*(?:\+|ans et plus|and over|سنة فما فوق|فما فوق)|(?:plus de|over|أكثر من)\s*{_AGE})"
)
_AGE_UNDER = re.compile(rf"(?:moins de|under|<|أقل من)\s*{_AGE}")
_NOT_YEARS = re.compile(r"\b(?:mois|months?|jours?|days?|semaines?|weeks?|شهر|أشهر|شهور|يوم|أيام|أسبوع|أسابيع)\b")
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


def sex_code(cell: str) -> str:
    """F, M or _T; what is none of them stays as written."""
    word = text.key(cell)
    return TOTAL if not word or word in _TOTALS else _SEXES.get(word, cell.strip())


def residence_code(cell: str) -> str:
    """U, R or _T; what is none of them stays as written."""
    word = text.key(cell)
    return TOTAL if not word or word in _TOTALS else _RESIDENCES.get(word, cell.strip())


def age_code(cell: str) -> str:
    """An SDMX age code (`Y0T4`, `Y_GE18`, `Y_LT5`) or _T; what is no age stays as written."""
    word = text.key(cell)
    if not word or word in _TOTALS:
        return TOTAL
    plain = text.ascii_digits(cell[:200]).casefold()
    if _NOT_YEARS.search(plain):
        return cell.strip()
    if match := _AGE_SPAN.search(plain):
        return f"Y{int(match[1])}T{int(match[2])}" if int(match[1]) <= int(match[2]) else cell.strip()
    if match := _AGE_FROM.search(plain):
        return f"Y_GE{int(match[1] or match[2])}"
    if match := _AGE_UNDER.search(plain):
        return f"Y_LT{int(match[1])}"
    return cell.strip()


def title_period(table: Table) -> tuple[Period | None, str, str]:
    """The period named above the table, with its cell and its text; None where none is named.

    Either a cell holds nothing but the period, or it stands behind a colon, or in the cell after
    its label. The first one counts.
    """
    for row, column, content in title_cells(table):
        for candidate in (content, content.rpartition(":")[2], content.rpartition("：")[2]):
            try:
                period = periods.parse(candidate)
            except PeriodError:
                continue
            return period, f"{column_letters(column)}{row + 1}", content
    return None, "", ""


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
    ):
        self._receipt_id = receipt_id
        self._contract = contract
        self._reference = reference
        self._table = table
        self._data_status = data_status
        self._number = first_number
        self._single: dict[str, tuple[Column, int]] = {}
        self._values: list[tuple[Column, int]] = []
        self._groups: list[tuple[Column, int]] = []
        self._remarks: list[tuple[Column, int]] = []
        for name, index in table.columns.items():
            column = contract.columns[name]
            if column.role == "value":
                self._values.append((column, index))
            elif column.role == "population_group":
                self._groups.append((column, index))
            elif column.role == "remark":
                self._remarks.append((column, index))
            else:
                self._single[column.role] = (column, index)
        self._period: tuple[Period | None, str, str] = (
            title_period(table) if contract.period.source == "title" else (None, "", "")
        )
        self.findings: list[Finding] = []

    @property
    def title_period(self) -> Period | None:
        """The period named above the table, for families whose contract looks there."""
        return self._period[0]

    def rows(self) -> list[Row]:
        """All candidate rows below the header, in order."""
        found: list[Row] = []
        for position in range(self._table.header + 1, len(self._table.sheet.rows)):
            cells = self._table.sheet.rows[position]
            if all(is_blank(cell) for cell in cells):
                continue
            if self._is_note(position, cells):
                self.findings.append(self._finding("ROW_NOT_READ", position, self._first(cells), ""))
                continue
            found += self._row(position)
        return found

    def _row(self, position: int) -> list[Row]:
        label = self._text("indicator", position)
        if text.key(label) in _TOTALS:
            # A sum over different indicators counts nothing.
            self.findings.append(self._finding("ROW_NOT_READ", position, self._single["indicator"][1], label))
            return []
        code = self._reference.indicator_names.find(label)
        indicator = self._reference.indicators.get(code or "")
        place_text = self._text("place", position)
        place = self._reference.place(place_text)
        period, period_text = self._row_period(position)
        shared = {
            "sex": self._universe(sex_code(self._text("sex", position)), indicator, "sex"),
            "age_group": self._universe(age_code(self._text("age_group", position)), indicator, "age"),
            "residence": residence_code(self._text("residence", position)),
            "population_group": self._population_group(position),
        }
        deliverable = self._text("deliverable_code", position).strip()
        status_text = self._text("deliverable_status", position)
        rows = []
        for column, index in self._values:
            cell = self._cell(position, index)
            source_text = written(cell)
            groups: dict[str, str] = shared | {str(name): code for name, code in column.set.items()}
            number, problem, expected = self._number_of(cell, indicator, deliverable)
            stated = self._text("qualifier", position).strip()
            # The column speaks where the writing does not: a plain number, an empty cell.
            silent = number.qualifier == "exact" or is_blank(cell)
            qualifier = stated if stated and silent else number.qualifier
            numerator, denominator = self._part("numerator", position), self._part("denominator", position)
            source_cell = f"{column_letters(index)}{position + 1}"
            indicator_code = code or label.strip()
            rows.append(
                Row(
                    observation_id=self._observation_id(source_cell, indicator_code, groups),
                    indicator_code=indicator_code,
                    period_start=period.start if period else None,
                    period_end=period.end if period else None,
                    period_grain=period.grain if period else None,
                    place_code=place or place_text.strip(),
                    sex=groups["sex"],
                    age_group=groups["age_group"],
                    residence=groups["residence"],
                    population_group=groups["population_group"],
                    value=number.value,
                    numerator=numerator,
                    denominator=denominator,
                    qualifier=qualifier,
                    data_status=self._data_status,
                    source_sheet=self._table.sheet.name,
                    source_cell=source_cell,
                    source_text=source_text,
                    row_number=self._number,
                    citation=self._text("citation", position).strip(),
                    citation_place=self._text("citation_place", position).strip(),
                    remark=self._remark(position),
                    deliverable_code=deliverable,
                    deliverable_status=_STATUSES.get(text.key(status_text), status_text.strip()),
                    indicator_text=label,
                    place_text=place_text,
                    period_text=period_text,
                    value_problem=problem,
                    value_expected=expected,
                    cells=self._cells(position, source_cell),
                )
            )
            self._number += 1
        return rows

    def _is_note(self, position: int, cells: list[Cell]) -> bool:
        """A line below or between the rows that belongs to no row: one text, and no value."""
        merged = self._table.sheet.merged_down
        filled = [index for index, cell in enumerate(cells) if not is_blank(cell) or (position, index) in merged]
        return len(filled) == 1 and all(is_blank(self._cell(position, index)) for _, index in self._values)

    @staticmethod
    def _first(cells: list[Cell]) -> int:
        return next(index for index, cell in enumerate(cells) if not is_blank(cell))

    def _finding(self, code: str, position: int, index: int, found: str) -> Finding:
        cell = f"{column_letters(index)}{position + 1}"
        return Finding(code, self._table.sheet.name, cell, found or written(self._cell(position, index)))

    def _cell(self, position: int, index: int) -> Cell:
        row = self._table.sheet.rows[position]
        return row[index] if index < len(row) else None

    def _text(self, role: str, position: int) -> str:
        """A label cell as text, translated as its column says; a merged label holds for every row."""
        if role not in self._single:
            return ""
        column, index = self._single[role]
        return self._translated(column, index, position)

    def _translated(self, column: Column, index: int, position: int) -> str:
        cell = self._cell(position, index)
        if is_blank(cell):
            top, left = self._table.sheet.merged_down.get((position, index), (position, index))
            cell = self._cell(top, left) if top > self._table.header else None
        content = written(cell)
        if column.before_colon:
            content = content.partition(":")[0]
        return column.values.get(content.strip(), content)

    def _row_period(self, position: int) -> tuple[Period | None, str]:
        if self._contract.period.source == "title":
            return self._period[0], self._period[2]
        content = self._text("period", position)
        try:
            return periods.parse(content), content
        except PeriodError:
            return None, content

    def _population_group(self, position: int) -> str:
        parts = []
        for column, index in self._groups:
            content = self._translated(column, index, position).strip()
            if content and text.key(content) not in _TOTALS:
                parts.append(f"{column.prefix}{content}")
        return "+".join(parts) or TOTAL

    def _remark(self, position: int) -> str:
        parts = ((column, self._translated(column, index, position).strip()) for column, index in self._remarks)
        return "; ".join(f"{column.prefix}{part}" for column, part in parts if part)

    @staticmethod
    def _universe(code: str, indicator: Indicator | None, dimension: str) -> str:
        """The total where the code is all that the indicator counts: women, for child marriage of women."""
        if indicator is None:
            return code
        universe = indicator.universe_sex if dimension == "sex" else indicator.universe_age
        return TOTAL if universe and code == universe else code

    def _number_of(
        self, cell: Cell, indicator: Indicator | None, deliverable: str
    ) -> tuple[numbers.Number, str | None, str]:
        value_type = indicator.value_type if indicator else "count"
        try:
            number = numbers.parse(cell, value_type=value_type, decimal_sign=self._contract.decimal_sign)
        except NumberError as error:
            if deliverable and error.code == "NUMBER_UNREADABLE":
                # A deliverable is reported by its name: the row itself is the one that counts.
                return numbers.Number(Decimal(1)), None, ""
            return numbers.Number(None), error.code, error.expected
        return number, None, ""

    def _part(self, role: str, position: int) -> Decimal | None:
        if role not in self._single:
            return None
        try:
            cell = self._cell(position, self._single[role][1])
            return numbers.parse(cell, value_type="amount", decimal_sign=self._contract.decimal_sign).value
        except NumberError:
            return None

    def _cells(self, position: int, source_cell: str) -> dict[str, str]:
        cells = {role: f"{column_letters(index)}{position + 1}" for role, (_, index) in self._single.items()}
        if self._contract.period.source == "title":
            cells["period"] = self._period[1]
        cells["value"] = source_cell
        return cells

    def _observation_id(self, source_cell: str, indicator_code: str, groups: dict[str, str]) -> str:
        parts = (
            self._receipt_id,
            self._table.sheet.name,
            source_cell,
            indicator_code,
            *(groups[dimension] for dimension in DIMENSIONS),
        )
        return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
