"""Delimited text: encoding, delimiter and quoting are found, not assumed."""

import codecs
import csv
import io
import math
import re
from collections import Counter
from itertools import islice
from pathlib import PurePosixPath
from sys import getsizeof

from orchestration.findings import Finding
from orchestration.read import personal
from orchestration.read.formats.document import Budget, Document, Limits, Sheet, UnreadableError, too_large
from orchestration.read.formats.package import corrupt

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# The encodings of this world; with all of them open, French cp1252 is taken for cp1250.
_LEGACY = ["cp1252", "cp1256", "iso8859_6"]
# Three letters above 127 in a row are a word in Arabic and none in French: a few words are enough to tell.
_ARABIC_WORD = re.compile(rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff]{3}")
# Arabic letters from the most to the least frequent; a letter's weight falls with its rank (Zipf).
_LETTER_WEIGHTS = {letter: -math.log(rank) for rank, letter in enumerate("اليمونرتبعدسفهةكقحجأىذشطصخضزغإثئءآظؤ", 2)}
_STRANGE = -6.0
_DOUBT = 4.0
_WORD = re.compile(r"[^\W\d_]+")
# Where two cut a table equally well, the comma is the one that stands in texts and figures.
_DELIMITERS = ";\t|,"
_CELLS = re.compile(r'([;\t|,"])')
_QUOTE = '"'
_SAMPLE_ROWS = 50
_SAMPLE_CHARACTERS = 200_000
_DETECTION_BYTES = 10_000
_DELIMITER_CHARACTERS = 20_000
# A large text is decoded as it is read: in memory one emoji makes four bytes of each of its characters.
_LARGE = 16 * 1024 * 1024
_PIECE = 1024 * 1024
_MOST_DECODED = 128 * 1024 * 1024
_MOST_HELD = 512 * 1024 * 1024
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
# A space before an opening quote belongs to nobody; read literally, the quotes would become content.
_SPACED_QUOTE = re.compile(r'[,;|\t] +"')


def open_delimited(name: str, content: bytes, limits: Limits) -> Document:
    """The one sheet of a text table, named after the file as a spreadsheet names it.

    Raises UnreadableError with FILE_CORRUPT (no text), FILE_ENCODING_MIXED, QUOTE_UNCLOSED,
    FILE_TOO_LARGE or FILE_TOO_SLOW.
    """
    written, encoding = decode(content, in_full=False)
    first = _SEPARATOR_LINE.match(written)
    delimiter = first[1] if first else _delimiter(written)
    spaced = bool(_SPACED_QUOTE.search(written, 0, _SAMPLE_CHARACTERS))
    sheet = PurePosixPath(name).stem
    rows = _rows(content, written, encoding, delimiter, spaced, limits, sheet)
    if first:
        # The line is no row of the table, but it is one of the file: cells keep their names.
        rows[0] = []
    _refuse_swallowed_lines(rows, content, delimiter, spaced, sheet)
    opening = rf"(?:\A|[\r\n]|{re.escape(delimiter)}){' *' if spaced else ''}{_QUOTE}"
    quoted = _QUOTE in written and re.search(opening, written)
    decided = [encoding, repr(delimiter), *([repr(_QUOTE)] if quoted else [])]
    return Document("csv", [Sheet(sheet, rows)], "; ".join(decided))  # type: ignore[arg-type]


def _rows(
    content: bytes, written: str, encoding: str, delimiter: str, spaced: bool, limits: Limits, sheet: str
) -> list[list[str]]:
    csv.field_size_limit(limits.field_characters)
    is_large = len(content) >= _LARGE
    lines = csv.reader(
        _stream(content, encoding) if is_large else io.StringIO(written, newline=""),
        delimiter=delimiter,
        skipinitialspace=spaced,
        strict=True,
    )
    rows: list[list[str]] = []
    budget = Budget(limits)
    held = 0
    try:
        if not is_large and written.count(delimiter) + written.count("\n") + written.count("\r") < min(
            limits.cells, 200_000
        ):
            rows = _all(lines, rows)
        else:
            for record in lines:
                place = f"A{len(rows) + 1}"
                budget.spend(len(record), sheet, place)
                held += getsizeof(record) + sum(map(getsizeof, record))
                if held > _MOST_HELD:
                    raise UnreadableError(too_large(f"> {_MOST_HELD} B", f"{_MOST_HELD} B", sheet, place))
                rows.append(record)
    except csv.Error as error:
        place = f"A{len(rows) + 1}"
        if "field limit" in str(error):
            raise UnreadableError(
                too_large(f"> {limits.field_characters}", limits.field_characters, sheet, place)
            ) from error
        found = _line(_stream(content, encoding), len(rows), delimiter)
        raise UnreadableError(Finding("QUOTE_UNCLOSED", sheet, place, found)) from error
    widest = max(map(len, rows), default=0)
    if widest > limits.columns:
        row = next(position for position, record in enumerate(rows) if len(record) > limits.columns)
        raise UnreadableError(too_large(f"{len(rows[row])} columns", f"{limits.columns} columns", sheet, f"A{row + 1}"))
    return rows


