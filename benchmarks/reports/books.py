"""Drawn sheets as workbooks of each kind, and as delimited text."""

import csv
import datetime as dt
import io
import re
import zipfile
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from benchmarks.reports import xls as biff
from benchmarks.reports import xlsb as records
from benchmarks.reports.drawing import Grid
from orchestration.settings import Language


def written(kind: str, grids: list[Grid], language: Language) -> bytes:
    """The workbook of this kind that holds the sheets."""
    match kind:
        case "xls":
            return xls(grids)
        case "xlsb":
            return xlsb(grids)
        case "ods":
            return ods(grids)
    return xlsx(grids, language, macros=kind == "xlsm")


def xlsx(grids: list[Grid], language: Language, *, macros: bool = False) -> bytes:
    """An xlsx workbook, or with `macros` one whose kind may hold some."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    # Two runs of one seed give the same bytes.
    book.properties.created = book.properties.modified = dt.datetime(2020, 1, 1)  # noqa: DTZ001
    for grid in grids:
        sheet = book.create_sheet(grid.name)
        sheet.sheet_view.rightToLeft = language == "ar"
        for row, cells in enumerate(grid.rows, 1):
            for column, cell in enumerate(cells, 1):
                if cell is not None:
                    sheet.cell(row, column, cell)
        for row, column in grid.percents:
            sheet.cell(row + 1, column + 1).number_format = "0.0%"
        for top, left, bottom, right in grid.merges:
            sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    saved = io.BytesIO()
    book.save(saved)
    return _undated(saved.getvalue(), macros=macros)


_PLAIN = b"spreadsheetml.sheet.main+xml"
_MACROS = (
    b"application/vnd.openxmlformats-officedocument." + _PLAIN,
    b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
)


def _undated(content: bytes, *, macros: bool) -> bytes:
    """A workbook without the times at which its entries were written."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2020-01-01T00:00:00Z", data)
            elif macros and entry.filename == "[Content_Types].xml":
                data = data.replace(*_MACROS)
            new.writestr(zipfile.ZipInfo(entry.filename, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return result.getvalue()


_ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"'
)
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def ods(grids: list[Grid]) -> bytes:
    tables = []
    for grid in grids:
        width = max(map(len, grid.rows))
        covered = {
            (row, column)
            for top, left, bottom, right in grid.merges
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }
        spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in grid.merges}
        lines = []
        for row, cells in enumerate(grid.rows):
            line = [*cells, *[None] * (width - len(cells))]
            lines.append(
                "<table:table-row>"
                + "".join(
                    _ods_cell(cell, (row, column) in covered, spans.get((row, column)), (row, column) in grid.percents)
                    for column, cell in enumerate(line)
                )
                + "</table:table-row>"
            )
        tables.append(f'<table:table table:name="{escape(grid.name)}">{"".join(lines)}</table:table>')
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS_NAMES}><office:body>'
        f"<office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as package:
        for name, data, how in (
            ("mimetype", _ODS_TYPE, zipfile.ZIP_STORED),
            ("content.xml", content, zipfile.ZIP_DEFLATED),
            ("META-INF/manifest.xml", _ODS_MANIFEST, zipfile.ZIP_DEFLATED),
        ):
            package.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, how)
    return result.getvalue()


def _ods_cell(cell: Any, is_covered: bool, span: tuple[int, int] | None, is_percent: bool) -> str:
    name = "table:covered-table-cell" if is_covered else "table:table-cell"
    spans = f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"' if span else ""
    if cell is None:
        return f"<{name}{spans}/>"
    if isinstance(cell, int | float):
        kind = "percentage" if is_percent else "float"
        return f'<{name}{spans} office:value-type="{kind}" office:value="{cell!r}"><text:p>{cell!r}</text:p></{name}>'
    return f'<{name}{spans} office:value-type="string"><text:p>{escape(str(cell))}</text:p></{name}>'


def xls(grids: list[Grid]) -> bytes:
    """An xls workbook."""
    sheets = {}
    for grid in grids:
        cells = b"".join(
            biff.cell(row, column, cell, biff.PERCENT if (row, column) in grid.percents else biff.GENERAL)
            for row, line in enumerate(grid.rows)
            for column, cell in enumerate(line)
            if cell is not None
        )
        sheets[grid.name] = cells + biff.merges(grid.merges)
    return biff.workbook(sheets)


def xlsb(grids: list[Grid]) -> bytes:
    """An xlsb workbook."""
    sheets = {}
    for grid in grids:
        rows = b"".join(
            records.row(row)
            + b"".join(
                records.number_or_text(
                    column, cell, records.PERCENT if (row, column) in grid.percents else records.GENERAL
                )
                for column, cell in enumerate(line)
                if cell is not None
            )
            for row, line in enumerate(grid.rows)
        )
        sheets[grid.name] = records.sheet(rows, records.merges(grid.merges))
    return records.container(sheets, style=records.styles())


def delimited(grid: Grid, encoding: str, delimiter: str) -> bytes:
    """A sheet as delimited text."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    for row in grid.rows:
        writer.writerow(["" if cell is None else cell for cell in row])
    return stream.getvalue().encode(encoding)
