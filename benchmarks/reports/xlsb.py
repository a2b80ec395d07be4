"""xlsb workbooks, record by record ([MS-XLSB]): what readers look at, not all that a spreadsheet program writes.

No library writes this format. The tests put records of their own into it with `record`, `cell` and
`container`.
"""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
ROW, REAL, TEXT, FORMULA_TEXT, FORMULA_NUMBER, FORMULA_ERROR = 0, 5, 6, 8, 9, 11
_BUNDLE_SHEET, _CALCULATION = 156, 157
GENERAL, PERCENT = 0, 1
"""The styles of `styles`: as it comes, and as a percentage."""


def record(kind: int, content: bytes = b"") -> bytes:
    """One record: its kind and its length in seven bits a byte, then its content."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(content)
    size = b""
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + content


def wide(text: str) -> bytes:
    """A text as records hold it."""
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def cell(kind: int, column: int, content: bytes, style: int = GENERAL) -> bytes:
    """A cell's record, in the row that was begun before."""
    return record(kind, struct.pack("<II", column, style) + content)


def row(position: int, *, hidden: bool = False) -> bytes:
    """The beginning of a row, counted from 0."""
    return record(ROW, struct.pack("<IIHBBBI", position, 0, 300, 0, 0x10 if hidden else 0, 0, 0))


def formula(kind: int, column: int, result: bytes, style: int = GENERAL) -> bytes:
    """A cell with the formula 1+1 and the result that a program left there."""
    tokens = b"\x1e\x01\x00\x1e\x01\x00\x03"
    return cell(kind, column, result + struct.pack("<HI", 0, len(tokens)) + tokens + struct.pack("<I", 0), style)


def merges(ranges: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Merged ranges (top, left, bottom, right), for the `after` of a sheet."""
    if not ranges:
        return b""
    found = (record(176, struct.pack("<IIII", top, bottom, left, right)) for top, left, bottom, right in ranges)
    return record(177, struct.pack("<I", len(ranges))) + b"".join(found) + record(178)


def calculation(engine: int = 191029, flags: int = 0x28) -> bytes:
    """The workbook's word on its formulas: what calculated them last, and what is still to be done."""
    return record(_CALCULATION, struct.pack("<IIIdIH", engine, 1, 100, 0.001, 1, flags))


def sheet(rows: bytes, after: bytes = b"") -> bytes:
    """A sheet's part."""
    dimension = record(148, struct.pack("<IIII", 0, 1, 0, 1))
    return record(129) + dimension + record(145) + rows + record(146) + after + record(130)


def styles(formats: Sequence[str] = ("0.0%",)) -> bytes:
    """The styles: the general one, then one for each of these number formats."""
    written = b"".join(record(44, struct.pack("<H", 164 + at) + wide(code)) for at, code in enumerate(formats))
    # A format that a style of another kind has is no cell's.
    other = record(47, struct.pack("<HH", 0xFFFF, 10) + b"\0" * 12)
    used = b"".join(
        record(47, struct.pack("<HH", 0, number) + b"\0" * 12) for number in (0, *range(164, 164 + len(formats)))
    )
    return (
        record(278)
        + record(615, struct.pack("<I", len(formats)))
        + written
        + record(616)
        + record(626, struct.pack("<I", 1))
        + other
        + record(627)
        + record(617, struct.pack("<I", len(formats) + 1))
        + used
        + record(618)
        + record(279)
    )


def container(sheets: Mapping[str, bytes], *, style: bytes = b"", book: bytes = b"") -> bytes:
    """The workbook of these sheets by name; `book` are further records of the list of sheets."""
    bundle = b"".join(
        record(_BUNDLE_SHEET, struct.pack("<II", 0, number) + wide(f"rId{number}") + wide(name))
        for number, name in enumerate(sheets, 1)
    )
    binary = "application/vnd.ms-excel"
    overrides = [("xl/workbook.bin", f"{binary}.sheet.binary.macroEnabled.main")]
    targets = []
    for number in range(1, len(sheets) + 1):
        overrides.append((f"xl/worksheets/sheet{number}.bin", f"{binary}.worksheet"))
        targets.append(("worksheet", f"rId{number}", f"worksheets/sheet{number}.bin"))
    if style:
        overrides.append(("xl/styles.bin", f"{binary}.styles"))
        targets.append(("styles", f"rId{len(sheets) + 1}", "styles.bin"))
    types = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides)
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": _relationships([("officeDocument", "rId1", "xl/workbook.bin")]),
        "xl/workbook.bin": record(131) + record(143) + bundle + record(144) + book + record(132),
        "xl/_rels/workbook.bin.rels": _relationships(targets),
        **{f"xl/worksheets/sheet{number}.bin": content for number, content in enumerate(sheets.values(), 1)},
        **({"xl/styles.bin": style} if style else {}),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name, part in parts.items():
            package.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _relationships(targets: Iterable[tuple[str, str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>' for kind, name, target in targets
    )
    return f'<Relationships xmlns="{PACKAGE}">{listed}</Relationships>'


def number_or_text(column: int, content: Any, style: int = GENERAL) -> bytes:
    """The cell of a number or of anything else, as text."""
    if isinstance(content, int | float):
        return cell(REAL, column, struct.pack("<d", content), style)
    return cell(TEXT, column, wide(str(content)), style)
