"""The look through an xlsx workbook: a few passes of byte searches over each sheet, no parser.

Built for the usual sheet, of which some searches prove that nothing is special; only where something
may be is it looked at closely.
"""

import posixpath
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from orchestration.findings import Finding
from orchestration.read.formats import safe_xml
from orchestration.read.formats.document import Limits, Place, UnreadableError, column_index, too_large
from orchestration.read.formats.package import Package, corrupt
from orchestration.read.formats.survey import (
    BUILT_IN,
    SheetFacts,
    guard,
    guard_noted,
    note_shown,
    raised,
    settle,
    shown_by,
)

_WHOLE = 8 * 1024 * 1024
_LONGEST_PIECE = 64 * 1024 * 1024
# A usual cell: its place first, no error, no formula. One search for a cell that is not like that proves
# a whole sheet harmless; the widths are how far right the place may lie.
_UNUSUAL_CELL = (
    rb"""<c(?! r="%s[0-9]{1,%d}"(?: s="[0-9]{1,6}")?(?: t="(?:s|n|b|d|inlineStr)")?(?:/>|>(?:<v>|<is>|</c>)))[\s/>]"""
)
# One whose place only is as usual.
_UNUSUAL_PLACE = rb"""<c(?! r="%s[0-9]{1,%d}")[\s/>]"""
_WIDTHS = ((26, b"[A-Z]"), (52, b"A?[A-Z]"), (702, b"[A-Z]{1,2}"))
_ROW_NUMBER = re.compile(rb'<row r="([0-9]{1,7})"')
_UNUSUAL_ROW = re.compile(rb'<row(?! r="[0-9]{1,7}")[\s/>]')
_ROW_TAG = re.compile(rb"<(?:\w+:)?row(?=[\s/>])([^<>]*)>")
# With what a cell closes at once: one that does is as empty as `<c/>`.
_ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])([^<>]*)>(</(?:\w+:)?c>)?")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,8})([0-9]{1,12})["']""")
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
# What a tag must have is looked for ahead of it, once: tried at each place where it may stand, and from
# there to the tag's end, a tag of some megabytes would take hours.
_ERROR = re.compile(
    rb"""<(?:\w+:)?c(?=\s[^<>]*?\bt=["']e["'])\s([^<>]*)>"""
    rb"""(?:\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</[^<>]*>))?\s*<(?:\w+:)?v>([^<]{0,40})<"""
)
_CELL_WITH_FORMULA = rb"""<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"""
_FORMULA = re.compile(_CELL_WITH_FORMULA + rb"""(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</)""")
_RESULT = re.compile(_CELL_WITH_FORMULA + rb"""<(?:\w+:)?v>\s*([^<\s][^<]*)<""")
_FULL_CALCULATION = re.compile(rb"""\bfullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
_SHOWN_BUILT_IN = re.compile(rb"""numFmtId\s*=\s*["'](?:9|10|17)["']""")
_MAY_SHOW = re.compile(rb"""%|formatCode\s*=\s*["'][^"'<>]*[yY]""")
_TEXT_RESULT = re.compile(rb"""\bt=["'](?:str|e)["']""")
_NO_NUMBER = re.compile(rb"""\bt=["'](?:str|e|b)["']""")
_SHARED = re.compile(rb"""<(?:\w+:)?c(?=\s[^<>]*?\bt=["']s["'])\s([^<>]*)>\s*<(?:\w+:)?v>\s*([0-9]{1,9})\s*<""")
_ANY_TAG = re.compile(rb"<[^<>]*>")
_PREFIX = re.compile(rb"(?<=[</\s])[\w.-]+:(?=[\w.-]+[\s=/>])")
_CELL = re.compile(rb"<c\s([^<>]*)>\s*$")
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def survey(package: Package, limits: Limits) -> list[SheetFacts]:
    """The facts of each sheet, in the workbook's order.

    Raises UnreadableError with FILE_TOO_LARGE, FILE_UNSAFE or FILE_CORRUPT.
    """
    _refuse_other_start(package)
    parts = sheet_parts(package)
    searches = _searches(package)
    strings = _raised_strings(package, limits)
    is_pending = _FULL_CALCULATION.search(package.read("xl/workbook.xml")) is not None
    facts: dict[str, SheetFacts] = {}
    noted = 0
    others = [name for name in package.entries if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    for sheet, part in [*parts, *(("", name) for name in others)]:
        if part in package and part not in facts:
            facts[part] = _sheet(package, part, sheet, searches, strings, limits, is_pending=is_pending)
            noted += facts[part].noted
            guard_noted(noted, limits, sheet)
    package.prove_sizes(set(facts))
    settle(facts.values())
    return [facts.get(part, SheetFacts()) for _, part in parts]


def may_hold_macros(package: Package) -> bool:
    """Whether the workbook is of the kind with macros, be there any or not."""
    if "xl/vbaProject.bin" in package:
        return True
    types = "[Content_Types].xml"
    return types in package and b".sheet.macroEnabled.main+xml" in package.read(types)


def _refuse_other_start(package: Package) -> None:
    """The container says where the workbook begins: what calamine reads is what is looked at here."""
    if "_rels/.rels" not in package:
        return
    for element in safe_xml.parse(package.read("_rels/.rels")):
        target = posixpath.normpath("/" + element.get("Target", "")).lower().lstrip("/")
        if element.get("Type", "").endswith("/officeDocument") and target != "xl/workbook.xml":
            raise corrupt(f"workbook in {target}")


def sheet_parts(package: Package) -> list[tuple[str, str]]:
    """Each sheet's name and part, in the workbook's order."""
    targets = relationships(package, "xl/_rels/workbook.xml.rels")
    parts = []
    for element in safe_xml.parse(package.read("xl/workbook.xml")).iter():
        if safe_xml.local(element.tag) == "sheet":
            identifier = element.get(_OFFICE) or element.get(_STRICT) or ""
            parts.append((element.get("name", ""), targets.get(identifier, "")))
    return parts


def relationships(package: Package, name: str) -> dict[str, str]:
    """Relationship ids with the parts they lead to, from the container's root, in lower case."""
    if name not in package:
        return {}
    return {
        element.get("Id", ""): posixpath.normpath(posixpath.join("/xl", element.get("Target", ""))).lower()[1:]
        for element in safe_xml.parse(package.read(name))
    }


Searches = list[tuple[str, re.Pattern[bytes]]]


def _searches(package: Package) -> Searches:
    """What finds the cells whose style shows something else than is stored, with what that is (`survey.shown_by`)."""
    if "xl/styles.xml" not in package or package.size("xl/styles.xml") > _LONGEST_PIECE:
        return []
    content = package.read("xl/styles.xml")
    start, end = content.find(b"cellXfs"), content.rfind(b"cellXfs")
    if not _MAY_SHOW.search(content) and not _SHOWN_BUILT_IN.search(
        content, max(start, 0), end if end > start else len(content)
    ):
        return []
    formats = dict(BUILT_IN)
    styles: dict[str, list[bytes]] = {}
    for element in (root := safe_xml.parse(content)).iter():
        if safe_xml.local(element.tag) == "numFmt":
            number = int(element.get("numFmtId", "-1"))
            formats.pop(number, None)
            if shown := shown_by(element.get("formatCode", "")):
                formats[number] = shown
    for group in root:
        for index, xf in enumerate(group if safe_xml.local(group.tag) == "cellXfs" else ()):
            if (own := formats.get(int(xf.get("numFmtId", "0")))) is not None:
                styles.setdefault(own, []).append(b"%d" % index)
    cell = rb"""<(?:\w+:)?c(?=\s[^<>]*?\bs=["'](?:%s)["'])\s([^<>]*)(?<!/)>"""
    return [(shown, re.compile(cell % b"|".join(numbers))) for shown, numbers in styles.items()]


def _raised_strings(package: Package, limits: Limits) -> dict[int, str]:
    """The workbook's shared texts with raised figures, by their number; these as calamine does not tell them."""
    name = "xl/sharedStrings.xml"
    if name not in package or b"superscript" not in (content := package.read(name)):
        return {}
    found: dict[int, str] = {}
    number = -1
    for event, element in safe_xml.events(content, limits, kept=("si",)):
        if event == "end" and safe_xml.local(element.tag) == "si":
            number += 1
            if (text := _raised_text(element)) is not None:
                found[number] = text
    return found


def _raised_text(item: Element) -> str | None:
    """A text of several parts with the figures of its raised ones as raised figures; None where none is raised."""
    parts: list[str] = []
    is_raised = False
    for run in item:
        if safe_xml.local(run.tag) not in ("r", "t"):
            continue
        text = "".join(part.text or "" for part in run.iter() if safe_xml.local(part.tag) == "t")
        if any(safe_xml.local(mark.tag) == "vertAlign" and mark.get("val") == "superscript" for mark in run.iter()):
            is_raised = is_raised or raised(text) != text
            text = raised(text)
        parts.append(text)
    return "".join(parts) if is_raised else None


def _sheet(
    package: Package,
    part: str,
    sheet: str,
    searches: Searches,
    strings: dict[int, str],
    limits: Limits,
    *,
    is_pending: bool,
) -> SheetFacts:
    """One pass with generous bounds; where they do not keep within the limits, a second with exact ones."""
    for exact in (False, True):
        facts, rows, columns = _pass(
            package, part, sheet, searches, strings, limits, exact=exact, is_pending=is_pending
        )
        if exact or (rows * columns <= limits.cells and columns <= limits.columns):
            break
    guard(rows, columns, limits, sheet)
    return facts


def _pass(
    package: Package,
    part: str,
    sheet: str,
    searches: Searches,
    strings: dict[int, str],
    limits: Limits,
    *,
    exact: bool,
    is_pending: bool,
) -> tuple[SheetFacts, int, int]:
    facts = SheetFacts()
    rows = columns = 0
    prefixed = False
    for first, piece in enumerate(_pieces(package, part)):
        if not first:
            start = piece.find(b"<sheetData")
            prefixed = start < 0
            # A document type stands before the first element or nowhere.
            if b"<!DOCTYPE" in (piece if prefixed else piece[:start]) or piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise UnreadableError(Finding("FILE_UNSAFE", sheet, found="DOCTYPE"))
        generous = None if prefixed or exact else _generous_bounds(piece, limits)
        height, width, usual = generous or (*_exact_bounds(piece), False)
        rows, columns = max(rows, height), max(columns, width)
        _look(piece, searches, facts, usual, is_pending)
        _note_raised(piece, strings, facts)
        guard_noted(facts.noted, limits, sheet)
    return facts, rows, columns


def _pieces(package: Package, part: str) -> Iterator[bytes]:
    """A sheet's XML, cut between rows."""
    if package.size(part) <= _WHOLE:
        yield package.read(part)
        return
    kept = b""
    for chunk in package.pieces(part):
        kept += chunk
        cut = kept.rfind(b"row>") + 4
        if cut > 3:
            yield kept[:cut]
            kept = kept[cut:]
        elif len(kept) > _LONGEST_PIECE:
            raise UnreadableError(too_large(f"{part}: > {_LONGEST_PIECE} B", f"{_LONGEST_PIECE} B"))
    yield kept


def _generous_bounds(piece: bytes, limits: Limits) -> tuple[int, int, bool] | None:
    """Rows and columns that hold all cells, and whether all cells are usual ones.

    None where the generous rectangle would not keep within the limits, or something is written as
    hardly anybody writes it.
    """
    if _UNUSUAL_ROW.search(piece):
        return None
    height = max(map(int, _ROW_NUMBER.findall(piece)), default=0)
    digits = len(str(height))
    for width, letters in _WIDTHS:
        # A cell may name another row than the one it stands in, but none of more digits.
        if (10**digits - 1) * width > limits.cells:
            return None
        if not re.search(_UNUSUAL_CELL % (letters, digits), piece):
            return height, width, True
        if not re.search(_UNUSUAL_PLACE % (letters, digits), piece):
            return height, width, False
    return None


def _exact_bounds(piece: bytes) -> tuple[int, int]:
    """The rectangle of what is not empty: formatted cells far away are no table."""
    height = width = 0
    for column, row in set(_filled(piece)):
        height, width = max(height, int(row)), max(width, column_index(column.decode()) + 1)
    return max(height, 1), max(width, _widest_row(piece))


def _filled(piece: bytes) -> Iterator[tuple[bytes, bytes]]:
    row = b"0"
    for kind, attributes, closed in _ROW_OR_CELL.findall(piece):
        reference = _REFERENCE.search(attributes)
        if kind == b"row":
            row = reference[2] if reference else row
        elif not closed and not attributes.endswith(b"/"):
            yield (reference[1], reference[2]) if reference else (b"", row)


def _widest_row(piece: bytes) -> int:
    """Cells without a place follow each other."""
    widest = width = 0
    for kind, attributes, _ in _ROW_OR_CELL.findall(piece):
        width = 0 if kind == b"row" else width + (not _REFERENCE.search(attributes))
        widest = max(widest, width)
    return widest


def _look(piece: bytes, searches: Searches, facts: SheetFacts, usual: bool, is_pending: bool) -> None:
    """What is special in this piece of a sheet."""
    if not usual and (b't="e"' in piece or b"t='e'" in piece):
        for attributes, error in _ERROR.findall(piece):
            if place := _place(attributes):
                facts.errors[place] = error.decode(errors="replace").strip() or "#N/A"
    if not usual and (b"<f" in piece or b":f" in piece):
        for attributes in _FORMULA.findall(piece):
            if not _TEXT_RESULT.search(attributes) and (place := _place(attributes)):
                facts.formulas_without_value.add(place)
        for attributes, result in _RESULT.findall(piece) if is_pending else ():
            if result.strip() not in (b"0", b"0.0") or _NO_NUMBER.search(attributes):
                facts.is_calculated = True
            elif place := _place(attributes):
                facts.unsettled.add(place)
    if b"hidden=" in piece:
        for attributes in _ROW_TAG.findall(piece):
            if _HIDDEN.search(attributes) and (reference := _REFERENCE.search(b" " + attributes)):
                facts.hidden_rows.add(int(reference[2]) - 1)
    for shown, search in searches:
        for place in filter(None, map(_place, search.findall(piece))):
            note_shown(facts, place, shown)


def _note_raised(piece: bytes, strings: dict[int, str], facts: SheetFacts) -> None:
    """The cells whose text has raised figures, be it shared or written into the cell."""
    for attributes, number in _SHARED.findall(piece) if strings else ():
        if (text := strings.get(int(number))) is not None and (place := _place(attributes)):
            facts.raised[place] = text
    if b"superscript" not in piece:
        return
    for written in piece.split(b"</is>")[:-1]:
        start = written.rfind(b"<is>")
        if start < 0 or b"superscript" not in written[start:]:
            continue
        cell = _CELL.search(written, max(written.rfind(b"<c", 0, start), 0), start)
        # The sheet's beginning says what prefixes stand for: here they mean nothing.
        bare = _ANY_TAG.sub(lambda tag: _PREFIX.sub(b"", tag[0]), written[start:])
        text = _raised_text(safe_xml.parse(bare + b"</is>"))
        if cell and text is not None and (place := _place(cell[1])):
            facts.raised[place] = text


def _place(attributes: bytes) -> Place | None:
    reference = _REFERENCE.search(b" " + attributes)
    if not reference or not reference[1]:
        return None
    return int(reference[2]) - 1, column_index(reference[1].decode())
