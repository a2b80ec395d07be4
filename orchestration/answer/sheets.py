"""One sheet of the reporter's workbook: its cells marked and commented, all else as it was.

The sheet's bytes are gone through once; what is remembered is where the rows and cells in question
stand, and everything outside the cells.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from orchestration.answer import active
from orchestration.answer.parts import OFFICE, Parts
from orchestration.answer.splices import (
    Element,
    NotEditableError,
    Splices,
    attribute_xml,
    close,
    new_parser,
    parse,
    run,
    tag_end,
    text_xml,
)
from orchestration.answer.styles import Styles
from orchestration.read.formats.document import Place, column_index, column_letters

_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^<>]*\bref\s*=\s*["']\s*([A-Za-z]+[0-9]+):([A-Za-z]+[0-9]+)""")
# What follows `legacyDrawing` in a sheet.
_AFTER_COMMENTS = frozenset(
    {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"}
)
_REMOVED = frozenset({"oleObjects", "controls"})
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
AUTHOR = "hasila"
_BLOCK = 1024
"""Shapes are numbered in blocks of so many; a drawing names the blocks it uses."""
_IDMAP = re.compile(rb"""<o:idmap\s[^>]*\bdata\s*=\s*["']([0-9, ]+)["']""")
_SHAPE = re.compile(rb"_x0000_s([0-9]{1,9})")
_NO_NUMBER = 2**22


@dataclass(slots=True)
class Mark:
    """What is done to a cell: the colour of its fill (none for a mere note) and the words of its comment."""

    colour: str | None
    comment: str


# Each cell of a sheet is looked up, and cells of one name stand in every sheet.
@lru_cache(65_536)
def place_of(cell: str) -> Place | None:
    """The row and column of `E12`, from 0; None for what is no cell of a spreadsheet."""
    found = _REFERENCE.fullmatch(cell.strip())
    if found is None or not 0 < int(found[2]) <= 1_048_576 or column_index(found[1]) >= 16_384:
        return None
    return int(found[2]) - 1, column_index(found[1])


def edit_sheet(
    parts: Parts,
    part: str,
    marks: Mapping[Place, Mark],
    styles: Styles,
    removed: Counter[str],
    *,
    block: int,
    rtl: bool,
) -> None:
    """Mark and comment cells of a sheet, and take out of it what a spreadsheet would run.

    `block` is a number for the shapes of its comments that no other sheet has. Raises NotEditableError.
    """
    content = parts.read(part)
    landed = _on_merged(content, marks)
    scan = _Scan(content, {row for row, _ in landed}, formulas=active.may_call(content))
    splices = Splices(content)
    _clear(parts, part, scan, splices, removed)
    _mark(scan, landed, styles, splices)
    if landed:
        _comment(parts, part, scan, landed, splices, block=block, rtl=rtl)
    parts.write(part, splices.result())


def _on_merged(content: bytes, marks: Mapping[Place, Mark]) -> dict[Place, Mark]:
    """A cell that another one covers is not seen: its mark goes to the one that is."""
    ranges = []
    for first, last in _MERGED.findall(content) if marks else ():
        top, bottom = place_of(first.decode()), place_of(last.decode())
        if top and bottom:
            ranges.append((top, bottom))
    landed: dict[Place, Mark] = {}
    for place, mark in marks.items():
        target = next(
            (top for top, bottom in ranges if top[0] <= place[0] <= bottom[0] and top[1] <= place[1] <= bottom[1]),
            place,
        )
        if other := landed.get(target):
            mark = Mark(other.colour or mark.colour, f"{other.comment}\n\n{mark.comment}")
        landed[target] = mark
    return landed


@dataclass(slots=True)
class _Cell:
    column: int
    start: int
    style: int


@dataclass(slots=True)
class _Row:
    element: Element
    cells: list[_Cell] = field(default_factory=list)


@dataclass(slots=True)
class _Formula:
    start: int
    text: str
    shared: str
    end: int = 0


class _Scan:
    """Where things stand in a sheet's bytes."""

    def __init__(self, content: bytes, wanted: set[int], *, formulas: bool):
        self._content = content
        self._wanted = wanted
        self.rows: dict[int, _Row] = {}
        self.starts: list[tuple[int, int]] = []
        """Every row with its place in the bytes."""
        self.formulas: list[_Formula] = []
        self._stack: list[Element] = []
        self._row = self._column = -1
        self._in_data = 0
        self._found: _Row | None = None
        self._texts: list[str] = []
        self._parser = new_parser()
        self._looks_at_formulas = formulas
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        run(self._parser, content)
        data = self.root.find("sheetData")
        if data is None or self.root.name != "worksheet":
            raise NotEditableError("the sheet has no cells")
        self.data = data

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        element = Element(tag, attributes, at, tag_end(self._content, at))
        if self._stack:
            self._stack[-1].children.append(element)
        else:
            self.root = element
        self._stack.append(element)
        if element.name == "sheetData":
            # Nearly all of a sheet stands in here: what each of its elements costs is what the sheet costs.
            self._in_data = 1
            self._parser.StartElementHandler, self._parser.EndElementHandler = self._inside, self._end_inside

    def _inside(self, tag: str, attributes: dict[str, str]) -> None:
        self._in_data += 1
        name = tag.rpartition(":")[2]
        if name == "c":
            if self._found is not None:
                place = place_of(attributes["r"]) if "r" in attributes else None
                self._column = place[1] if place else self._column + 1
                style = attributes.get("s", "0")
                self._found.cells.append(
                    _Cell(self._column, self._parser.CurrentByteIndex, int(style) if style.isdecimal() else 0)
                )
        elif name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1
            at = self._parser.CurrentByteIndex
            self.starts.append((self._row, at))
            if self._row in self._wanted and self._row not in self.rows:
                element = Element(tag, attributes, at, tag_end(self._content, at))
                self._found = self.rows[self._row] = _Row(element)
        elif name == "f" and self._looks_at_formulas:
            shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
            self.formulas.append(_Formula(self._parser.CurrentByteIndex, "", shared))
            self._texts = []
            self._parser.CharacterDataHandler = self._texts.append

    def _end_inside(self, tag: str) -> None:
        self._in_data -= 1
        if not self._in_data:
            self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
            self._end(tag)
            return
        name = tag.rpartition(":")[2]
        if name == "row" and self._found is not None:
            close(self._found.element, self._content, self._parser.CurrentByteIndex)
            self._found = None
        elif name == "f" and self._looks_at_formulas:
            formula = self.formulas[-1]
            self._parser.CharacterDataHandler = None
            formula.text = "".join(self._texts)
            element = Element(tag, {}, formula.start, tag_end(self._content, formula.start))
            close(element, self._content, self._parser.CurrentByteIndex)
            formula.end = element.end

    def _end(self, _tag: str) -> None:
        close(self._stack.pop(), self._content, self._parser.CurrentByteIndex)

    def tag_end(self, start: int) -> int:
        """Where the start tag at `start` ends."""
        return tag_end(self._content, start)

    def column_style(self, column: int) -> int:
        """The style that a column gives to cells that are not written."""
        columns = self.root.find("cols")
        for element in columns.children if columns is not None else ():
            try:
                if int(element.get("min")) - 1 <= column < int(element.get("max")):
                    return int(element.get("style") or 0)
            except ValueError:
                continue
        return 0


# --- what a spreadsheet would run


def _clear(parts: Parts, part: str, scan: _Scan, splices: Splices, removed: Counter[str]) -> None:
    bad = {formula.start: formula.shared for formula in scan.formulas if active.calls_elsewhere(formula.text)}
    # Cells that share a formula hold no text of their own.
    shared = {identifier for identifier in bad.values() if identifier}
    for formula in scan.formulas:
        if formula.start in bad or formula.shared in shared:
            splices.replace(formula.start, formula.end, "")
            removed["formulas"] += 1
    content = parts.read(part)
    for element in scan.root.children:
        inner = [element, *element.every("oleObjects"), *element.every("controls")]
        if element.name in _REMOVED or (element.name == "AlternateContent" and len(inner) > 1):
            splices.remove(element)
        elif element.name == "sheetViews":
            # Two sheets shown as chosen would be written to together.
            for view in element.every("sheetView"):
                if view.get("tabSelected") in ("1", "true"):
                    splices.set_attribute(view.start, view.inner, "tabSelected", "0")
        elif element.name != "sheetData" and active.may_call(content[element.start : element.end]):
            active.clean_formulas(content, element, splices, removed)
    _unlink(parts, part, scan, splices, removed)


def _unlink(parts: Parts, part: str, scan: _Scan, splices: Splices, removed: Counter[str]) -> None:
    """Links within the workbook stay; those that lead out of it are removed."""
    outward = {
        entry.identifier for entry in parts.relationships(part) if entry.kind == "hyperlink" and entry.is_external
    }
    group = scan.root.find("hyperlinks")
    links = group.children if group is not None else []
    gone = [link for link in links if link.get("id")]
    removed["links"] += len(gone)
    if group is not None and gone and len(gone) == len(links):
        gone = [group]
    for element in gone:
        splices.remove(element)
    parts.cut(part, outward)


# --- marks


def _mark(scan: _Scan, marks: Mapping[Place, Mark], styles: Styles, splices: Splices) -> None:
    fills = {mark.colour: styles.fill(mark.colour) for mark in marks.values() if mark.colour}
    prefix = scan.root.prefix
    missing: dict[int, dict[int, int]] = {}
    for (row, column), mark in sorted(marks.items(), key=lambda item: item[0]):
        if mark.colour is None:
            continue
        fill = fills[mark.colour]
        found = scan.rows.get(row)
        if found is None:
            missing.setdefault(row, {})[column] = styles.marked(scan.column_style(column), fill)
            continue
        cell = next((cell for cell in found.cells if cell.column == column), None)
        if cell is not None:
            style = str(styles.marked(cell.style, fill))
            splices.set_attribute(cell.start, scan.tag_end(cell.start), "s", style)
            continue
        attributes = found.element.attributes
        own = attributes.get("s", "") if attributes.get("customFormat") in ("1", "true") else ""
        style = str(styles.marked(int(own) if own.isdecimal() else scan.column_style(column), fill))
        added = _cell_xml(prefix, row, column, style)
        after = next((cell for cell in found.cells if cell.column > column), None)
        if after is not None:
            splices.insert(after.start, added)
        else:
            splices.append(found.element, added)
        if "spans" in attributes:
            splices.remove_attribute(found.element.start, found.element.inner, "spans")
            attributes = found.element.attributes = {k: v for k, v in attributes.items() if k != "spans"}
    _add_rows(scan, missing, splices)


def _cell_xml(prefix: str, row: int, column: int, style: object) -> str:
    return f'<{prefix}c r="{column_letters(column)}{row + 1}" s="{style}"/>'


def _add_rows(scan: _Scan, missing: Mapping[int, Mapping[int, int]], splices: Splices) -> None:
    prefix = scan.root.prefix
    starts = sorted(scan.starts)
    numbers = [number for number, _ in starts]
    for row, cells in sorted(missing.items()):
        inner = "".join(_cell_xml(prefix, row, column, style) for column, style in sorted(cells.items()))
        added = f'<{prefix}row r="{row + 1}">{inner}</{prefix}row>'
        after = bisect_right(numbers, row)
        if after < len(starts):
            splices.insert(starts[after][1], added)
        else:
            splices.append(scan.data, added)


# --- comments


def _comment(
    parts: Parts,
    part: str,
    scan: _Scan,
    marks: Mapping[Place, Mark],
    splices: Splices,
    *,
    block: int,
    rtl: bool,
) -> None:
    commented = _write_comments(parts, part, marks)
    shapes = [(place, mark) for place, mark in sorted(marks.items()) if place not in commented]
    if not shapes:
        return
    legacy = scan.root.find("legacyDrawing")
    if legacy is not None:
        drawing = parts.target(part, legacy.get("id"))
        parts.write(drawing, _more_shapes(parts.read(drawing), shapes, rtl=rtl))
        return
    drawing = parts.free_name("xl/drawings/vmldrawing{}.vml")
    parts.add(drawing, _new_drawing(shapes, block, rtl=rtl), _VML_TYPE)
    identifier = parts.add_relationship(part, "vmlDrawing", drawing)
    prefix = scan.root.prefix
    added = f'<{prefix}legacyDrawing xmlns:r="{OFFICE}" r:id="{identifier}"/>'
    children = scan.root.children
    after = next((child for child in children if child.name in _AFTER_COMMENTS or _holds(child)), None)
    if after is not None:
        splices.insert(after.start, added)
    else:
        splices.append(scan.root, added)


def _holds(element: Element) -> bool:
    """Whether these are alternatives of something that follows the comments."""
    return element.name == "AlternateContent" and any(any(element.every(name)) for name in _AFTER_COMMENTS)


def _write_comments(parts: Parts, part: str, marks: Mapping[Place, Mark]) -> set[Place]:
    """Write the words; returns the cells that had a comment before, to which ours was added."""
    found = [entry.target for entry in parts.relationships(part) if entry.kind == "comments"]
    if not found:
        name = parts.free_name("xl/comments{}.xml")
        inner = "".join(_comment_xml("", place, mark.comment, 0) for place, mark in sorted(marks.items()))
        whole = (
            f'<comments xmlns="{_MAIN}"><authors><author>{AUTHOR}</author></authors>'
            f"<commentList>{inner}</commentList></comments>"
        )
        parts.add(name, whole.encode("ascii", "xmlcharrefreplace"), _COMMENTS_TYPE)
        parts.add_relationship(part, "comments", name)
        return set()
    content = parts.read(found[0])
    root, splices = parse(content), Splices(content)
    authors, group = root.find("authors"), root.find("commentList")
    if authors is None or group is None:
        raise NotEditableError("comments without authors or list")
    prefix, author = root.prefix, len(authors.children)
    splices.append(authors, f"<{prefix}author>{AUTHOR}</{prefix}author>")
    there: dict[Place, Element] = {}
    for element in group.children:
        if (place := place_of(element.get("ref"))) is not None:
            there.setdefault(place, element)
    commented = set()
    for place, mark in sorted(marks.items()):
        words = there[place].find("text") if place in there else None
        if words is None:
            splices.append(group, _comment_xml(prefix, place, mark.comment, author))
            continue
        commented.add(place)
        if any(child.name == "t" for child in words.children):
            # A comment of one plain text becomes one of several runs.
            for child in words.children:
                if child.name == "t":
                    splices.insert(child.start, f"<{prefix}r>")
                    splices.insert(child.end, f"</{prefix}r>")
        splices.append(words, _run_xml(prefix, f"\n\n{AUTHOR}: {mark.comment}"))
    parts.write(found[0], splices.result())
    return commented


def _comment_xml(prefix: str, place: Place, comment: str, author: int) -> str:
    reference = f"{column_letters(place[1])}{place[0] + 1}"
    inner = _run_xml(prefix, comment)
    p = prefix
    return f'<{p}comment ref="{reference}" authorId="{author}" shapeId="0"><{p}text>{inner}</{p}text></{p}comment>'


def _run_xml(prefix: str, comment: str) -> str:
    p = prefix
    font = f'<{p}rPr><{p}sz val="10"/><{p}rFont val="Calibri"/></{p}rPr>'
    return f'<{p}r>{font}<{p}t xml:space="preserve">{text_xml(comment)}</{p}t></{p}r>'


def used_blocks(parts: Parts) -> int:
    """The highest block of shape numbers that the package's drawings use."""
    blocks = [0]
    for part in parts.reachable():
        if part.endswith(".vml") or "vmlDrawing" in parts.type_of(part):
            for data in _IDMAP.findall(parts.read(part)):
                blocks += [int(number) for number in data.split(b",") if number.strip().isdigit()]
    return max(blocks)


def _new_drawing(shapes: Iterable[tuple[Place, Mark]], block: int, *, rtl: bool) -> bytes:
    drawn = list(shapes)
    blocks = range(block, block + (len(drawn) + 1) // _BLOCK + 1)
    inner = "".join(
        _shape(block * _BLOCK + number, place, mark, rtl=rtl) for number, (place, mark) in enumerate(drawn, 1)
    )
    whole = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
        ' xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
        f'<o:idmap v:ext="edit" data="{",".join(map(str, blocks))}"/></o:shapelayout>'
        '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
        '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
        f"{inner}</xml>"
    )
    return whole.encode("ascii")


def _more_shapes(content: bytes, shapes: Iterable[tuple[Place, Mark]], *, rtl: bool) -> bytes:
    """A drawing with shapes behind those it has. It may be no XML that a parser takes."""
    end = content.rfind(b"</")
    if end < 0 or b"urn:schemas-microsoft-com:vml" not in content:
        raise NotEditableError("a drawing of comments that is none")
    numbers = [int(number) for number in _SHAPE.findall(content)]
    first = max((number for number in numbers if number < _NO_NUMBER), default=_BLOCK) + 1
    spaces = (
        ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
        ' xmlns:x="urn:schemas-microsoft-com:office:excel"'
    )
    added = "".join(
        _shape(number, place, mark, rtl=rtl, spaces=spaces) for number, (place, mark) in enumerate(shapes, first)
    )
    return content[:end] + added.encode("ascii") + content[end:]


_LINE, _LINE_CHARACTERS = 14, 46


def _shape(number: int, place: Place, mark: Mark, *, rtl: bool, spaces: str = "") -> str:
    row, column = place
    lines = sum(len(line) // _LINE_CHARACTERS + 1 for line in mark.comment.split("\n"))
    height = max(2, -(-lines * _LINE // 15) + 1)
    anchor = f"{column + 1}, 12, {max(row - 1, 0)}, 8, {column + 4}, 40, {max(row - 1, 0) + height}, 8"
    direction = "text-align:right;direction:rtl" if rtl else "text-align:left"
    box = "mso-direction-alt:auto;direction:RTL" if rtl else "mso-direction-alt:auto"
    return (
        f'<v:shape{spaces} id="_x0000_s{number}" type="#_x0000_t202"'
        f" style={attribute_xml(f'position:absolute;width:220pt;height:{lines * _LINE + 10}pt;visibility:hidden')}"
        ' fillcolor="#FFFFE1" o:insetmode="auto"><v:fill color2="#FFFFE1"/>'
        '<v:shadow on="t" color="black" obscured="t"/>'
        f'<v:path o:connecttype="none"/><v:textbox style="{box}"><div style="{direction}"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
