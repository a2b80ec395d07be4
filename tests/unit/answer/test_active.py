"""What a spreadsheet would run or fetch is not in the copy, and the copy says so."""

import io
import re
from collections.abc import Mapping

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring

from orchestration.answer.active import calls_elsewhere
from orchestration.answer.content import words
from orchestration.answer.workbook import feedback
from orchestration.findings import Finding
from tests.helpers import LIMITS, Desk, xlsx_report
from tests.unit.answer.makers import answer_of, opened, parts_of, replaced, rewritten

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"
BOOK_RELS = "xl/_rels/workbook.xml.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FOUND = [Finding("NUMBER_UNREADABLE", "Sheet", "D5", "x", "12")]
SHEET_RELS = "xl/worksheets/_rels/sheet1.xml.rels"


def entry(key: str, kind: str, target: str, *, out: bool = False, base: str = OFFICE) -> str:
    """A relationship."""
    mode = ' TargetMode="External"' if out else ""
    return f'<Relationship Id="{key}" Type="{base}/{kind}" Target="{target}"{mode}/>'


def relationships(*entries: str) -> bytes:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{"".join(entries)}</Relationships>'.encode()


def with_relationship(content: bytes, part: str, *entries: str) -> bytes:
    return replaced(content, part, b"</Relationships>", f"{''.join(entries)}</Relationships>".encode())


def with_type(content: bytes, part: str, kind: str) -> bytes:
    override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
    return replaced(content, "[Content_Types].xml", b"</Types>", override.encode())


def answered(content: bytes, desk: Desk) -> dict[str, bytes]:
    """The parts of the feedback workbook, which is the reporter's own and opens."""
    after = feedback(answer_of(desk, FOUND, language="en"), content, LIMITS)
    book = opened(after)
    assert book.sheetnames[0] == "Answer"
    texts = [cell.value for row in book.worksheets[0] for cell in row if cell.value]
    assert words("en")["notes"]["kept"] in texts, "a copy was made from the cells"
    assert book["Sheet"]["D5"].comment is not None
    parts = parts_of(after)
    assert_sound(parts)
    return parts


def assert_sound(parts: Mapping[str, bytes]) -> None:
    """Every relationship leads to a part or nowhere, and every part has a content type."""
    types = fromstring(parts["[Content_Types].xml"])
    endings = {one.get("Extension") for one in types if one.tag.endswith("Default")}
    overrides = {one.get("PartName") for one in types if one.tag.endswith("Override")}
    names = {f"/{name}" for name in parts}
    assert {name for name in overrides if name} <= names
    for name, part in parts.items():
        assert f"/{name}" in overrides or name.rpartition(".")[2] in endings, name
        if name.endswith(".rels"):
            for one in fromstring(part):
                if one.get("TargetMode") == "External":
                    assert one.get("Target") == "NULL"


def told(parts: Mapping[str, bytes]) -> str:
    """The text of the answer's sheet."""
    (own,) = [part for part in parts.values() if b"hasila_answer" in part]
    return "\n".join(fromstring(own).itertext())


def removed(name: str, **said: object) -> str:
    return str(words("en")["removed"][name].format(**said))


