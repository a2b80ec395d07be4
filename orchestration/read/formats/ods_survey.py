"""The look through an ods workbook: where its cells are once repetitions are written out, and its errors."""

import re
from collections.abc import Iterator

from orchestration.findings import Finding
from orchestration.read.formats.document import Limits, Place, UnreadableError, too_large
from orchestration.read.formats.package import Package
from orchestration.read.formats.survey import SheetFacts, guard, guard_noted

_WHOLE = 8 * 1024 * 1024
_LONGEST_PIECE = 64 * 1024 * 1024
_TAG = re.compile(
    rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^<>]*)>(?:<text:p>(#[^<]{1,20}|Err:[0-9]+)<)?"
)
_COLUMNS = re.compile(rb"""table:number-columns-repeated\s*=\s*["']([0-9]{1,12})""")
_ROWS = re.compile(rb"""table:number-rows-repeated\s*=\s*["']([0-9]{1,12})""")
_SPANNED_ROWS = re.compile(rb"""table:number-rows-spanned\s*=\s*["']([0-9]{1,7})""")
_SPANNED_COLUMNS = re.compile(rb"""table:number-columns-spanned\s*=\s*["']([0-9]{1,7})""")
# What a formula's result is, whatever its kind; a text may stand between the tags alone.
_RESULT = re.compile(rb"""office:(?:value-type\s*=\s*["']string|(?:\w+-)?value\s*=)""")
_HIDDEN = re.compile(rb"""table:visibility\s*=\s*["'](?:collapse|filter)""")


def survey(package: Package, limits: Limits) -> list[SheetFacts]:
    """The facts of each sheet, in the workbook's order.

    Raises UnreadableError with FILE_TOO_LARGE, FILE_UNSAFE, FILE_CORRUPT, or FILE_ENCRYPTED.
    """
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise UnreadableError(Finding("FILE_ENCRYPTED"))
    sheets: list[SheetFacts] = []
    facts = SheetFacts()
    hidden: list[tuple[int, int]] = []
    row = column = repeat = height = width = before = noted = 0
    for kind, attributes, error in _tags(package):
        if kind == b"table":
            before = guard(height, width, limits, before=before)
            _hide(facts, hidden, height)
            sheets.append(facts := SheetFacts())
            row = column = repeat = height = width = 0
        elif kind == b"table-row":
            row += repeat
            column = 0
            rows = _ROWS.search(attributes)
            repeat = int(rows[1]) if rows else 1
            if _HIDDEN.search(attributes):
                hidden.append((row, row + repeat))
        else:
            columns = _COLUMNS.search(attributes)
            times = int(columns[1]) if columns else 1
            lacks_result = b"table:formula" in attributes and _lacks_result(attributes)
            if lacks_result or not attributes.endswith(b"/") or b"office:" in attributes:
                is_error = bool(error) or b'calcext:value-type="error"' in attributes
                is_percentage = b'office:value-type="percentage"' in attributes
                if is_error or lacks_result or is_percentage:
                    # One cell may be repeated millions of times.
                    noted += repeat * times
                    guard_noted(noted, limits)
                height, width = max(height, row + repeat), max(width, column + times)
                guard(height, width, limits, before=before)
                if is_error:
                    text = error.decode(errors="replace") or "#N/A"
                    facts.errors.update(dict.fromkeys(_places(row, column, repeat, times), text))
                elif lacks_result:
                    facts.formulas_without_value.update(_places(row, column, repeat, times))
                elif is_percentage:
                    facts.percent_cells.update(_places(row, column, repeat, times))
            if kind == b"table-cell" and b"-spanned" in attributes:
                facts.merged.append(_span(row, column, attributes))
            column += times
    guard(height, width, limits, before=before)
    _hide(facts, hidden, height)
    package.prove_sizes({"content.xml"})
    return sheets


def _tags(package: Package) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The tags of tables, rows and cells: name, attributes, and the error that a cell shows."""
    for piece in _pieces(package):
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
            raise UnreadableError(Finding("FILE_UNSAFE", found="DOCTYPE"))
        yield from _TAG.findall(piece)


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
