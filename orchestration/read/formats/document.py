"""What every format makes of a file: sheets of located cells, or a finding why not."""

import re
import time
from dataclasses import dataclass, field
from functools import lru_cache

from orchestration.findings import Finding

# None or "" (nothing), str, int, float, bool, or a date, time or duration of the datetime module.
Cell = object

WORKBOOKS = frozenset({"xlsx", "xlsm", "xlsb", "xls", "ods"})
"""The formats that people write in a spreadsheet."""

# A cell's place as (row, column), both from 0.
Place = tuple[int, int]


@dataclass(slots=True)
class Sheet:
    """One sheet of cells; `rows[0][0]` is A1. Rows may differ in length.

    `merged_down` leads from a cell covered by a vertically merged range to the cell that holds its
    content, for the first column of the range; `merged_across` does so for all its other columns.
    Whether the content counts for the covered cell is the table's to say: a label does; of a value
    nobody knows for which of the cells it stands.

    `problems` names the rule that a cell broke before anybody looked at its meaning: an error cell
    (NUMBER_ERROR_CELL), a formula that was saved without its result (FORMULA_WITHOUT_VALUE), or a value
    in a row of delimited text with more cells than its header (ROW_TOO_LONG).
    `percent_cells` are numbers shown as percentages: the cell holds 0.45 and shows 45 %.

    Formats of records have their field names in row 0 and say in `locators` where each cell stands
    in the file (`/dataValues/3/value`); spreadsheets have none, their cells are named by letters.
    `borrowed` are cells that repeat one of another sheet: they bear its name (`visits!B3`).
    """

    name: str
    rows: list[list[Cell]]
    merged_down: dict[Place, Place] = field(default_factory=dict)
    merged_across: dict[Place, Place] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    problems: dict[Place, str] = field(default_factory=dict)
    percent_cells: set[Place] = field(default_factory=set)
    locators: list[list[str]] | None = None
    borrowed: dict[Place, str] = field(default_factory=dict)

    def cell_name(self, row: int, column: int) -> str:
        """How a person finds this cell: its locator, or `E12`."""
        if self.locators is not None:
            return self.locators[row][column]
        if self.borrowed and (row, column) in self.borrowed:
            return self.borrowed[row, column]
        return f"{column_letters(column)}{row + 1}"

    def place(self, row: int, column: int) -> tuple[str, str]:
        """The sheet that a person finds this cell in, and its name there."""
        return parted(self.name, self.cell_name(row, column))


@dataclass(slots=True)
class Document:
    """An opened file.

    `format` is csv, xlsx, xlsm, xlsb, xls, ods, json, dhis2_json, dhis2_xml, adx_xml, kobo_json or
    sdmx_ml. `encoding` is what was decided for text formats (`cp1252; ';'`, and `; '"'` where cells are
    quoted), else empty.
    """

    format: str
    sheets: list[Sheet]
    encoding: str = ""
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost before it is refused."""

    file_bytes: int
    expanded_bytes: int
    cells: int
    columns: int = 16_384
    entries: int = 10_000
    ratio: int = 200
    depth: int = 32
    field_characters: int = 1024 * 1024
    seconds: float = 60.0


class UnreadableError(Exception):
    """The file cannot be opened as what it is; carries the finding."""

    def __init__(self, finding: Finding):
        super().__init__(finding.code)
        self.finding = finding


class Budget:
    """Counts the cells and the seconds that a file may take while it is read.

    The clock is the processor's: a file is not refused because the machine had other work.
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._cells = 0
        self._unchecked = 0
        self._end = time.process_time() + limits.seconds

    def spend(self, cells: int, sheet: str = "", cell: str = "") -> None:
        """Raises UnreadableError with FILE_TOO_LARGE or FILE_TOO_SLOW once the file has used up its share."""
        self._cells += cells
        if self._cells > self._limits.cells:
            raise UnreadableError(too_large(f"> {self._limits.cells}", self._limits.cells, sheet, cell))
        self._unchecked += cells + 1
        if self._unchecked > 10_000:
            self._unchecked = 0
            self.check_time(sheet, cell)

    def check_time(self, sheet: str = "", cell: str = "") -> None:
        if time.process_time() > self._end:
            seconds = f"{self._limits.seconds:g} s"
            raise UnreadableError(Finding("FILE_TOO_SLOW", sheet, cell, f"> {seconds}", seconds))


def too_large(found: object, limit: object, sheet: str = "", cell: str = "") -> Finding:
    """The finding for a file beyond a limit."""
    return Finding("FILE_TOO_LARGE", sheet, cell, str(found), str(limit))


_OTHER_SHEET = re.compile(r"([^/].*)!([A-Z]{1,3}[0-9]{1,7})", re.DOTALL)


def parted(sheet: str, cell: str) -> tuple[str, str]:
    """The sheet and the cell that a cell's name in a sheet leads to: another sheet's where it says so.

    >>> parted("children", "visits!B3"), parted("children", "B3")
    (('visits', 'B3'), ('children', 'B3'))
    """
    found = _OTHER_SHEET.fullmatch(cell) if "!" in cell else None
    return (found[1], found[2]) if found else (sheet, cell)


_COLUMNS = 16_384


@lru_cache(_COLUMNS)
def column_letters(index: int) -> str:
    """The letters of a column counted from 0, as spreadsheets write them.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@lru_cache(_COLUMNS)
def column_index(letters: str) -> int:
    """The column counted from 0 that spreadsheets write as `letters`.

    >>> column_index("A"), column_index("ab")
    (0, 27)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
