"""What every format makes of a file: sheets of cells, or a finding why not."""

from dataclasses import dataclass, field

from orchestration.findings import Finding

# None, str, int, float, bool, or a date, time or duration of the datetime module.
Cell = object


@dataclass(slots=True)
class Sheet:
    """One sheet of cells; `rows[0][0]` is A1. Rows may differ in length.

    `merged_down` leads from a cell covered by a vertically merged range to the cell that holds its
    content, both as (row, column) from 0. Whether the content counts for the covered cell is the
    table's to say: a label does, a value must not be read twice.
    """

    name: str
    rows: list[list[Cell]]
    merged_down: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """An opened file. `encoding` is what was decided for text formats, else empty."""

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


class UnreadableError(Exception):
    """The file cannot be opened as what it is; carries the finding."""

    def __init__(self, finding: Finding):
        super().__init__(finding.code)
        self.finding = finding


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
