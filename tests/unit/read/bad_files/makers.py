"""Makers of workbooks byte by byte, where no library would write what the tests need."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from benchmarks.reports import xlsb as xlsb_records
from benchmarks.reports.xls import compound, number_cell, record, workbook

__all__ = [
    "compound",
    "error_cell",
    "formula_cell",
    "hidden_row",
    "number_cell",
    "ods",
    "ods_cell",
    "record",
    "xls",
    "xlsb",
    "xlsx",
]

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def zip_of(parts: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as container:
        for name, part in parts.items():
            container.writestr(name, part)
    return content.getvalue()


def xlsx(
    rows: str,
    *,
    name: str = "Rapport",
    kind: str = "worksheet",
    styles: str = "",
    before: str = "",
    after: str = "",
    book_after: str = "",
    parts: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """A workbook of one sheet whose `sheetData` is `rows`; `book_after` follows the list of sheets."""
    sheet = f'<?xml version="1.0"?>{before}<{kind} {MAIN}><sheetData>{rows}</sheetData>{after}</{kind}>'
    sheets = f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets>'
    book = f'<workbook {MAIN} xmlns:r="{OFFICE}">{sheets}{book_after}</workbook>'
    start = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    target = f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{kind}s/sheet1.xml"/>'
    return zip_of(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{start}</Relationships>',
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{target}</Relationships>',
            f"xl/{kind}s/sheet1.xml": sheet,
            **({"xl/styles.xml": f"<styleSheet {MAIN}>{styles}</styleSheet>"} if styles else {}),
            **(parts or {}),
        }
    )


def xls(*cells: bytes, name: str = "Rapport", before: bytes = b"") -> bytes:
    """An xls workbook of one sheet with these cell records."""
    return workbook({name: b"".join(cells)}, before)


def error_cell(row: int, column: int, code: int) -> bytes:
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def formula_cell(row: int, column: int, result: bytes, flags: int = 0, style: int = 0) -> bytes:
    """The formula 1+1 of xls with the result that a program left there."""
    tokens = b"\x1e\x01\x00\x1e\x01\x00\x03"
    head = struct.pack("<HHH8sHIH", row, column, style, result, flags, 0, len(tokens))
    return record(0x0006, head + tokens)


def hidden_row(row: int) -> bytes:
    return record(0x0208, struct.pack("<HHHHHHHH", row, 0, 1, 255, 0, 0, 0x0020, 0))


def xlsb(cells: Sequence[tuple[int, int, int, bytes]]) -> bytes:
    """An xlsb workbook of one sheet; a cell is its row, its column, its record's kind and content."""
    rows, last = b"", -1
    for row, column, kind, content in cells:
        if row != last:
            rows += xlsb_records.row(row)
            last = row
        rows += xlsb_records.cell(kind, column, content)
    return xlsb_records.container({"Rapport": xlsb_records.sheet(rows)})


def ods(rows: str, before: str = "", styles: str = "", document_styles: str = "") -> bytes:
    """An ods workbook of one sheet; `styles` stand beside its content, `document_styles` in a part of their own."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = f'xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0" xmlns:text="{urn}:text:1.0"'
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    return zip_of(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f'<?xml version="1.0"?>{before}<office:document-content {spaces} {calc}>{styles}'
            '<office:body><office:spreadsheet><table:table table:name="Rapport">'
            f"{rows}</table:table></office:spreadsheet>"
            "</office:body></office:document-content>",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="m"/>',
            "styles.xml": f"<office:document-styles {spaces}>{document_styles}</office:document-styles>",
        }
    )


def ods_cell(value: float, attributes: str = "", kind: str = "float") -> str:
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{value}" {attributes}>'
        f"<text:p>{value}</text:p></table:table-cell>"
    )
