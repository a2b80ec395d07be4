"""Makers of workbooks byte by byte, where no library would write what the tests need."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

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
    parts: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """A workbook of one sheet whose `sheetData` is `rows`."""
    sheet = f'<?xml version="1.0"?>{before}<{kind} {MAIN}><sheetData>{rows}</sheetData>{after}</{kind}>'
    sheets = f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets>'
    book = f'<workbook {MAIN} xmlns:r="{OFFICE}">{sheets}</workbook>'
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


def record(kind: int, content: bytes = b"") -> bytes:
    """A BIFF record."""
    return struct.pack("<HH", kind, len(content)) + content


def xls(*cells: bytes, name: str = "Rapport", before: bytes = b"") -> bytes:
    """An xls workbook of one sheet with these cell records, in a compound file of 512-byte sectors."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6))
    styles = b"".join(record(0x00E0, struct.pack("<HH", 0, number) + b"\0" * 16) for number in (0, 10))
    bound = struct.pack("<BBBB", 0, 0, len(name), 0) + name.encode("latin-1")
    offset = len(begin) + len(before) + len(styles) + 4 + 4 + len(bound) + 4
    head = begin + before + styles + record(0x0085, struct.pack("<I", offset) + bound) + record(0x000A)
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6))
    return compound(head + sheet + b"".join(cells) + record(0x000A))


def number_cell(row: int, column: int, value: float, style: int = 0) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def error_cell(row: int, column: int, code: int) -> bytes:
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def hidden_row(row: int) -> bytes:
    return record(0x0208, struct.pack("<HHHHHHHH", row, 0, 1, 255, 0, 0, 0x0020, 0))


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file with one stream."""
    stream = stream.ljust(4096, b"\0")
    data = -(-len(stream) // 512)
    tables = -(-(data + 1) // 127)
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    # The sectors: the allocation table, the directory, the stream.
    chain = [table] * tables + [end] + [*range(tables + 2, tables + 1 + data), end]
    chain += [free] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *range(tables), *[free] * (109 - tables))
    directory = _entry("Root Entry", 5, 1, end, 0) + _entry(name, 2, free, tables + 1, len(stream))
    directory += _entry("", 0, free, 0, 0) * 2
    body = struct.pack(f"<{len(chain)}I", *chain) + directory + stream.ljust(data * 512, b"\0")
    return header + body


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le")
    length = len(written) + 2 if name else 0
    free = 0xFFFFFFFF
    return (
        written.ljust(64, b"\0")
        + struct.pack("<HBBIII", length, kind, 1, free, free, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )


def xlsb(cells: Sequence[tuple[int, int, int, bytes]]) -> bytes:
    """An xlsb workbook of one sheet; a cell is its row, its column, its record's kind and content."""
    reference = "rId1".encode("utf-16-le")
    name = "Rapport".encode("utf-16-le")
    sheet = struct.pack("<III", 0, 1, 4) + reference + struct.pack("<I", 7) + name
    book = _bin(131) + _bin(143) + _bin(156, sheet) + _bin(144) + _bin(132)
    rows, last = b"", -1
    for row, column, kind, content in cells:
        if row != last:
            rows += _bin(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
            last = row
        rows += _bin(kind, struct.pack("<II", column, 0) + content)
    dimension = _bin(148, struct.pack("<IIII", 0, 1, 0, 1))
    target = f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.bin"/>'
    return zip_of(
        {
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{PACKAGE}">{target}</Relationships>',
            "xl/worksheets/sheet1.bin": _bin(129) + dimension + _bin(145) + rows + _bin(146) + _bin(130),
        }
    )


def _bin(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(content)
    size = bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])
    return head + size + content


def ods(rows: str, before: str = "") -> bytes:
    """An ods workbook of one sheet."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = f'xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0" xmlns:text="{urn}:text:1.0"'
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    return zip_of(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f'<?xml version="1.0"?>{before}<office:document-content {spaces} {calc}><office:body>'
            f'<office:spreadsheet><table:table table:name="Rapport">{rows}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="m"/>',
        }
    )


def ods_cell(value: float, attributes: str = "", kind: str = "float") -> str:
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{value}" {attributes}>'
        f"<text:p>{value}</text:p></table:table-cell>"
    )