def _stream(content: bytes, encoding: str) -> io.TextIOWrapper:
    """The text, decoded as it is read."""
    return io.TextIOWrapper(io.BytesIO(content), encoding, newline="")


def _all(lines: "csv._reader", rows: list[list[str]]) -> list[list[str]]:  # type: ignore[name-defined]
    # `extend` keeps what was read before an error, so that the error's row is known.
    rows.extend(lines)
    return rows


def _line(stream: io.TextIOWrapper, number: int, delimiter: str) -> str:
    """The line in which the table's row `number` begins; rows before it may span several lines."""
    lines = csv.reader(stream, delimiter=delimiter)
    for _ in zip(range(number), lines, strict=False):
        pass
    stream.seek(0)
    return _told(next(islice(stream, lines.line_num, None), ""))


def _refuse_swallowed_lines(rows: list[list[str]], content: bytes, delimiter: str, spaced: bool, sheet: str) -> None:
    """Two lone quotes make one cell of all lines between them, without any error.

    Such lines are rows of the table, each with as many delimiters as the table has. The lines that
    somebody wrote into a cell are not.
    """
    if b'"' not in content or content.count(b"\n") <= len(rows):
        return
    widths = Counter(len(row) for row in rows if len(row) > 1)
    usual = widths.most_common(1)[0][0] if widths else 0
    if usual < 2:
        return
    # A comma of a sentence is followed by a space, which a table's hardly ever is.
    sample = rows[:_SAMPLE_ROWS]
    spaced = spaced or 2 * sum(any(cell.startswith(" ") for cell in row[1:]) for row in sample) > len(sample)
    for position, row in enumerate(rows):
        if not any("\n" in cell for cell in row):
            continue
        lines = delimiter.join(row).split("\n")
        first, *between, last = (
            line.count(delimiter) - (0 if spaced else line.count(f"{delimiter} ")) == usual - 1 for line in lines
        )
        # A cell of two lines is a text unless the row that it leaves is none of the table either.
        is_cut = 2 * sum(between) > len(between) if between else len(row) != usual
        if (first and last and is_cut) or (usual > 2 and between and all(between)):
            raise UnreadableError(Finding("QUOTE_UNCLOSED", sheet, f"A{position + 1}", _told(lines[0])))


def _told(line: str) -> str:
    """What a finding shows of a line; nobody has looked yet whether a cell of it holds personal data."""
    return "".join(map(personal.masked, _CELLS.split(line.strip()[:20_000])))[:80]


