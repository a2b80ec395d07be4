"""The look through an ods workbook: where its cells are once repetitions are written out, and its errors."""

import re
from collections.abc import Iterator

from orchestration.findings import Finding
from orchestration.read.formats.document import Limits, Place, UnreadableError
from orchestration.read.formats.package import Package
from orchestration.read.formats.survey import SheetFacts, guard

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
    content = package.read("content.xml")
    package.prove_sizes({"content.xml"})
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableError(Finding("FILE_UNSAFE", found="DOCTYPE"))
    sheets: list[SheetFacts] = []
    facts = SheetFacts()
    row = column = repeat = height = width = 0
    for kind, attributes, error in _TAG.findall(content):
        if kind == b"table":
            sheets.append(facts := SheetFacts())
            row = column = repeat = height = width = 0
        elif kind == b"table-row":
            row += repeat
            column = 0
            rows = _ROWS.search(attributes)
            repeat = int(rows[1]) if rows else 1
            if _HIDDEN.search(attributes) and repeat < limits.cells and row + repeat < 1_000_000:
                facts.hidden_rows.update(range(row, row + repeat))
        else:
            columns = _COLUMNS.search(attributes)
            times = int(columns[1]) if columns else 1
            lacks_result = b"table:formula" in attributes and _lacks_result(attributes)
            is_empty = not attributes or (attributes.endswith(b"/") and b"office:" not in attributes)
            if lacks_result or not is_empty:
                height, width = max(height, row + repeat), max(width, column + times)
                guard(height, width, limits)
                if error or b'calcext:value-type="error"' in attributes:
                    text = error.decode(errors="replace") or "#N/A"
                    facts.errors.update(dict.fromkeys(_places(row, column, repeat, times), text))
                elif lacks_result:
                    facts.formulas_without_value.update(_places(row, column, repeat, times))
            elif not attributes:
                height, width = max(height, row + repeat), max(width, column + 1)
            if b'office:value-type="percentage"' in attributes:
                facts.percent_cells.update(_places(row, column, repeat, times))
            if kind == b"table-cell" and b"-spanned" in attributes:
                facts.merged.append(_span(row, column, attributes))
            column += times
    guard(height, width, limits)
    return sheets


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
