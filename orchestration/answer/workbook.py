"""The feedback workbook: the reporter's file with its answer in front and its cells marked.

The reporter's own workbook where its package can be changed safely; else one made from the cells as
read; else the answer's sheet alone. Whichever it is, nothing in it runs.
"""

import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from orchestration import retries
from orchestration.answer import active, cells, letter
from orchestration.answer.content import Answer, Told, words
from orchestration.answer.parts import OFFICE, WORKBOOK, Parts
from orchestration.answer.sheets import Mark, edit_sheet, place_of, used_blocks
from orchestration.answer.splices import Element, NotEditableError, Splices, attribute_xml, edited, parse
from orchestration.answer.styles import Styles
from orchestration.read.formats.document import Document, Limits, Place, UnreadableError, column_letters
from orchestration.read.formats.open import open_document

_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_BEFORE_SHEETS = frozenset({"fileVersion", "fileSharing", "workbookPr", "workbookProtection"})
_BEFORE_NAMES = frozenset({"sheets", "functionGroups", "externalReferences"})
MOST_EXPANDED = 256 * 1024 * 1024
"""A workbook that unpacks to more is not edited: its sheets would stand in memory several times."""

# What is written here itself is not judged by how much it unpacks to.
_OWN = Limits(2**40, 2**40, 2**40, ratio=2**20)


def feedback(answer: Answer, content: bytes, limits: Limits) -> bytes:
    """The feedback workbook (xlsx) of a report whose file holds `content`.

    Never raises for what is in the file: where it cannot be repeated, the answer stands alone. Raises what passes
    by itself (`retries`).
    """
    if answer.verdict != "unreadable" and content:
        for repeat in (_annotated, _copied) if _is_package(content) else (_copied,):
            try:
                repeated = repeat(answer, content, limits)
            except Exception as error:
                if retries.passes(error):
                    raise
                # The reporter gets what can be said; where it broke goes to the load's log.
                traceback.print_exception(error)
                continue
            if repeated is not None:
                return repeated
    return _whole(answer, cells.workbook_of(None, "").content, _OWN, {}, {}, ("alone", "reading"))


def _is_package(content: bytes) -> bool:
    return content.startswith(b"PK") and WORKBOOK.encode() in content.lower()[-4 * 1024 * 1024 :]


def _annotated(answer: Answer, content: bytes, limits: Limits) -> bytes | None:
    """The reporter's own workbook; None where it cannot be changed safely."""
    tight = replace(limits, expanded_bytes=min(limits.expanded_bytes, MOST_EXPANDED))
    try:
        own = _whole(answer, content, tight, {}, {}, ("reading", "marks", "kept"))
        # A package that was damaged before stays so, and may open in one program and not in the next.
        open_document("answer.xlsx", own, _OWN)
    except (NotEditableError, UnreadableError, RecursionError):
        return None
    return own


def _copied(answer: Answer, content: bytes, limits: Limits) -> bytes | None:
    """A workbook made from the cells; None where the file does not open, as when it changed since it was judged."""
    try:
        document: Document = open_document(answer.file_name, content, limits)
    except UnreadableError:
        return None
    copy = cells.workbook_of(document, words(answer.language)["notes"]["place"])
    notes = ("from_cells", *(("cut",) if copy.is_cut else ()), "reading", "marks")
    return _whole(answer, copy.content, _OWN, copy.names, copy.places, notes)


def _whole(
    answer: Answer,
    content: bytes,
    limits: Limits,
    names: Mapping[str, str],
    places: Mapping[tuple[str, str], Place],
    notes: tuple[str, ...],
) -> bytes:
    """Annotate a package. `names` and `places` lead from what was read to where it stands, where the two differ."""
    parts = Parts(content, limits)
    book = parse(parts.read(WORKBOOK))
    if book.attributes.get(f"xmlns:{book.prefix[:-1]}" if book.prefix else "xmlns") != _MAIN:
        raise NotEditableError("a strict workbook")
    sheets = _sheets(parts, book)
    removed = active.clean(parts, sheets.values())
    styles = Styles(parts)
    marks: dict[str, dict[Place, Mark]] = {}
    targets: dict[Told, tuple[str, str]] = {}
    for told in answer.findings:
        sheet = names.get(told.sheet, told.sheet)
        place = places.get((told.sheet, told.cell)) or place_of(told.cell)
        if sheet in sheets and place is not None:
            targets[told] = (sheet, f"{column_letters(place[1])}{place[0] + 1}")
            _add_mark(marks.setdefault(sheet, {}), place, told, answer)
    block = used_blocks(parts)
    done: set[str] = set()
    for sheet, part in sheets.items():
        if part in done:
            continue
        done.add(part)
        block += 2
        edit_sheet(parts, part, marks.get(sheet, {}), styles, removed, block=block, rtl=answer.language == "ar")
    if removed["formulas"]:
        # The order of calculation names every formula.
        kinds = parts.relationships(WORKBOOK)
        parts.cut(WORKBOOK, {entry.identifier for entry in kinds if entry.kind == "calcChain"})
    _insert(parts, answer, styles, targets, removed, notes)
    styles.close()
    parts.set_type(WORKBOOK, _BOOK_TYPE)
    return parts.result()


