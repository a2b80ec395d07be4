"""The look through an xls workbook: its compound file and the records of each sheet ([MS-CFB], [MS-XLS]).

A formula always has a result there. A program that cannot calculate leaves 0 or an empty text, and
either asks for all to be calculated or does not say what calculated it last.
"""

import struct

from orchestration.findings import Finding
from orchestration.read.formats.document import Limits, Place, UnreadableError
from orchestration.read.formats.package import corrupt
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

_HEADER_SECTORS = 109
_NO_SECTOR = 0xFFFFFFFA
_MINI_CUTOFF = 4096
_BOUNDSHEET, _FILEPASS, _FORMAT, _XF, _EOF = 0x0085, 0x002F, 0x041E, 0x00E0, 0x000A
_ROW, _BOOLERR, _FORMULA, _NUMBER, _RK, _MULRK = 0x0208, 0x0205, 0x0006, 0x0203, 0x027E, 0x00BD
# Records that put something into a cell; blanks are none.
_FILLED = frozenset({_BOOLERR, _FORMULA, _NUMBER, _RK, _MULRK, 0x0204, 0x00FD, 0x00D6, 0x0002, 0x0003, 0x0004})
_RECORD = struct.Struct("<HH")
_CELL = struct.Struct("<HHH")
# A style and a number, of several that stand side by side in one record.
_RK_CELL = struct.Struct("<HI")
# A formula: its style, result and flags.
_FORMULA_CELL = struct.Struct("<4xH8sH")
_ERROR_RESULT, _EMPTY_RESULT = 2, 3
_BIFF8 = 0x0600
_CALCULATED_BY, _UNCALCULATED = 0x01C1, 0x005E
_CALCULATE_ON_LOAD = 0x0002


def survey(content: bytes, limits: Limits) -> list[SheetFacts]:
    """The facts of each sheet, in the workbook's order.

    Raises UnreadableError with FILE_TOO_LARGE, FILE_ENCRYPTED, FILE_CORRUPT or FORMAT_UNSUPPORTED.
    """
    try:
        stream = _workbook_stream(content)
        offsets, styles, is_pending = _globals(stream)
        facts: list[SheetFacts] = []
        cells = noted = walked = 0
        for offset in offsets:
            cells, end = _sheet(stream, offset, styles, limits, cells, facts, is_pending=is_pending)
            # Thousands of sheets that share their records would be gone through as many times.
            walked += end - offset
            if walked > len(stream):
                raise corrupt("xls: sheets overlap")
            noted += facts[-1].noted
            guard_noted(noted, limits)
    except (struct.error, IndexError, ValueError) as error:
        raise corrupt("xls: record") from error
    settle(facts)
    return facts


