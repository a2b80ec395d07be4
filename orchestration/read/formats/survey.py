"""What a look through a workbook's own bytes tells that calamine does not: errors, what cells show, what is hidden.

The look comes before calamine's, because calamine lays out a sheet's whole rectangle and aborts the
process where memory does not suffice: two cells in opposite corners are enough.
"""

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from orchestration.read.formats.document import Budget, Cell, Limits, Place, Sheet, UnreadableError, too_large

# The error values of the binary formats.
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_NOTED_COST = 4
# How much of a stream of records is gone through before what was noted of it is counted.
NOTED_AFTER = 1024 * 1024
PERCENT, MONTH, YEAR = "percent", "%Y-%m", "%Y"
"""What a number format shows of a number: 45 %, or of a date no day. The latter as texts that say no more."""
BUILT_IN = {9: PERCENT, 10: PERCENT, 17: MONTH}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.')
_BRACKETS = re.compile(r"\[[^\]]*\]")


@dataclass(slots=True)
class SheetFacts:
    """What is known of one sheet before it is read; places are (row, column) from 0."""

    errors: dict[Place, str] = field(default_factory=dict)
    formulas_without_value: set[Place] = field(default_factory=set)
    unsettled: set[Place] = field(default_factory=set)
    """Formulas with the result 0 or none that the workbook asks to be calculated; `settle` decides what they are."""
    is_calculated: bool = False
    """Whether such a formula of this sheet has another result."""
    percent_cells: set[Place] = field(default_factory=set)
    dates: dict[Place, str] = field(default_factory=dict)
    """Dates of which only the month or the year is shown (MONTH, YEAR)."""
    raised: dict[Place, str] = field(default_factory=dict)
    """Texts with raised figures, which are footnote marks (`42` and a raised 2), with these as `²`."""
    hidden_rows: set[int] = field(default_factory=set)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    """Merged ranges, first and last place, where calamine does not tell them."""

    @property
    def noted(self) -> int:
        """How many single cells something is known of."""
        single = (self.errors, self.formulas_without_value, self.unsettled, self.percent_cells, self.dates, self.raised)
        return sum(map(len, single))


def shown_by(format_code: str) -> str | None:
    """What a number format shows (PERCENT, MONTH, YEAR) where that is not what is stored; None for all others.

    What it has in quotation marks or behind a backslash is shown as it stands: `0" %"` shows a sign, but no percentage.

    >>> shown_by("mmm\\-yy"), shown_by("dd/mm/yyyy"), shown_by('0" %"')
    ('%Y-%m', None, None)
    """
    code = _LITERAL.sub("", format_code)
    if "%" in code:
        return PERCENT
    letters = set(_BRACKETS.sub("", code.partition(";")[0]).casefold())
    if "y" not in letters or letters & set("dhs0#"):
        return None
    return MONTH if "m" in letters else YEAR


_OPENING = re.compile(r"[(\[]")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def raised(text: str) -> str:
    """A raised part of a text with its figures as raised ones: joined to a number they would be its last digits.

    In brackets they cannot be taken for such.

    >>> raised("2"), raised("(2)")
    ('²', '(2)')
    """
    return text if _OPENING.search(text) else text.translate(_RAISED)


def note_shown(facts: SheetFacts, place: Place, shown: str) -> None:
    """Note of a cell what its format shows."""
    if shown == PERCENT:
        facts.percent_cells.add(place)
    else:
        facts.dates[place] = shown


def guard(rows: int, columns: int, limits: Limits, sheet: str = "", before: int = 0) -> int:
    """The cells of a sheet's rectangle and of those `before` it.

    Of xls and ods calamine lays out all sheets as it opens the file. Raises UnreadableError with
    FILE_TOO_LARGE for what is beyond the limits.
    """
    if rows and columns > limits.columns:
        raise UnreadableError(too_large(f"{columns} columns", f"{limits.columns} columns", sheet))
    cells = before + rows * columns
    if cells > limits.cells:
        raise UnreadableError(too_large(cells, limits.cells, sheet))
    return cells


def guard_noted(noted: int, limits: Limits, sheet: str = "") -> None:
    """Raises UnreadableError with FILE_TOO_LARGE where more single cells are noted than memory is meant for.

    A noted place takes as much memory as some cells do.
    """
    if noted * _NOTED_COST > limits.cells:
        raise UnreadableError(too_large(f"> {limits.cells}", limits.cells, sheet))


def settle(sheets: Collection[SheetFacts]) -> None:
    """Say of a workbook's unsettled formulas that they have no value, unless something calculated it.

    A program that cannot calculate writes 0 behind every formula; one that can leaves other results too.
    """
    if not any(facts.is_calculated for facts in sheets):
        for facts in sheets:
            facts.formulas_without_value |= facts.unsettled


def apply(facts: SheetFacts, sheet: Sheet, budget: Budget) -> None:
    """Put the facts into the sheet; the text of an error stands where calamine leaves its cell empty."""
    sheet.hidden_rows = frozenset(facts.hidden_rows)
    sheet.percent_cells = facts.percent_cells
    for (row, column), shown in facts.dates.items():
        # `mai-19` is kept as its first day: read as a date it would be that day, and no month.
        cells = sheet.rows[row] if row < len(sheet.rows) else []
        if column < len(cells) and isinstance(cell := cells[column], dt.date):
            cells[column] = cell.strftime(shown)
    for place, text in facts.raised.items():
        _put(sheet, place, text, budget)
    for place, error in facts.errors.items():
        _put(sheet, place, error, budget)
        sheet.problems[place] = "NUMBER_ERROR_CELL"
    for place in facts.formulas_without_value:
        _put(sheet, place, None, budget)
        sheet.problems[place] = "FORMULA_WITHOUT_VALUE"


def _put(sheet: Sheet, place: Place, content: Cell, budget: Budget) -> None:
    """Rows end where calamine saw content: a cell beyond needs its row made longer."""
    row, column = place
    if row >= len(sheet.rows):
        budget.spend(row - len(sheet.rows) + 1, sheet.name)
        sheet.rows.extend([] for _ in range(row - len(sheet.rows) + 1))
    cells = sheet.rows[row]
    if column >= len(cells):
        budget.spend(column - len(cells) + 1, sheet.name)
        cells.extend([None] * (column - len(cells) + 1))
    cells[column] = content
