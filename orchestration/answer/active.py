"""What a spreadsheet would run, or fetch, and how it is taken out of the copy that goes back.

Macros and controls go with their relationships; an address becomes `NULL`; a formula that calls
elsewhere becomes the value it showed. What stays is what the reporter typed and drew.
"""

import re
from collections import Counter
from collections.abc import Iterable
from xml.parsers import expat

from orchestration.answer.parts import WORKBOOK, Parts
from orchestration.answer.splices import Element, NotEditableError, Splices, attribute_xml, edited, parse

_MACHINES = {
    "macros": ("vbaProject", "vbaProjectSignature", "vbaProjectSignatureAgile", "wordVbaData", "attachedToolbars"),
    "controls": ("control", "activeXControlBinary", "ctrlProp", "oleObject", "package"),
    "add_ins": ("customUI", "extensibility", "userCustomization", "webextension", "webextensiontaskpanes"),
    "signature": ("origin", "signature"),
}
_REMOVED_KINDS = {kind: category for category, kinds in _MACHINES.items() for kind in kinds}
_MACRO_SHEETS = ("xlMacrosheet", "xlIntlMacrosheet", "dialogsheet")
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_EMPTY_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'
_AUTO_RUN = re.compile(r"(?:_xlnm\.)?auto_?(?:open|close|activate|deactivate)", re.IGNORECASE)
_FUNCTIONS = (
    *("HYPERLINK", "WEBSERVICE", "IMAGE", "RTD", "STOCKHISTORY", "PY", "DDE", "SQL.REQUEST", "TRANSLATE", "COPILOT"),
    *("CALL", "REGISTER", "REGISTER.ID", "EXEC", "RUN", "EVALUATE", "FOPEN", "FWRITE", "SEND.KEYS", "INITIATE"),
    *("IMPORTDATA", "IMPORTXML", "IMPORTHTML", "IMPORTFEED", "IMPORTRANGE", "GOOGLEFINANCE"),
    *("CUBEVALUE", "CUBEMEMBER", "CUBESET", "CUBEKPIMEMBER", "CUBERANKEDMEMBER", "CUBESETCOUNT"),
    "CUBEMEMBERPROPERTY",
)
_NAMES = "|".join(map(re.escape, _FUNCTIONS))
# Calls of those functions, or one of them given to another function (`_xleta.WEBSERVICE`), a program's channel
# (`cmd|...`), another workbook (`[1]Sheet1!A1`), an address.
_CALLS = re.compile(
    rf"""(?<![\w.])(?:(?:_xl\w+\.)*(?:{_NAMES})\s*\(|(?:_xl\w+\.)+(?:{_NAMES})(?![\w.]))|\||://"""
    r"""|(?<![\w.)\]])\[(?!0\])[^\[\]]+\][\w.]*!|'[^'\[\]]*\[[^\[\]]+\](?:[^'\[\]]|'')*'!""",
    re.IGNORECASE,
)
# Names of sheets and of columns may hold the quote that begins a string elsewhere.
_QUOTED = re.compile(r"""'(?:[^']|'')*'|\[(?:'.|[^\[\]'])*\]|"(?:[^"]|"")*\"""", re.DOTALL)
# A search of the bytes that finds every part in which one of them may be, however it is written down.
_MAY_CALL = re.compile(rb"(?i)&#|<!--|<\?(?!xml\s)|\||\[|://|_xl\w+\.|(?:%s)\s*\(" % _NAMES.encode())
_FORMULAS = frozenset({"formula", "formula1", "formula2", "f", "calculatedColumnFormula", "totalsRowFormula"})
_MACRO_ATTRIBUTE = re.compile(rb"""\bmacro\s*=\s*["'][^"']""")
_VML_MACRO = re.compile(rb"<(?:\w+:)?FmlaMacro>.*?</(?:\w+:)?FmlaMacro>", re.DOTALL)
_VML_LINK = re.compile(rb"""\s(?:href|o:href)\s*=\s*(?:"[^"]*"|'[^']*')""")
_CONNECTION_KEPT = ("id", "name", "type", "refreshedVersion")


