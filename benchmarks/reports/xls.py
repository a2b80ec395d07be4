"""xls workbooks: BIFF8 records in a compound file ([MS-XLS], [MS-CFB]).

What readers look at, not all that a spreadsheet program writes. The tests put records of their own
into it with `record` and `compound`.
"""

import struct
from collections.abc import Mapping
from typing import Any

GENERAL, PERCENT = 0, 1
"""The cell styles of a workbook: as it comes, and as a percentage."""
_SECTOR = 512
_BEGIN, _END = 0x0809, 0x000A
_MOST_MERGES = 1000


def record(kind: int, content: bytes = b"") -> bytes:
    """A BIFF record."""
    return struct.pack("<HH", kind, len(content)) + content


def number_cell(row: int, column: int, value: float, style: int = GENERAL) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def text_cell(row: int, column: int, text: str) -> bytes:
    """A cell that holds its own text."""
    written = text.encode("utf-16-le")
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(written) // 2, 1) + written)


def cell(row: int, column: int, content: Any, style: int = GENERAL) -> bytes:
    """The cell of a number or of anything else, as text."""
    if isinstance(content, int | float):
        return number_cell(row, column, content, style)
    return text_cell(row, column, str(content))


def merges(ranges: list[tuple[int, int, int, int]]) -> bytes:
    """Merged ranges: top, left, bottom, right."""
    found = b""
    for start in range(0, len(ranges), _MOST_MERGES):
        part = ranges[start : start + _MOST_MERGES]
        places = b"".join(struct.pack("<HHHH", top, bottom, left, right) for top, left, bottom, right in part)
        found += record(0x00E5, struct.pack("<H", len(part)) + places)
    return found


def workbook(sheets: Mapping[str, bytes], before: bytes = b"") -> bytes:
    """A workbook of these sheets by name, each the records of its cells; `before` stands before the styles."""
    begin = record(_BEGIN, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6))
    styles = b"".join(record(0x00E0, struct.pack("<HH", 0, number) + b"\0" * 16) for number in (0, 10))
    names = [struct.pack("<BBBB", 0, 0, len(name), 1) + name.encode("utf-16-le") for name in sheets]
    at = len(begin) + len(before) + len(styles) + sum(len(name) + 8 for name in names) + 4
    bound, body = b"", b""
    for name, cells in zip(names, sheets.values(), strict=True):
        bound += record(0x0085, struct.pack("<I", at + len(body)) + name)
        body += record(_BEGIN, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6)) + cells + record(_END)
    return compound(begin + before + styles + bound + record(_END) + body)


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file with one stream."""
    stream = stream.ljust(4096, b"\0")
    data = -(-len(stream) // _SECTOR)
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
    body = struct.pack(f"<{len(chain)}I", *chain) + directory + stream.ljust(data * _SECTOR, b"\0")
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
