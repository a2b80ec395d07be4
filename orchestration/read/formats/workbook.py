"""Workbooks (xlsx, xlsm, xlsb, xls, ods) through calamine: cached values, never macros or formulas."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import cast

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from orchestration.findings import Finding
from orchestration.read.formats.document import Cell, Document, Limits, Sheet, UnreadableError

_ENTRIES = 10_000
_CHUNK = 1024 * 1024
_LONGEST_TAG = 4096
# Where rows and cells are, empty ones too: cheap, and never too small.
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,8})([0-9]{1,12})["']""")
# A cell that is not empty, with its place; the tags are short, and no text within them holds < or >.
_CELL = re.compile(rb"""<(?:\w+:)?c\s(?:[^<>]{0,500}?\s)?r\s*=\s*["']([A-Za-z]{1,8})([0-9]{1,12})["'][^<>]*(?<!/)>""")
_CELL_WITHOUT_PLACE = re.compile(rb"""<(?:\w+:)?c(?![^<>]*\sr\s*=)[\s>]""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^<>]{0,500}?\s)?r\s*=\s*["']()([0-9]{1,12})["']""")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def open_workbook(content: bytes, limits: Limits) -> Document:
    """The visible sheets of a workbook.

    Raises UnreadableError with FILE_CORRUPT, FILE_ENCRYPTED, FILE_TOO_LARGE or FORMAT_UNSUPPORTED.
    """
    kind, holds_errors = _kind(content, limits)
    try:
        sheets = _sheets(content, limits)
        if holds_errors:
            _fill_errors(content, sheets)
    except PasswordError as error:
        raise UnreadableError(Finding("FILE_ENCRYPTED")) from error
    except UnreadableError:
        raise
    except BaseException as error:
        # Whatever the parsers make of a damaged file, a panic of calamine's included, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableError(Finding("FILE_CORRUPT", found=str(error)[:200])) from error
    return Document(kind, sheets)


def _sheets(content: bytes, limits: Limits) -> list[Sheet]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = []
    cells = 0
    for metadata in book.sheets_metadata:
        if metadata.typ != SheetTypeEnum.WorkSheet or metadata.visible != SheetVisibleEnum.Visible:
            continue
        source = book.get_sheet_by_name(metadata.name)
        cells += source.total_height * source.total_width
        if cells > limits.cells:
            raise UnreadableError(
                Finding("FILE_TOO_LARGE", sheet=metadata.name, found=str(cells), expected=str(limits.cells))
            )
        rows = cast("list[list[Cell]]", source.to_python(skip_empty_area=False))
        sheets.append(Sheet(metadata.name, rows, _merged_down(source.merged_cell_ranges or [], len(rows))))
    return sheets


def _fill_errors(content: bytes, sheets: list[Sheet]) -> None:
    """Put the errors of cells (`#DIV/0!`) where calamine leaves them empty: an error is no blank."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        for sheet in sheets:
            for record in book[sheet.name].iter_rows(max_row=len(sheet.rows)):
                for cell in record:
                    if cell.data_type != "e":
                        continue
                    row = sheet.rows[cell.row - 1]
                    if cell.column <= len(row):
                        row[cell.column - 1] = cell.value
    finally:
        book.close()


def _kind(content: bytes, limits: Limits) -> tuple[str, bool]:
    """Which kind of workbook this is, after its container was found harmless, and whether cells hold errors."""
    if not content.startswith(b"PK"):
        if _ENCRYPTED_PACKAGE in content:
            raise UnreadableError(Finding("FILE_ENCRYPTED"))
        return "xls", False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            entries = container.infolist()
    except Exception as error:
        raise UnreadableError(Finding("FILE_CORRUPT", found=str(error)[:200])) from error
    expanded = sum(entry.file_size for entry in entries)
    if len(entries) > _ENTRIES or expanded > limits.expanded_bytes:
        raise UnreadableError(
            Finding("FILE_TOO_LARGE", found=f"{len(entries)} / {expanded} B", expected=f"{limits.expanded_bytes} B")
        )
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" in names:
        try:
            cells, errors = _survey(content, limits)
        except Exception as error:
            raise UnreadableError(Finding("FILE_CORRUPT", found=str(error)[:200])) from error
        if cells > limits.cells:
            raise UnreadableError(Finding("FILE_TOO_LARGE", found=str(cells), expected=str(limits.cells)))
        return "xlsm" if "xl/vbaProject.bin" in names else "xlsx", errors
    if "xl/workbook.bin" in names:
        return "xlsb", False
    if "content.xml" in names:
        return "ods", False
    found = next(iter(sorted(names)), "")
    raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found=f"zip: {found}", expected="xlsx, csv"))


def _survey(content: bytes, limits: Limits) -> tuple[int, bool]:
    """Look through a workbook's XML before calamine does: its largest rectangle, and whether cells may hold errors.

    calamine lays out the whole rectangle of a sheet and aborts the process where memory does not
    suffice: two cells in opposite corners are enough. Unpacking also proves that the sizes which
    the container states are true.
    """
    largest, errors = 0, False
    with zipfile.ZipFile(io.BytesIO(content)) as container:
        for entry in container.infolist():
            places: set[tuple[bytes, bytes]] = set()
            for piece in _pieces(container, entry):
                errors = errors or b'"e"' in piece or b"'e'" in piece
                places.update(_PLACE.findall(piece))
            cells = _rectangle(places)
            if cells > limits.cells:
                # Formatted cells far away are no table: only what is not empty counts.
                cells = _rectangle(place for piece in _pieces(container, entry) for place in _not_empty(piece))
            largest = max(largest, cells)
    return largest, errors


def _not_empty(piece: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = _CELL.findall(piece)
    if _CELL_WITHOUT_PLACE.search(piece):
        found += _ROW.findall(piece)
    return found


def _rectangle(places: Iterable[tuple[bytes, bytes]]) -> int:
    columns, rows = {b""}, {b"0"}
    for column, row in places:
        columns.add(column)
        rows.add(row)
    return max(map(int, rows)) * max(map(_column_number, columns))


def _pieces(container: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry's content piece by piece, overlapping so that no short tag is cut in all of them."""
    with container.open(entry) as file:
        kept = b""
        while chunk := file.read(_CHUNK):
            yield kept + chunk
            kept = chunk[-_LONGEST_TAG:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _merged_down(
    ranges: list[tuple[tuple[int, int], tuple[int, int]]], height: int
) -> dict[tuple[int, int], tuple[int, int]]:
    """The covered cells of the first column of each merged range, with the cell that covers them.

    Ranges may reach far below the last row, or lie on each other where no spreadsheet wrote the
    file: what is covered already is not gone through again.
    """
    covered: dict[tuple[int, int], tuple[int, int]] = {}
    for (top, left), (bottom, _) in ranges:
        for row in range(top + 1, min(bottom + 1, height)):
            if (row, left) in covered:
                break
            covered[row, left] = (top, left)
    return covered
