"""The look through an xlsb workbook: the records of each sheet ([MS-XLSB])."""

import struct
from collections.abc import Iterator

from orchestration.read.formats.document import Limits
from orchestration.read.formats.package import Package, corrupt
from orchestration.read.formats.survey import ERRORS, SheetFacts, guard
from orchestration.read.formats.xlsx_survey import relationships

_ROW, _ERROR, _FORMULA_ERROR, _SHEET = 0, 3, 11, 156
_FILLED = range(2, 12)
_HIDDEN_ROW = 0x10


def survey(package: Package, limits: Limits) -> list[SheetFacts]:
    """The facts of each sheet, in the workbook's order. Raises UnreadableError with FILE_TOO_LARGE or FILE_CORRUPT."""
    targets = relationships(package, "xl/_rels/workbook.bin.rels")
    parts = [targets.get(identifier, "") for identifier in _sheet_identifiers(package.read("xl/workbook.bin"))]
    read = {part: _sheet(package.read(part), limits) for part in parts if part in package and part.endswith(".bin")}
    package.prove_sizes({*read, "xl/workbook.bin"})
    return [read.get(part, SheetFacts()) for part in parts]


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
        raise corrupt(error) from error


def _sheet(content: bytes, limits: Limits) -> SheetFacts:
    facts = SheetFacts()
    row = height = width = 0
    for kind, at, length in _records(content):
        if kind == _ROW and length >= 4:
            row = struct.unpack_from("<I", content, at)[0]
            if length >= 12 and content[at + 11] & _HIDDEN_ROW:
                facts.hidden_rows.add(row)
        elif kind in _FILLED and length >= 8:
            column = struct.unpack_from("<I", content, at)[0]
            height, width = max(height, row + 1), max(width, column + 1)
            if kind in (_ERROR, _FORMULA_ERROR) and at + 8 < len(content):
                facts.errors[row, column] = ERRORS.get(content[at + 8], "#N/A")
    guard(height, width, limits)
    return facts