def calls_elsewhere(formula: str) -> bool:
    """Whether a formula runs or fetches something outside the workbook."""
    return bool(_CALLS.search(_QUOTED.sub(_without_string, formula)))


def _without_string(quoted: re.Match[str]) -> str:
    return '""' if quoted[0].startswith('"') else quoted[0]


def may_call(content: bytes) -> bool:
    """Whether a part is worth looking through for such formulas."""
    return bool(_MAY_CALL.search(content))


def clean(parts: Parts, sheets: Iterable[str]) -> Counter[str]:
    """Take out what is active, except in the cells of `sheets`; returns how often what was taken out.

    The keys are those of the texts: macros, controls, add_ins, signature, links, workbooks,
    connections, auto_run and formulas. Raises NotEditableError.
    """
    removed: Counter[str] = Counter()
    worksheets = set(sheets)
    _cut_machines(parts, worksheets, removed)
    _empty_macro_sheets(parts, removed)
    _clean_workbook(parts, removed)
    _lead_nowhere(parts, worksheets, removed)
    for part in sorted(parts.reachable() - worksheets - {WORKBOOK}):
        kind = parts.type_of(part)
        if "vmlDrawing" in kind or part.endswith(".vml"):
            _clean_vml(parts, part, removed)
        elif kind.endswith("drawing+xml") and _MACRO_ATTRIBUTE.search(parts.read(part)):
            parts.write(part, edited(parts.read(part), _without_macros))
            removed["macros"] += 1
        elif kind.endswith(("chart+xml", "table+xml", "queryTable+xml", "pivotCacheDefinition+xml")):
            _clean_definition(parts, part, removed)
        elif kind.endswith("connections+xml"):
            content = parts.read(part)
            parts.write(part, edited(content, _forget_connections))
            removed["connections"] += len(parse(content).children)
    return +removed


def _cut_machines(parts: Parts, worksheets: set[str], removed: Counter[str]) -> None:
    for part in ("", *sorted(parts.reachable())):
        for relationship in parts.relationships(part):
            category = _REMOVED_KINDS.get(relationship.kind)
            if category is None or relationship.is_external:
                continue
            removed[category] += 1
            # In a sheet the elements that name it go too; elsewhere its id may stand in any place.
            if part in ("", WORKBOOK) or part in worksheets or category == "macros":
                parts.cut(part, {relationship.identifier})
            else:
                parts.lead_nowhere(part, {relationship.identifier})
    for relationship in list(parts.relationships(WORKBOOK)):
        is_custom = relationship.kind == "customXml" and relationship.target in parts
        if is_custom and b"DataMashup" in parts.read(relationship.target)[:4096].replace(b"\0", b""):
            parts.cut(WORKBOOK, {relationship.identifier})
            removed["connections"] += 1


def _empty_macro_sheets(parts: Parts, removed: Counter[str]) -> None:
    """A sheet of macros becomes an empty one of its name: what counts sheets, or names one, stays right."""
    for relationship in list(parts.relationships(WORKBOOK)):
        if relationship.kind in _MACRO_SHEETS and relationship.target in parts:
            parts.cut(relationship.target, {entry.identifier for entry in parts.relationships(relationship.target)})
            parts.add(relationship.target, _EMPTY_SHEET, _SHEET_TYPE)
            parts.retype(WORKBOOK, relationship.identifier, "worksheet")
            removed["macros"] += 1


