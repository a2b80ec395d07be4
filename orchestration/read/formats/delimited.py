"""Delimited text: encoding, delimiter and quoting are found, not assumed."""

import codecs
import csv
import io
import unicodedata
from collections import Counter
from pathlib import PurePosixPath

from orchestration.findings import Finding
from orchestration.read.formats.document import Document, Limits, Sheet, UnreadableError

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# The encodings of this world; with all of them open, French cp1252 is taken for cp1250.
_LEGACY = ["cp1252", "cp1256", "iso8859_6"]
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50

csv.field_size_limit(1024 * 1024)


def open_delimited(name: str, content: bytes, limits: Limits) -> Document:
    """The one sheet of a text table, named after the file as a spreadsheet names it.

    Raises UnreadableError with FILE_CORRUPT (no text, quotes that never close) or FILE_TOO_LARGE.
    """
    written, encoding = _decode(content)
    delimiter = _delimiter(written)
    rows: list[list[object]] = []
    cells = 0
    try:
        for record in csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True):
            cells += len(record)
            if cells > limits.cells:
                raise UnreadableError(Finding("FILE_TOO_LARGE", found=f"> {limits.cells}", expected=f"{limits.cells}"))
            rows.append([cell or None for cell in record])
    except csv.Error as error:
        raise UnreadableError(Finding("FILE_CORRUPT", cell=f"A{len(rows) + 1}", found=str(error))) from error
    return Document("csv", [Sheet(PurePosixPath(name).stem, rows)], encoding)


def _decode(content: bytes) -> tuple[str, str]:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise UnreadableError(Finding("FILE_CORRUPT", found=f"{encoding}: {error.reason}")) from error
    if b"\0" in content:
        raise UnreadableError(Finding("FILE_CORRUPT", found="NUL", expected="text"))
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(content, cp_isolation=_LEGACY).best()
    if best is None:
        raise UnreadableError(Finding("FILE_CORRUPT", found="?", expected="UTF-8"))
    return _printable(str(best)), best.encoding


def _printable(written: str) -> str:
    """`written`, unless it is full of control characters, which no table is."""
    controls = sum(unicodedata.category(char) == "Cc" and char not in "\t\r\n" for char in written)
    if controls > len(written) // 100:
        raise UnreadableError(Finding("FILE_CORRUPT", found="?", expected="text"))
    return written


def _delimiter(written: str) -> str:
    """The delimiter that cuts most rows into the same number of columns, and into the most."""
    best, best_score = ",", 0
    for delimiter in _DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for position, record in enumerate(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)):
                if position >= _SAMPLE_ROWS:
                    break
                widths[len(record)] += 1
        except csv.Error:
            continue
        score = max((width * count for width, count in widths.items() if width > 1), default=0)
        if score > best_score:
            best, best_score = delimiter, score
    return best
