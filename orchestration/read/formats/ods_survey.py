"""The look through an ods workbook: where its cells are once repetitions are written out, errors, what dates show."""

import html
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from orchestration.findings import Finding
from orchestration.read.formats.document import Limits, Place, UnreadableError, too_large
from orchestration.read.formats.package import Package
from orchestration.read.formats.survey import MONTH, YEAR, SheetFacts, guard, guard_noted, raised

_WHOLE = 8 * 1024 * 1024
_LONGEST_PIECE = 64 * 1024 * 1024
_TAG = re.compile(
    rb"<table:(table|table-column|table-row|table-cell|covered-table-cell)(?=[\s/>])([^<>]*)>"
    rb"(?:<text:p>(#[^<]{1,20}|Err:[0-9]+)<)?"
)
_COLUMNS = re.compile(rb"""table:number-columns-repeated\s*=\s*["']([0-9]{1,12})""")
_ROWS = re.compile(rb"""table:number-rows-repeated\s*=\s*["']([0-9]{1,12})""")
_SPANNED_ROWS = re.compile(rb"""table:number-rows-spanned\s*=\s*["']([0-9]{1,7})""")
_SPANNED_COLUMNS = re.compile(rb"""table:number-columns-spanned\s*=\s*["']([0-9]{1,7})""")
# What a formula's result is, whatever its kind; a text may stand between the tags alone.
_RESULT = re.compile(rb"""office:(?:value-type\s*=\s*["']string|(?:\w+-)?value\s*=)""")
_STYLE = re.compile(rb"""table:style-name\s*=\s*["']([^"'<>]{1,200})""")
_DEFAULT_STYLE = re.compile(rb"""table:default-cell-style-name\s*=\s*["']([^"'<>]{1,200})""")
_STYLE_TAG = re.compile(
    rb"<(/?number:date-style|number:(?!text|fill-character|date-style)[a-z-]+|style:style|style:text-properties)"
    rb"(?=[\s/>])([^<>]*)>"
)
_NAME = re.compile(rb"""style:name\s*=\s*["']([^"'<>]{1,200})""")
_DATA_STYLE = re.compile(rb"""style:data-style-name\s*=\s*["']([^"'<>]{1,200})""")
_PARENT_STYLE = re.compile(rb"""style:parent-style-name\s*=\s*["']([^"'<>]{1,200})""")
_GENERATIONS = 8
_RAISED = re.compile(rb"""style:text-position\s*=\s*["']super""")
_TEXT_STYLE = re.compile(rb"""text:style-name\s*=\s*["']([^"'<>]{1,200})["']""")
_SPACES = re.compile(rb"""text:c\s*=\s*["']([0-9]{1,2})["']""")
_MARKUP = re.compile(rb"(<[^<>]*>)")
_BREAK = b"<text:line-break"
_HIDDEN = re.compile(rb"""table:visibility\s*=\s*["'](?:collapse|filter)""")