def decode(content: bytes, *, in_full: bool = True) -> tuple[str, str]:
    """A text file's text and the encoding that was decided; not `in_full`, of a large one its beginning.

    Raises UnreadableError with FILE_CORRUPT, FILE_ENCODING_MIXED or, for one whose text would take
    too much memory in full, FILE_TOO_LARGE.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            try:
                return _text(content, encoding, in_full), encoding
            except UnicodeDecodeError as error:
                if encoding == "utf-8-sig":
                    _refuse_mixed(content)
                raise corrupt(f"{encoding}: {error.reason}") from error
    if b"\0" in content:
        return _utf16_without_mark(content, in_full)
    try:
        return _text(content, "utf-8", in_full), "utf-8"
    except UnicodeDecodeError:
        _refuse_mixed(content)
    # Only bytes above 127 differ between the candidates: the lines that have some are what is compared.
    telling, length = [], 0
    for line in io.BytesIO(content):
        if not line.isascii():
            telling.append(line)
            length += len(line)
        if length > _DETECTION_BYTES:
            break
    for candidate in dict.fromkeys((_legacy(b"".join(telling)[:_DETECTION_BYTES]), *_LEGACY)):
        try:
            return _text(content, candidate, in_full), candidate
        except UnicodeDecodeError:
            continue
    raise UnreadableError(Finding("FILE_CORRUPT", found="?", expected="UTF-8"))


def _text(content: bytes, encoding: str, in_full: bool) -> str:
    """The text in this encoding, of which a single character may decide how much memory each other takes."""
    if len(content) < _LARGE:
        return _printable(content.decode(encoding))
    decoder = codecs.getincrementaldecoder(encoding)()
    beginning, characters, width = "", 0, 1
    for start in range(0, len(content), _PIECE):
        piece = decoder.decode(content[start : start + _PIECE], start + _PIECE >= len(content))
        if not start or "\0" in piece:
            beginning = _printable(piece)
        characters += len(piece)
        # What a text of twice the length takes more is one to four bytes a character.
        width = max(width, (getsizeof(piece + piece) - getsizeof(piece)) // max(len(piece), 1))
        if in_full and characters * width > _MOST_DECODED:
            raise UnreadableError(too_large(f"> {_MOST_DECODED} B", f"{_MOST_DECODED} B"))
    return content.decode(encoding) if in_full else beginning


def _legacy(telling: bytes) -> str:
    """The encoding of text of one byte a letter, from before Unicode."""
    if _ARABIC_WORD.search(telling):
        gain = _familiarity(telling, "iso8859_6") - _familiarity(telling, "cp1256")
        # Windows writes the latter: a few letters that look more like the former do not outweigh that.
        return "iso8859_6" if gain > _DOUBT else "cp1256"
    from charset_normalizer import from_bytes

    best = from_bytes(telling, cp_isolation=_LEGACY).best()
    return best.encoding if best else "cp1252"


def _familiarity(telling: bytes, encoding: str) -> float:
    """How much a text looks like Arabic when it is read in `encoding`: by its letters, and its articles."""
    try:
        words = _WORD.findall(telling.decode(encoding))
    except UnicodeDecodeError:
        return -math.inf
    letters = Counter(letter for word in words if not word.isascii() for letter in word)
    articles = sum(word.startswith("ال") for word in words)
    return float(articles + sum(count * _LETTER_WEIGHTS.get(letter, _STRANGE) for letter, count in letters.items()))


def _utf16_without_mark(content: bytes, in_full: bool) -> tuple[str, str]:
    """Text of two bytes a character has its zeros on one side; a single NUL is no text."""
    sample = content[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if len(content) % 2 == 0 and max(even, odd) * 10 >= len(sample) and min(even, odd) * 20 <= max(even, odd):
        try:
            return _text(content, encoding, in_full), encoding
        except UnicodeDecodeError:
            pass
    line = content.count(b"\n", 0, content.index(0)) + 1
    place = f"A{line}"
    raise UnreadableError(Finding("FILE_CORRUPT", "", place, "NUL", "text"))


def _refuse_mixed(content: bytes) -> None:
    """A file pasted together from two encodings: whichever were taken, some names would come out wrong."""
    good, first_bad, bad = 0, 0, b""
    for number, line in enumerate(io.BytesIO(content), 1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            if not first_bad:
                first_bad, bad = number, line
    # By chance a line of cp1252 or cp1256 is hardly ever valid UTF-8.
    if good:
        found = _told(bad.decode("cp1252", errors="replace"))
        raise UnreadableError(Finding("FILE_ENCODING_MIXED", "", f"A{first_bad}", found, "UTF-8"))


def _printable(written: str) -> str:
    """`written`, unless it is full of control characters, which no table is."""
    sample = written[:_SAMPLE_CHARACTERS]
    controls = len(_CONTROLS.findall(sample))
    if "\0" in written or controls > len(sample) // 100:
        raise UnreadableError(Finding("FILE_CORRUPT", found="NUL" if "\0" in written else "?", expected="text"))
    return written


def _delimiter(written: str) -> str:
    """The delimiter that cuts rows in succession from the earliest one on, and most of them into the most columns.

    The commas of figures and names may stand the same number of times in every row, but for the header. That a
    title above it has as many, or that rows lack their last cells, tells nothing.
    """
    sample = written[:_DELIMITER_CHARACTERS]
    found: list[tuple[str, int, int, int]] = []
    for delimiter in _DELIMITERS:
        if delimiter not in sample:
            continue
        try:
            records = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _SAMPLE_ROWS))
        except csv.Error:
            continue
        widths = [len(record) for record in records if record]
        first, length = _longest_run(widths)
        if length:
            counts = Counter(width for width in widths if width > 1)
            found.append((delimiter, first, length, max(width * count for width, count in counts.items())))
    # What stands in a few rows only, a title's or a note's, is no delimiter, however early.
    most = max((length for _, _, length, _ in found), default=0)
    likely = [one for one in found if 3 * one[2] > 2 * most]
    return min(likely, key=lambda one: (one[1], -one[3]))[0] if likely else ","


def _longest_run(widths: list[int]) -> tuple[int, int]:
    """Where the most rows in succession that are cut begin, and how many these are."""
    longest, first = (0, 0), 0
    for position, width in enumerate([*widths, 0]):
        if width < 2:
            longest = max(longest, (first, position - first), key=lambda run: run[1])
            first = position + 1
    return longest