def test_macros_and_what_starts_by_itself(desk: Desk) -> None:
    content = rewritten(xlsx_report(), {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 macros"})
    content = with_type(content, "xl/vbaProject.bin", "application/vnd.ms-office.vbaProject")
    content = replaced(
        content,
        "[Content_Types].xml",
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    content = with_relationship(content, BOOK_RELS, entry("rIdM", "vbaProject", "vbaProject.bin", base=MICROSOFT))
    names = (
        b"</sheets><definedNames><definedName name='Auto_Open'>Sheet!$A$1</definedName>"
        b"<definedName name='run' xlm='1'>EXEC(1)</definedName>"
        b"<definedName name='ok' localSheetId='0'>Sheet!$B$2</definedName></definedNames>"
    )
    book = re.sub(rb"</sheets>(?:\s*<definedNames\s*/>)?", names, parts_of(content)["xl/workbook.xml"], count=1)
    content = rewritten(content, {"xl/workbook.xml": book})
    parts = answered(content, desk)
    assert not [name for name in parts if "vba" in name.lower()]
    assert b"macroEnabled" not in parts["[Content_Types].xml"]
    assert b"Auto_Open" not in parts["xl/workbook.xml"]
    assert b"EXEC" not in parts["xl/workbook.xml"]
    assert opened(feedback(answer_of(desk, FOUND), content, LIMITS))["Sheet"].defined_names["ok"].value == "Sheet!$B$2"
    assert removed("macros") in told(parts)
    assert removed("auto_run") in told(parts)


def test_a_sheet_of_macros_becomes_an_empty_one_of_its_name(desk: Desk) -> None:
    part = "xl/macrosheets/sheet1.xml"
    space = b"http://schemas.microsoft.com/office/excel/2006/main"
    macros = b'<xm:macrosheet xmlns:xm="%s"><f>EXEC(1)</f></xm:macrosheet>' % space
    content = with_type(rewritten(xlsx_report(), {part: macros}), part, "application/vnd.ms-excel.macrosheet+xml")
    content = with_relationship(
        content, BOOK_RELS, entry("rIdM", "xlMacrosheet", "macrosheets/sheet1.xml", base=MICROSOFT)
    )
    sheet = f'<sheet name="Macro1" sheetId="9" state="veryHidden" xmlns:q="{OFFICE}" q:id="rIdM"/></sheets>'
    parts = answered(replaced(content, "xl/workbook.xml", b"</sheets>", sheet.encode()), desk)
    assert b"EXEC" not in b"".join(parts.values())
    assert b"Macro1" in parts["xl/workbook.xml"]


def test_formulas_that_call_elsewhere_become_their_value_and_all_others_stay(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report()))
    sheet = book.active
    formulas = {
        "H1": '=HYPERLINK("http://example.org","x")',
        "H2": '=WEBSERVICE("http://example.org")',
        "H3": "=cmd|'/c calc'!A0",
        "H4": "=[1]Other!A1",
        "H5": "=SUM(D5:D9)*2",
        "H6": '=IF(A1="a|b","[1]x!","")',
        "H7": "='a\"b'!A1&WEBSERVICE('a\"b'!B2&B2)",
        "H8": "=_xlfn.MAP(A1:A3,_xleta.WEBSERVICE)",
    }
    book.create_sheet('a"b')
    for cell, formula in formulas.items():
        sheet[cell] = formula
    content = io.BytesIO()
    book.save(content)
    after = feedback(answer_of(desk, FOUND, language="en"), content.getvalue(), LIMITS)
    found = opened(after)["Sheet"]
    kept = {cell: found[cell].value for cell in formulas if found[cell].value is not None}
    assert kept == {cell: formulas[cell] for cell in ("H5", "H6")}
    assert removed("formulas", count=6) in told(parts_of(after))


def test_a_value_stays_where_its_formula_goes_and_cells_that_share_it_lose_it_too(desk: Desk) -> None:
    rows = (
        b'<row r="8"><c r="A8"><f t="shared" ref="A8:A9" si="3">WEBSERVICE(&#34;x&#34;)</f><v>5</v></c>'
        b'<c r="B8"><f t="shared" ref="B8:B9" si="4">D5+1</f><v>13</v></c></row>'
        b'<row r="9"><c r="A9"><f t="shared" si="3"/><v>6</v></c><c r="B9"><f t="shared" si="4"/><v>1</v></c></row>'
        b"</sheetData>"
    )
    content = replaced(xlsx_report(), "xl/worksheets/sheet1.xml", b"</sheetData>", rows)
    chain = f'<calcChain xmlns="{MAIN}"><c r="A8" i="1"/></calcChain>'
    content = rewritten(content, {"xl/calcChain.xml": chain.encode()})
    content = with_type(content, "xl/calcChain.xml", f"{SPREADSHEET}.calcChain+xml")
    content = with_relationship(content, BOOK_RELS, entry("rIdC", "calcChain", "calcChain.xml"))
    parts = answered(content, desk)
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b'<c r="A8"><v>5</v></c>' in sheet
    assert b'<c r="A9"><v>6</v></c>' in sheet
    assert b'<f t="shared" ref="B8:B9" si="4">D5+1</f>' in sheet
    assert b'<f t="shared" si="4"/>' in sheet
    assert "xl/calcChain.xml" not in parts


@pytest.mark.parametrize(
    ("formula", "is_bad"),
    [
        ("hyperlink (A1)", True),
        ("_xlfn.WEBSERVICE(A1)", True),
        ("1+_xlfn.IMAGE(A1)", True),
        ("'[1]My Sheet'!A1", True),
        ("SUM('C:\\a\\[b.xlsx]S'!A1:A2)", True),
        ("[1]!Name", True),
        ('RTD("x",,"y")', True),
        ("'http://example.org/[a.xlsx]S'!A1", True),
        ("Table1[a]+Sheet2!A1", False),
        ("SUM(Table1[[#This Row],[a]])", False),
        ("PRUNE(A1)+HAPPY(A2)", False),
        ("'a b'!A1&\"HYPERLINK(\"", False),
        ("[0]!Name", False),
        ("'a\"b'!A1&WEBSERVICE('a\"b'!B2&B2)", True),
        ("'it''s \"'!A1&WEBSERVICE('it''s \"'!B2)", True),
        ("'a\"b'!A1&'a\"b'!B2", False),
        ('\'a"b\'!A1&"WEBSERVICE("', False),
        ('"it\'s"&WEBSERVICE(A1)&"it\'s"', True),
        ('"it\'s WEBSERVICE("&A1', False),
        ('T[[a"b]]&WEBSERVICE(T[[a"b]])', True),
        ('T[[a\'#]]&"x\'"&WEBSERVICE("y")', True),
        ('T[[a\'["b]]&WEBSERVICE("y")', True),
        ("MAP(A1:A3,_xleta.WEBSERVICE)", True),
        ("MAP(A1:A3,_xleta.SUM)", False),
        ("MAP(A1:A3,_xleta.IMAGES)", False),
        ("WEBSERVICE+1", False),
    ],
)
def test_which_formulas_call_elsewhere(formula: str, is_bad: bool) -> None:
    assert calls_elsewhere(formula) is is_bad


@pytest.mark.parametrize("between", ["<!-- -->", "<?a?>"])
def test_a_call_that_is_cut_in_two_by_what_is_no_text_is_found(between: str, desk: Desk) -> None:
    rule = f'<cfRule type="expression" priority="9"><formula>WEBSERV{between}ICE(B1)</formula></cfRule>'
    formats = f'</sheetData><conditionalFormatting sqref="A1">{rule}</conditionalFormatting>'
    content = replaced(xlsx_report(), "xl/worksheets/sheet1.xml", b"</sheetData>", formats.encode())
    assert b"<formula>#REF!</formula>" in answered(content, desk)["xl/worksheets/sheet1.xml"]


def test_links_that_lead_out_go_and_links_within_stay(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report()))
    book.active["A1"].hyperlink = "http://example.org/track"
    book.active["A2"].hyperlink = openpyxl.worksheet.hyperlink.Hyperlink(ref="A2", location="Sheet!A5")
    content = io.BytesIO()
    book.save(content)
    parts = answered(content.getvalue(), desk)
    assert b"example.org" not in b"".join(parts.values())
    assert b'location="Sheet!A5"' in parts["xl/worksheets/sheet1.xml"]
    assert removed("links") in told(parts)


def test_controls_documents_and_their_elements(desk: Desk) -> None:
    elements = (
        f'<oleObjects xmlns:r="{OFFICE}"><oleObject progId="Package" shapeId="1" r:id="rId7"/></oleObjects>'
        f'<mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice><controls xmlns:r="{OFFICE}"><control r:id="rId8"/>'
        "</controls></mc:Choice></mc:AlternateContent></worksheet>"
    )
    content = replaced(xlsx_report(), "xl/worksheets/sheet1.xml", b"</worksheet>", elements.encode())
    content = rewritten(
        content,
        {
            SHEET_RELS: relationships(
                entry("rId7", "oleObject", "../embeddings/o.bin"), entry("rId8", "control", "../activeX/a.xml")
            ),
            "xl/embeddings/o.bin": b"\xd0\xcf\x11\xe0",
            "xl/activeX/a.xml": b"<ax/>",
            "xl/activeX/_rels/a.xml.rels": relationships(entry("rId1", "activeXControlBinary", "a.bin")),
            "xl/activeX/a.bin": b"x",
        },
    )
    binary = b'<Default Extension="bin" ContentType="application/octet-stream"/></Types>'
    parts = answered(replaced(content, "[Content_Types].xml", b"</Types>", binary), desk)
    assert not [name for name in parts if "activeX" in name or "embeddings" in name]
    assert b"oleObject" not in parts["xl/worksheets/sheet1.xml"]
    assert b"AlternateContent" not in parts["xl/worksheets/sheet1.xml"]
    assert removed("controls") in told(parts)


def test_other_workbooks_connections_and_add_ins(desk: Desk) -> None:
    link, connections = "xl/externalLinks/externalLink1.xml", "xl/connections.xml"
    content = rewritten(
        xlsx_report(),
        {
            link: f'<externalLink xmlns="{MAIN}"><ddeLink ddeService="cmd" ddeTopic="x"/></externalLink>'.encode(),
            connections: (
                f'<connections xmlns="{MAIN}"><connection id="1" name="web" type="4" refreshedVersion="6"'
                ' refreshOnLoad="1"><webPr url="http://example.org/q"/></connection></connections>'
            ).encode(),
            "customUI/customUI.xml": b"<customUI onLoad='x'/>",
        },
    )
    content = with_relationship(
        content,
        BOOK_RELS,
        entry("rIdE", "externalLink", "externalLinks/externalLink1.xml"),
        entry("rIdC", "connections", "connections.xml"),
    )
    ribbon = entry("rIdU", "ui/extensibility", "customUI/customUI.xml", base=MICROSOFT)
    content = with_relationship(content, "_rels/.rels", ribbon)
    content = with_type(content, connections, f"{SPREADSHEET}.connections+xml")
    content = with_type(content, link, f"{SPREADSHEET}.externalLink+xml")
    references = f'<externalReferences><externalReference xmlns:r="{OFFICE}" r:id="rIdE"/></externalReferences>'
    content = replaced(content, "xl/workbook.xml", b"</sheets>", f"</sheets>{references}".encode())
    parts = answered(content, desk)
    whole = b"".join(parts.values())
    assert not [word for word in (b"example.org", b"ddeLink", b"customUI") if word in whole]
    assert b"externalReference" not in parts["xl/workbook.xml"]
    kept = {"id": "1", "name": "web", "type": "4", "refreshedVersion": "6"}
    assert fromstring(parts[connections])[0].attrib == kept | {"background": "0", "deleted": "1"}
    assert all(removed(name) in told(parts) for name in ("workbooks", "connections", "add_ins"))


def test_pictures_from_elsewhere_and_buttons_lead_nowhere(desk: Desk) -> None:
    part = "xl/drawings/drawing1.xml"
    drawing = (
        b'<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
        b' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="%s">'
        b'<xdr:sp macro="[0]!Run" textlink=""><a:blip r:link="rId1"/></xdr:sp></xdr:wsDr>' % OFFICE.encode()
    )
    element = f'<drawing xmlns:r="{OFFICE}" r:id="rId1"/></worksheet>'
    content = rewritten(
        replaced(xlsx_report(), "xl/worksheets/sheet1.xml", b"</worksheet>", element.encode()),
        {
            SHEET_RELS: relationships(entry("rId1", "drawing", "../drawings/drawing1.xml")),
            part: drawing,
            "xl/drawings/_rels/drawing1.xml.rels": relationships(
                entry("rId1", "image", "http://example.org/pixel.png", out=True)
            ),
        },
    )
    parts = answered(with_type(content, part, "application/vnd.openxmlformats-officedocument.drawing+xml"), desk)
    assert parts[part] == drawing.replace(b'macro="[0]!Run"', b'macro=""')
    assert b"example.org" not in b"".join(parts.values())
    order = [child.tag.rpartition("}")[2] for child in fromstring(parts["xl/worksheets/sheet1.xml"])]
    assert order.index("drawing") < order.index("legacyDrawing")


def test_what_nothing_leads_to_is_not_sent_back(desk: Desk) -> None:
    parts = answered(rewritten(xlsx_report(), {"xl/hidden/payload.bin": b"MZ"}), desk)
    assert "xl/hidden/payload.bin" not in parts


def test_an_address_in_a_list_of_choices_is_an_error_instead(desk: Desk) -> None:
    rule = (
        b'<dataValidations count="1"><dataValidation type="list" sqref="A1"><formula1>[1]S!$A$1:$A$3</formula1>'
        b"</dataValidation></dataValidations><pageMargins "
    )
    parts = answered(replaced(xlsx_report(), "xl/worksheets/sheet1.xml", b"<pageMargins ", rule), desk)
    assert b"<formula1>#REF!</formula1>" in parts["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A0"])
def test_no_text_becomes_a_formula(start: str, desk: Desk) -> None:
    """What a reporter wrote, named a sheet or a file: it is shown as text, and stays text when it is edited."""
    findings = [Finding("NUMBER_UNREADABLE", start[:20].replace("'", "").replace("/", ""), "D5", start, start)]
    answer = answer_of(desk, findings, file_name=f"{start.strip()}.csv")
    for content in (xlsx_report(), f"{start};b\n{start};2\n".encode()):
        book = opened(feedback(answer, content, LIMITS))
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                assert all(cell.data_type != "f" for cell in row)
        own = book.worksheets[0]
        assert all(own[f"{column}11"].quotePrefix for column in "EFG")