def survey(package: Package, limits: Limits) -> list[SheetFacts]:
    """The facts of each sheet, in the workbook's order.

    Raises UnreadableError with FILE_TOO_LARGE, FILE_UNSAFE, FILE_CORRUPT, or FILE_ENCRYPTED.
    """
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise UnreadableError(Finding("FILE_ENCRYPTED"))
    sheets: list[SheetFacts] = []
    facts = SheetFacts()
    pieces = _pieces(package)
    first = next(pieces, b"")
    styles = _styles(package, first)
    columns_of = _Columns()
    of_row: bytes | None = None
    hidden: list[tuple[int, int]] = []
    row = column = repeat = height = width = before = noted = 0
    for kind, attributes, error, text in _tags(chain([first], pieces), styles.raised):
        if kind == b"table":
            before = guard(height, width, limits, before=before)
            _hide(facts, hidden, height)
            sheets.append(facts := SheetFacts())
            row = column = repeat = height = width = 0
            columns_of = _Columns()
        elif kind == b"table-column":
            if styles.dates:
                columns_of.add(attributes)
        elif kind == b"table-row":
            row += repeat
            column = 0
            rows = _ROWS.search(attributes)
            repeat = int(rows[1]) if rows else 1
            of_row = _named(_DEFAULT_STYLE, attributes) if styles.dates else None
            if _HIDDEN.search(attributes):
                hidden.append((row, row + repeat))
        else:
            columns = _COLUMNS.search(attributes)
            times = int(columns[1]) if columns else 1
            lacks_result = b"table:formula" in attributes and _lacks_result(attributes)
            if lacks_result or not attributes.endswith(b"/") or b"office:" in attributes:
                is_error = bool(error) or b'calcext:value-type="error"' in attributes
                is_percentage = b'office:value-type="percentage"' in attributes
                shown = None
                if styles.dates and b'office:value-type="date"' in attributes:
                    style = _named(_STYLE, attributes) or of_row or columns_of.style(column)
                    shown = styles.dates.get(style or b"")
                if is_error or lacks_result or is_percentage or shown or text is not None:
                    # One cell may be repeated millions of times.
                    noted += repeat * times
                    guard_noted(noted, limits)
                height, width = max(height, row + repeat), max(width, column + times)
                guard(height, width, limits, before=before)
                if is_error:
                    seen = error.decode(errors="replace") or "#N/A"
                    facts.errors.update(dict.fromkeys(_places(row, column, repeat, times), seen))
                elif lacks_result:
                    facts.formulas_without_value.update(_places(row, column, repeat, times))
                elif text is not None:
                    facts.raised.update(dict.fromkeys(_places(row, column, repeat, times), text))
                elif is_percentage:
                    facts.percent_cells.update(_places(row, column, repeat, times))
                elif shown:
                    facts.dates.update(dict.fromkeys(_places(row, column, repeat, times), shown))
            if kind == b"table-cell" and b"-spanned" in attributes:
                facts.merged.append(_span(row, column, attributes))
            column += times
    guard(height, width, limits, before=before)
    _hide(facts, hidden, height)
    package.prove_sizes({"content.xml"})
    return sheets


class _Columns:
    """The styles that a sheet's columns give to cells without one of their own."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._styles: list[bytes | None] = []
        self._end = 0

    def add(self, attributes: bytes) -> None:
        """The next column, or several that are alike."""
        repeated = _COLUMNS.search(attributes)
        self._starts.append(self._end)
        self._styles.append(_named(_DEFAULT_STYLE, attributes))
        self._end += int(repeated[1]) if repeated else 1

    def style(self, column: int) -> bytes | None:
        """The name of a column's style."""
        at = bisect_right(self._starts, column) - 1
        return self._styles[at] if at >= 0 else None


def _named(pattern: re.Pattern[bytes], attributes: bytes) -> bytes | None:
    found = pattern.search(attributes)
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class _Styles:
    """What styles make of what stands in cells.

    `dates` are those of cells whose dates show no day, with what they show (MONTH, YEAR); `raised` those of texts
    that stand higher than others.
    """

    dates: Mapping[bytes, str]
    raised: Collection[bytes]


def _styles(package: Package, first: bytes) -> _Styles:
    sources = [first.partition(b"<office:body")[0]]
    if "styles.xml" in package and package.size("styles.xml") <= _WHOLE:
        sources.append(package.read("styles.xml"))
    formats: dict[bytes, set[bytes]] = {}
    data_style: dict[bytes, bytes] = {}
    parent: dict[bytes, bytes] = {}
    raised_styles: set[bytes] = set()
    for source in sources:
        if not any(word in source for word in (b"data-style-name", b"number:date-style", b"text-position")):
            continue
        parts: set[bytes] = set()
        name = None
        for tag, attributes in _STYLE_TAG.findall(source):
            if tag == b"number:date-style":
                parts = formats.setdefault(_named(_NAME, attributes) or b"", set())
            elif tag == b"/number:date-style":
                parts = set()
            elif tag == b"style:text-properties":
                if name and _RAISED.search(attributes):
                    raised_styles.add(name)
            elif tag != b"style:style":
                parts.add(tag)
            elif name := _named(_NAME, attributes):
                if of := _named(_DATA_STYLE, attributes):
                    data_style[name] = of
                if of := _named(_PARENT_STYLE, attributes):
                    parent[name] = of
    shown = {style: what for style, parts in formats.items() if (what := _shown(parts))}
    found: dict[bytes, str] = {}
    for style in (data_style.keys() | parent.keys()) if shown else ():
        elder = style
        for _ in range(_GENERATIONS):
            if elder in data_style:
                break
            elder = parent.get(elder, b"")
        if what := shown.get(data_style.get(elder, b"")):
            found[style] = what
    return _Styles(found, raised_styles)