def _clean_workbook(parts: Parts, removed: Counter[str]) -> None:
    links = {entry.identifier for entry in parts.relationships(WORKBOOK) if entry.kind == "externalLink"}
    removed["workbooks"] += len(links)
    parts.cut(WORKBOOK, links)

    def change(root: Element, splices: Splices) -> None:
        if (references := root.find("externalReferences")) is not None:
            splices.remove(references)
        group = root.find("definedNames")
        gone = []
        for name in group.children if group is not None else ():
            is_run = _AUTO_RUN.match(name.get("name")) or any(
                name.get(attribute) in ("1", "true") for attribute in ("xlm", "function", "vbProcedure")
            )
            formula = _content_text(parts.read(WORKBOOK), name)
            if is_run or calls_elsewhere(formula):
                removed["auto_run" if is_run else "formulas"] += 1
                gone.append(name)
        if group is not None and gone and len(gone) == len(group.children):
            gone = [group]
        for element in gone:
            splices.remove(element)

    parts.write(WORKBOOK, edited(parts.read(WORKBOOK), change))


def _lead_nowhere(parts: Parts, worksheets: set[str], removed: Counter[str]) -> None:
    """No part leads out of the package: pictures and documents elsewhere, pages, templates."""
    for part in ("", *sorted(parts.reachable())):
        external = {entry.identifier: entry for entry in parts.relationships(part) if entry.is_external}
        # A sheet's links are removed with their elements, when its cells are gone through.
        outward = {key for key, entry in external.items() if entry.target != "NULL"}
        if part in worksheets:
            outward = {key for key in outward if external[key].kind != "hyperlink"}
        elif outward:
            removed["links"] += len(outward)
        parts.lead_nowhere(part, outward)


def _clean_vml(parts: Parts, part: str, removed: Counter[str]) -> None:
    """The older drawings are often no XML that a parser takes: they are searched as bytes."""
    content = parts.read(part)
    without, macros = _VML_MACRO.subn(b"", content)
    without, links = _VML_LINK.subn(b"", without)
    removed["macros"] += macros
    removed["links"] += links
    if macros or links:
        parts.write(part, without)


def _without_macros(root: Element, splices: Splices) -> None:
    for element in _all(root):
        if element.attributes.get("macro"):
            splices.set_attribute(element.start, element.inner, "macro", "")


def _clean_definition(parts: Parts, part: str, removed: Counter[str]) -> None:
    """Charts, tables, queries and pivot caches: nothing refreshes by itself, no formula leads elsewhere."""
    content = parts.read(part)
    if not may_call(content) and b"refreshOnLoad" not in content and b"externalData" not in content:
        return

    def change(root: Element, splices: Splices) -> None:
        for element in _all(root):
            if element.name == "externalData":
                splices.remove(element)
            elif element.get("refreshOnLoad") in ("1", "true"):
                splices.set_attribute(element.start, element.inner, "refreshOnLoad", "0")
            elif element.name in _FORMULAS and calls_elsewhere(_content_text(content, element)):
                splices.replace(element.inner, element.inner_end, "#REF!")
                removed["formulas"] += 1

    parts.write(part, edited(content, change))


def _forget_connections(root: Element, splices: Splices) -> None:
    """Connections stay by name, for the tables that know them, and lead nowhere."""
    for element in root.children:
        kept = "".join(f" {name}={attribute_xml(element.get(name))}" for name in _CONNECTION_KEPT if element.get(name))
        splices.replace(element.start, element.end, f'<{element.tag}{kept} background="0" deleted="1"/>')


def clean_formulas(content: bytes, root: Element, splices: Splices, removed: Counter[str]) -> None:
    """Rules of a sheet outside its cells (validations, formats): a formula that leads elsewhere is an error."""
    for element in _all(root):
        if element.name in _FORMULAS and not element.children and calls_elsewhere(_content_text(content, element)):
            splices.replace(element.inner, element.inner_end, "#REF!")
            removed["formulas"] += 1


def _content_text(content: bytes, element: Element) -> str:
    """An element's text with its references resolved; that of a part in another encoding is looked at as is."""
    start = f"<{element.name}>".encode()
    raw = start + content[element.inner : element.inner_end] + start.replace(b"<", b"</")
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.CharacterDataHandler = found.append
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise NotEditableError(str(error)) from error
    return "".join(found)


def _all(root: Element) -> Iterable[Element]:
    yield root
    for child in root.children:
        yield from _all(child)
