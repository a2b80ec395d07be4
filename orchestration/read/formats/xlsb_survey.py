"""The look through an xlsb workbook: the records of its sheets, its styles and its list of sheets ([MS-XLSB]).

A formula always has a result there. Where the workbook says that results are still to be worked out,
a zero or an empty text is what a program wrote that did not calculate, and no figure.
"""

import struct
from collections.abc import Iterator

from orchestration.read.formats.document import Limits
from orchestration.read.formats.package import Package, corrupt
from orchestration.read.formats.survey import (
    BUILT_IN,
    ERRORS,
    NOTED_AFTER,
    SheetFacts,
    guard,
    guard_noted,
    note_shown,
    settle,
    shown_by,
)
from orchestration.read.formats.xlsx_survey import relationships

_ROW, _SHEET, _MERGE, _CALCULATION = 0, 156, 176, 157
_RK, _ERROR, _REAL, _FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_ERROR = 2, 3, 5, 8, 9, 11
_FORMULAS = range(8, 12)
_FORMAT, _STYLE, _STYLES_BEGIN, _STYLES_END = 44, 47, 617, 618
_FILLED = range(2, 12)
_NUMBERS = frozenset({_RK, _REAL, _FORMULA_NUMBER})
_HIDDEN_ROW = 0x10
# Calculate all when loaded; some results were pending when saved.
_PENDING = 0x01 | 0x10


def survey(package: Package, limits: Limits) -> list[SheetFacts]:
    """The facts of each sheet, in the workbook's order. Raises UnreadableError with FILE_TOO_LARGE or FILE_CORRUPT."""
    targets = relationships(package, "xl/_rels/workbook.bin.rels")
    book = package.read("xl/workbook.bin")
    parts = [targets.get(identifier, "") for identifier in _sheet_identifiers(book)]
    looked_at = {"xl/workbook.bin"}
    styles: dict[int, str] = {}
    try:
        if "xl/styles.bin" in package:
            styles = _styles(package.read("xl/styles.bin"))
            looked_at.add("xl/styles.bin")
        is_pending = _is_pending(book)
        read: dict[str, SheetFacts] = {}
        noted = 0
        for part in parts:
            if part in package and part.endswith(".bin") and part not in read:
                read[part] = _sheet(package.read(part), styles, limits, is_pending=is_pending)
                noted += read[part].noted
                guard_noted(noted, limits)
    except struct.error as error:
        raise corrupt("xlsb: record") from error
    package.prove_sizes({*read, *looked_at})
    settle(read.values())
    return [read.get(part, SheetFacts()) for part in parts]


def _is_pending(book: bytes) -> bool:
    """Whether the workbook says that formulas are still to be calculated, or that nothing ever calculated them."""
    for kind, at, length in _records(book):
        if kind == _CALCULATION and length >= 26:
            engine = struct.unpack_from("<I", book, at)[0]
            return engine == 0 or bool(book[at + 24] & _PENDING)
    return False


def _styles(content: bytes) -> dict[int, str]:
    """The cell styles that show something else than is stored, with what that is (`survey.shown_by`)."""
    formats = dict(BUILT_IN)
    styles: list[int] = []
    in_cell_styles = False
    for kind, at, length in _records(content):
        if kind == _FORMAT and length >= 6:
            number, characters = struct.unpack_from("<HI", content, at)
            code = content[at + 6 : at + min(length, 6 + 2 * characters)].decode("utf-16-le", errors="replace")
            formats.pop(number, None)
            if shown := shown_by(code):
                formats[number] = shown
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            in_cell_styles = kind == _STYLES_BEGIN
        elif kind == _STYLE and in_cell_styles:
            styles.append(struct.unpack_from("<H", content, at + 2)[0])
    return {index: formats[style] for index, style in enumerate(styles) if style in formats}


def _sheet_identifiers(content: bytes) -> Iterator[str]:
    for kind, at, length in _records(content):
        if kind == _SHEET and length >= 12:
            characters = struct.unpack_from("<I", content, at + 8)[0]
            yield content[at + 12 : at + 12 + 2 * min(characters, length)].decode("utf-16-le", errors="replace")


def _records(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Each record's kind, where its content starts, and its length."""
    at, end = 0, len(content)
    try:
        while at < end:
            kind = content[at]
            at += 1
            if kind & 0x80:
                kind = (kind & 0x7F) | content[at] << 7
                at += 1
            length = shift = 0
            while True:
                byte = content[at]
                at += 1
                length |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80 or shift == 28:
                    break
            yield kind, at, length
            at += length
    except IndexError as error:
        raise corrupt("xlsb: record") from error


def _sheet(content: bytes, styles: dict[int, str], limits: Limits, *, is_pending: bool) -> SheetFacts:
    facts = SheetFacts()
    row = height = width = counted = 0
    for kind, at, length in _records(content):
        if at - counted > NOTED_AFTER:
            counted = at
            guard_noted(facts.noted, limits)
        # Of a row or a cell that does not say where it is, calamine takes what the record before it said.
        if (kind == _ROW and length < 4) or (kind in _FILLED and length < 8):
            raise corrupt("xlsb: record")
        if kind == _ROW:
            row = struct.unpack_from("<I", content, at)[0]
            if length >= 12 and content[at + 11] & _HIDDEN_ROW:
                facts.hidden_rows.add(row)
        elif kind in _FILLED:
            column, style = struct.unpack_from("<II", content, at)
            height, width = max(height, row + 1), max(width, column + 1)
            if kind in _FORMULAS and not _is_empty(content, kind, at):
                facts.is_calculated = True
            elif kind in _FORMULAS and is_pending:
                facts.unsettled.add((row, column))
            if kind in (_ERROR, _FORMULA_ERROR) and at + 8 < len(content):
                facts.errors[row, column] = ERRORS.get(content[at + 8], "#N/A")
            elif kind in _NUMBERS and (shown := styles.get(style & 0xFFFFFF)):
                note_shown(facts, (row, column), shown)
        elif kind == _MERGE and length >= 16:
            top, bottom, left, right = struct.unpack_from("<IIII", content, at)
            facts.merged.append(((top, left), (bottom, right)))
    guard(height, width, limits)
    return facts


def _is_empty(content: bytes, kind: int, at: int) -> bool:
    """Whether a formula's result is zero or an empty text."""
    if kind == _FORMULA_TEXT:
        return bool(struct.unpack_from("<I", content, at + 8)[0] == 0)
    return kind == _FORMULA_NUMBER and bool(struct.unpack_from("<d", content, at + 8)[0] == 0)