def _shown(parts: set[bytes]) -> str | None:
    if parts == {b"number:month", b"number:year"}:
        return MONTH
    return YEAR if parts == {b"number:year"} else None


def _tags(pieces: Iterable[bytes], styles: Collection[bytes]) -> Iterator[tuple[bytes, bytes, bytes, str | None]]:
    """The tags of tables, columns, rows and cells: name, attributes, the error that a cell shows, and its text.

    The latter only where calamine would tell another one: where figures are raised (`styles`), or lines broken.
    """
    for piece in pieces:
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
            raise UnreadableError(Finding("FILE_UNSAFE", found="DOCTYPE"))
        if not styles and _BREAK not in piece:
            yield from ((*found, None) for found in _TAG.findall(piece))
            continue
        found = list(_TAG.finditer(piece))
        ends = [*(match.start() for match in found[1:]), len(piece)]
        for match, end in zip(found, ends, strict=True):
            kind, attributes, error = match.groups(b"")
            is_text = kind == b"table-cell" and b'office:value-type="string"' in attributes
            yield kind, attributes, error, _text(piece[match.end() : end], styles) if is_text else None


def _text(content: bytes, styles: Collection[bytes]) -> str | None:
    """A cell's text with raised figures as such and its lines apart; None where it has neither."""
    if _BREAK not in content and (b"<text:span" not in content or not styles):
        return None
    text: list[str] = []
    spans: list[bool] = []
    is_special, is_note = False, False
    for part in _MARKUP.split(content):
        if part.startswith((b"<office:annotation", b"</office:annotation")):
            is_note = part[1:2] != b"/"
        elif is_note or not part:
            continue
        elif part.startswith(b"<text:span"):
            name = _named(_TEXT_STYLE, part)
            if not part.endswith(b"/>"):
                spans.append(name is not None and name in styles)
        elif part.startswith(b"</text:span"):
            del spans[-1:]
        elif part.startswith(_BREAK) or (part.startswith(b"<text:p") and text):
            text.append("\n")
            is_special = is_special or part.startswith(_BREAK)
        elif part.startswith((b"<text:s/", b"<text:s ", b"<text:tab")):
            spaces = _SPACES.search(part)
            text.append(" " * (int(spaces[1]) if spaces else 1))
        elif not part.startswith(b"<"):
            written = html.unescape(part.decode(errors="replace"))
            if any(spans) and raised(written) != written:
                written, is_special = raised(written), True
            text.append(written)
    return "".join(text) if is_special else None


def _pieces(package: Package) -> Iterator[bytes]:
    """The content, cut before tags: one that unpacks to much is never in memory as a whole."""
    if package.size("content.xml") <= _WHOLE:
        yield package.read("content.xml")
        return
    kept = b""
    for chunk in package.pieces("content.xml"):
        kept += chunk
        cut = kept.rfind(b"<table:")
        if cut > 0:
            yield kept[:cut]
            kept = kept[cut:]
        elif len(kept) > _LONGEST_PIECE:
            raise UnreadableError(too_large(f"content.xml: > {_LONGEST_PIECE} B", f"{_LONGEST_PIECE} B"))
    yield kept


def _hide(facts: SheetFacts, hidden: list[tuple[int, int]], height: int) -> None:
    """Note the hidden rows among those that hold something: the empty rest of a sheet may be hidden to its end."""
    for first, end in hidden:
        facts.hidden_rows.update(range(first, min(end, height)))
    hidden.clear()


def _span(row: int, column: int, attributes: bytes) -> tuple[Place, Place]:
    """The merged range that begins at a cell, which calamine does not tell of this format."""
    down, across = _SPANNED_ROWS.search(attributes), _SPANNED_COLUMNS.search(attributes)
    return (row, column), (
        row + max(1, int(down[1]) if down else 1) - 1,
        column + max(1, int(across[1]) if across else 1) - 1,
    )


def _places(row: int, column: int, repeat: int, times: int) -> Iterator[Place]:
    """Where a cell stands that is repeated down and across."""
    return ((row + down, column + on) for down in range(repeat) for on in range(times))


def _lacks_result(attributes: bytes) -> bool:
    """Whether a cell with a formula was saved by a program that did not calculate it.

    A `>` in the formula would end what is seen of the attributes here, within quotation marks.
    """
    return not _RESULT.search(attributes) and attributes.count(b'"') % 2 == 0