def _workbook_stream(content: bytes) -> bytes:
    sector_size = 1 << struct.unpack_from("<H", content, 30)[0]
    if sector_size not in (512, 4096):
        raise corrupt(f"sector size {sector_size}")
    table = _allocation_table(content, sector_size)
    directory = _chain(content, table, struct.unpack_from("<I", content, 48)[0], sector_size)
    names = []
    root = b""
    for start in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, start + 64)[0]
        name = directory[start : start + max(min(length, 64) - 2, 0)].decode("utf-16-le", errors="replace")
        first, size = struct.unpack_from("<II", directory, start + 116)
        if start == 0:
            root = _chain(content, table, first, sector_size)
        elif name.lower() in ("workbook", "book"):
            if size >= _MINI_CUTOFF:
                return _chain(content, table, first, sector_size)[:size]
            mini = _chain(content, table, struct.unpack_from("<I", content, 60)[0], sector_size)
            mini_table = list(struct.unpack(f"<{len(mini) // 4}I", mini[: len(mini) // 4 * 4]))
            return _chain(root, mini_table, first, 64, 0)[:size]
        names.append(name)
    known = "doc" if "WordDocument" in names else "ppt" if "PowerPoint Document" in names else ", ".join(names[:3])
    raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found=known or "OLE", expected="xlsx, csv"))


def _allocation_table(content: bytes, sector_size: int) -> list[int]:
    """Which sector follows which."""
    sectors = list(struct.unpack_from(f"<{_HEADER_SECTORS}I", content, 76))
    following, count = struct.unpack_from("<II", content, 68)
    per_sector = sector_size // 4
    for _ in range(min(count, len(content) // sector_size)):
        if following >= _NO_SECTOR:
            break
        more = struct.unpack_from(f"<{per_sector}I", content, (following + 1) * sector_size)
        sectors += more[:-1]
        following = more[-1]
    table: list[int] = []
    for sector in sectors:
        if sector < _NO_SECTOR:
            start = (sector + 1) * sector_size
            part = content[start : start + sector_size]
            table += struct.unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4])
        if len(table) * sector_size > 2 * len(content) + 2 * sector_size * per_sector:
            break
    return table


def _chain(content: bytes, table: list[int], sector: int, size: int, header: int = 1) -> bytes:
    """The content of a chain of sectors; one that goes in a circle is refused."""
    parts: list[bytes] = []
    while sector < _NO_SECTOR:
        if sector >= len(table) or len(parts) > len(table):
            raise corrupt("sector chain")
        parts.append(content[(sector + header) * size : (sector + header + 1) * size])
        sector = table[sector]
    return b"".join(parts)


def _globals(stream: bytes) -> tuple[list[int], dict[int, str], bool]:
    """Where the sheets begin, what cell styles show (`survey.shown_by`), and whether nothing calculated the book."""
    offsets: list[int] = []
    formats = dict(BUILT_IN)
    styles: list[int] = []
    version = struct.unpack_from("<H", stream, 4)[0]
    engine = at = 0
    while at + 4 <= len(stream):
        kind, length = _RECORD.unpack_from(stream, at)
        if kind == _EOF:
            break
        if kind == _FILEPASS:
            raise UnreadableError(Finding("FILE_ENCRYPTED"))
        if kind == _BOUNDSHEET:
            offsets.append(struct.unpack_from("<I", stream, at + 4)[0])
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", stream, at + 6)[0])
        elif kind == _CALCULATED_BY and length >= 8:
            engine = struct.unpack_from("<I", stream, at + 8)[0]
        elif kind == _FORMAT and length >= 2:
            number = struct.unpack_from("<H", stream, at + 4)[0]
            formats.pop(number, None)
            if shown := shown_by(_format_code(stream[at + 6 : at + 4 + length], version)):
                formats[number] = shown
        at += 4 + length
    return offsets, {index: formats[style] for index, style in enumerate(styles) if style in formats}, not engine


def _format_code(written: bytes, version: int) -> str:
    """A number format's text: of two bytes a character where its flag says so, else of one."""
    if version < _BIFF8:
        return written[1:].decode("latin-1")
    return written[3:].decode("utf-16-le" if written[2:3] == b"\x01" else "latin-1", errors="replace")


def _sheet(
    stream: bytes,
    at: int,
    styles: dict[int, str],
    limits: Limits,
    before: int,
    sheets: list[SheetFacts],
    *,
    is_pending: bool,
) -> tuple[int, int]:
    """Put what is known of a sheet behind that of the others; the cells of all of them, and where it ends."""
    sheets.append(facts := SheetFacts())
    height = width = 0
    end = len(stream) - 4
    counted = at
    while at <= end:
        if at - counted > NOTED_AFTER:
            counted = at
            guard_noted(facts.noted, limits)
        kind, length = _RECORD.unpack_from(stream, at)
        if kind == _EOF:
            break
        if kind in _FILLED and length >= 6:
            row, column, style = _CELL.unpack_from(stream, at + 4)
            height = max(height, row + 1)
            last = struct.unpack_from("<H", stream, at + 2 + length)[0] if kind == _MULRK else column
            width = max(width, column + 1, last + 1)
            if kind == _BOOLERR:
                if stream[at + 11] == 1:
                    facts.errors[row, column] = ERRORS.get(stream[at + 10], "#N/A")
            elif kind == _FORMULA:
                _formula(stream[at + 4 : at + 4 + length], facts, (row, column), styles, is_pending=is_pending)
            elif kind == _MULRK:
                numbers = _RK_CELL.iter_unpack(stream[at + 8 : at + 8 + (length - 6) // 6 * 6])
                for on, (own, _) in enumerate(numbers):
                    if own in styles:
                        note_shown(facts, (row, column + on), styles[own])
            elif style in styles and kind in (_NUMBER, _RK):
                note_shown(facts, (row, column), styles[style])
        elif kind == _UNCALCULATED:
            is_pending = True
        elif kind == _ROW and length >= 16 and stream[at + 16] & 0x20:
            facts.hidden_rows.add(struct.unpack_from("<H", stream, at + 4)[0])
        at += 4 + length
    return guard(height, width, limits, before=before), at


def _formula(record: bytes, facts: SheetFacts, place: Place, styles: dict[int, str], *, is_pending: bool) -> None:
    """What the result of a formula is: a number, or where it ends with two bytes FF the kind of something else."""
    style, result, flags = _FORMULA_CELL.unpack_from(record)
    is_empty = not any(result)
    if result.endswith(b"\xff\xff"):
        is_empty = result[0] == _EMPTY_RESULT
        if result[0] == _ERROR_RESULT:
            facts.errors[place] = ERRORS.get(result[2], "#N/A")
    elif style in styles:
        note_shown(facts, place, styles[style])
    if not is_empty:
        facts.is_calculated = True
    elif is_pending or flags & _CALCULATE_ON_LOAD:
        facts.unsettled.add(place)