def _sheets(parts: Parts, book: Element) -> dict[str, str]:
    """The parts of the worksheets by their names; chart sheets have no cells."""
    kinds = {entry.identifier: entry for entry in parts.relationships(WORKBOOK)}
    group = book.find("sheets")
    found: dict[str, str] = {}
    for element in group.children if group is not None else ():
        entry = kinds.get(element.get("id"))
        if entry is not None and entry.kind == "worksheet" and entry.target in parts:
            found[element.get("name")] = entry.target
    return found


def _add_mark(marks: dict[Place, Mark], place: Place, told: Told, answer: Answer) -> None:
    said = words(answer.language)
    comment = said["comment"].format(
        severity=said["severities"][told.severity], fault=told.fault, instruction=told.instruction
    )
    # Findings come in the order of their severity: the first one gives the colour.
    if place in marks:
        if comment not in marks[place].comment:
            marks[place] = Mark(marks[place].colour, f"{marks[place].comment}\n\n{comment}")
    else:
        marks[place] = Mark(letter.COLOURS[told.severity], comment)


def _insert(
    parts: Parts,
    answer: Answer,
    styles: Styles,
    targets: Mapping[Told, tuple[str, str]],
    removed: Counter[str],
    notes: tuple[str, ...],
) -> None:
    """Put the answer's sheet first; whatever names a sheet by its number still names the same one."""
    content = parts.read(WORKBOOK)
    book = parse(content)
    group = book.find("sheets")
    every = group.children if group is not None else []
    name = cells.unique_name(words(answer.language)["sheet"], [element.get("name") for element in every])
    xml = letter.sheet_xml(answer, styles, targets.get, removed, notes)
    part = parts.free_name("xl/worksheets/sheet{}.xml")
    parts.add(part, xml, _SHEET_TYPE)
    identifier = parts.add_relationship(WORKBOOK, "worksheet", part)
    numbers = [int(element.get("sheetId")) for element in every if element.get("sheetId").isdecimal()]
    parts.write(WORKBOOK, edited(content, _Workbook(name, identifier, max(numbers, default=0) + 1)))


class _Workbook:
    """The change to the workbook's own part."""

    def __init__(self, name: str, identifier: str, number: int):
        self._name = name
        self._identifier = identifier
        self._number = number

    def __call__(self, root: Element, splices: Splices) -> None:
        p = root.prefix
        entry = (
            f'<{p}sheet name={attribute_xml(self._name)} sheetId="{self._number}" xmlns:r="{OFFICE}"'
            f' r:id="{self._identifier}"/>'
        )
        sheets = root.find("sheets")
        if sheets is None:
            raise NotEditableError("a workbook without sheets")
        if sheets.children:
            splices.insert(sheets.children[0].start, entry)
        else:
            splices.append(sheets, entry)
        self._views(root, sheets, splices)
        self._names(root, sheets, splices)

    @staticmethod
    def _views(root: Element, sheets: Element, splices: Splices) -> None:
        views = root.find("bookViews")
        if views is None:
            p = root.prefix
            before = [child for child in root.children if child.name in _BEFORE_SHEETS]
            at = before[-1].end if before else sheets.start
            splices.insert(at, f"<{p}bookViews><{p}workbookView/></{p}bookViews>")
            return
        for view in views.children:
            for attribute in ("activeTab", "firstSheet"):
                if attribute in view.attributes:
                    splices.set_attribute(view.start, view.inner, attribute, "0")
            if view.get("visibility"):
                splices.set_attribute(view.start, view.inner, "visibility", "visible")

    def _names(self, root: Element, sheets: Element, splices: Splices) -> None:
        p, quoted = root.prefix, self._name.replace("'", "''")
        title = (
            f'<{p}definedName name="_xlnm.Print_Titles" localSheetId="0">'
            f"{_escaped(chr(39) + quoted + chr(39))}!{letter.header_rows()}</{p}definedName>"
        )
        names = root.find("definedNames")
        if names is None:
            before = [child for child in root.children if child.name in _BEFORE_NAMES]
            splices.insert((before or [sheets])[-1].end, f"<{p}definedNames>{title}</{p}definedNames>")
            return
        for name in names.children:
            own = name.get("localSheetId")
            if own.isdecimal():
                splices.set_attribute(name.start, name.inner, "localSheetId", str(int(own) + 1))
        splices.append(names, title)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
