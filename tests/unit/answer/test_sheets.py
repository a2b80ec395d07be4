"""Marks and comments in sheets as other programs write them."""

import io

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring
from openpyxl.comments import Comment
from openpyxl.styles import Border, Font, PatternFill, Side

from orchestration.answer import letter
from orchestration.answer.sheets import place_of
from orchestration.answer.workbook import feedback
from orchestration.findings import Finding
from tests.helpers import LIMITS, Desk, xlsx_report
from tests.unit.answer.makers import answer_of, opened, parts_of, rewritten

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RED = f"FF{letter.COLOURS['critical']}"


def workbook(sheet_xml: str, *, root: str = f'worksheet xmlns="{MAIN}"') -> bytes:
    """A workbook whose one sheet is written as given."""
    tag = root.split()[0]
    return rewritten(xlsx_report(), {"xl/worksheets/sheet1.xml": f"<{root}>{sheet_xml}</{tag}>".encode()})


def marked(desk: Desk, content: bytes, *cells: str) -> openpyxl.worksheet.worksheet.Worksheet:
    """The sheet after these cells were marked as errors."""
    findings = [Finding("NUMBER_UNREADABLE", "Sheet", cell, "x", "12") for cell in cells]
    return opened(feedback(answer_of(desk, findings), content, LIMITS))["Sheet"]


def fills(sheet: openpyxl.worksheet.worksheet.Worksheet) -> set[str]:
    return {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == RED}


def test_cells_and_rows_without_their_place_follow_each_other(desk: Desk) -> None:
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c t='inlineStr'><is><t>x</t></is></c></row>"
    sheet = marked(desk, workbook(f"<sheetData>{rows}</sheetData>"), "B1", "B2", "D2", "C4")
    assert fills(sheet) == {"B1", "B2", "D2", "C4"}
    assert [[cell.value for cell in row[:2]] for row in sheet.iter_rows(max_row=2)] == [[1, 2], [3, "x"]]


def test_cells_that_are_not_there_are_made_in_their_order(desk: Desk) -> None:
    rows = '<row r="2" spans="2:4"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="5"/>'
    content = workbook(f"<sheetData>{rows}</sheetData>")
    wanted = ("A1", "A2", "C2", "F2", "B3", "A5", "C5", "A9")
    assert fills(marked(desk, content, *wanted)) == set(wanted)
    findings = [Finding("NUMBER_UNREADABLE", "Sheet", cell, "x", "12") for cell in wanted]
    part = parts_of(feedback(answer_of(desk, findings), content, LIMITS))["xl/worksheets/sheet1.xml"]
    data = fromstring(part)[0]
    assert [row.get("r") for row in data] == ["1", "2", "3", "5", "9"]
    assert [cell.get("r") for cell in data[1]] == ["A2", "B2", "C2", "D2", "F2"]
    assert data[1].get("spans") is None


def test_an_empty_sheet_takes_marks(desk: Desk) -> None:
    assert fills(marked(desk, workbook("<sheetData/>"), "C3")) == {"C3"}


def test_prefixed_sheets_and_styles(desk: Desk) -> None:
    sheet = '<x:sheetData><x:row r="1"><x:c r="A1" s="0"><x:v>1</x:v></x:c></x:row></x:sheetData>'
    content = workbook(sheet, root=f'x:worksheet xmlns:x="{MAIN}"')
    styles = (
        f'<y:styleSheet xmlns:y="{MAIN}"><y:fonts count="1"><y:font/></y:fonts>'
        '<y:fills count="2"><y:fill/><y:fill/></y:fills><y:borders count="1"><y:border/></y:borders>'
        '<y:cellXfs count="1"><y:xf numFmtId="0"/></y:cellXfs></y:styleSheet>'
    )
    content = rewritten(content, {"xl/styles.xml": styles.encode()})
    findings = [Finding("NUMBER_UNREADABLE", "Sheet", cell, "x", "12") for cell in ("A1", "B1", "A2")]
    parts = parts_of(feedback(answer_of(desk, findings), content, LIMITS))
    root = fromstring(parts["xl/worksheets/sheet1.xml"])
    assert {element.tag.partition("}")[0] for element in root.iter()} == {"{" + MAIN}
    found = {cell.get("r"): cell.get("s") for cell in root.iter(f"{{{MAIN}}}c")}
    assert set(found) == {"A1", "B1", "A2"}
    formats = fromstring(parts["xl/styles.xml"]).find(f"{{{MAIN}}}cellXfs")
    assert formats is not None and formats.get("count") == str(len(formats))
    fill_list = fromstring(parts["xl/styles.xml"]).find(f"{{{MAIN}}}fills")
    assert fill_list is not None
    for style in found.values():
        fill = fill_list[int(formats[int(style or 0)].get("fillId") or 0)]
        assert fill[0][0].get("rgb") == RED


def test_a_mark_keeps_number_format_font_border_and_the_style_of_row_or_column(desk: Desk) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A1"].number_format = 0.25, "0.0%"
    sheet["A1"].font, sheet["A1"].border = Font(bold=True, color="FF00FF00"), Border(top=Side(style="double"))
    sheet["A1"].fill = PatternFill("solid", start_color="FF123456")
    sheet.column_dimensions["C"].number_format = "0.00"
    content = io.BytesIO()
    book.save(content)
    after = marked(desk, content.getvalue(), "A1", "C7")
    assert fills(after) == {"A1", "C7"}
    assert after["A1"].number_format == "0.0%"
    assert after["A1"].font.b and after["A1"].font.color.rgb == "FF00FF00"
    assert after["A1"].border.top.style == "double"
    assert after["C7"].number_format == "0.00"


def test_a_covered_cell_is_marked_where_it_is_seen(desk: Desk) -> None:
    content = xlsx_report(merges=["A5:B6"])
    sheet = marked(desk, content, "B6", "D5")
    assert sheet["A5"].fill.fgColor.rgb == RED
    assert sheet["A5"].comment is not None
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A5:B6"]


def test_comments_that_were_there_stay_beside_ours(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report()))
    book.active["A5"].comment = Comment("to be confirmed", "Amina")
    book.active["D5"].comment = Comment("from the register", "Amina")
    content = io.BytesIO()
    book.save(content)
    sheet = marked(desk, content.getvalue(), "D5", "E5")
    assert sheet["A5"].comment.text == "to be confirmed"
    assert sheet["A5"].comment.author == "Amina"
    assert sheet["D5"].comment.text.startswith("from the register")
    assert "Erreur à corriger" in sheet["D5"].comment.text
    assert sheet["E5"].comment.text.startswith("Erreur à corriger")
    findings = [Finding("NUMBER_UNREADABLE", "Sheet", cell, "x", "12") for cell in ("D5", "E5")]
    parts = parts_of(feedback(answer_of(desk, findings), content.getvalue(), LIMITS))
    (drawing,) = [part for name, part in parts.items() if name.endswith(".vml")]
    shapes = [shape for shape in fromstring(drawing) if shape.tag.endswith("}shape")]
    assert len(shapes) == 3
    assert len({shape.get("id") for shape in shapes}) == 3


def test_shapes_of_two_sheets_have_numbers_of_their_own(desk: Desk) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Sheet"
    book.create_sheet("Two")
    content = io.BytesIO()
    book.save(content)
    findings = [Finding("NUMBER_UNREADABLE", name, "A1", "x", "12") for name in ("Sheet", "Two")]
    parts = parts_of(feedback(answer_of(desk, findings), content.getvalue(), LIMITS))
    drawings = [part for name, part in parts.items() if name.endswith(".vml")]
    numbers = [shape.get("id") for part in drawings for shape in fromstring(part) if shape.tag.endswith("}shape")]
    assert len(numbers) == len(set(numbers)) == 2


def test_comments_stand_before_tables_and_extensions(desk: Desk) -> None:
    sheet = '<sheetData/><pageMargins left="1" right="1" top="1" bottom="1" header="0" footer="0"/><extLst/>'
    findings = [Finding("NUMBER_UNREADABLE", "Sheet", "A1", "x", "12")]
    part = parts_of(feedback(answer_of(desk, findings), workbook(sheet), LIMITS))["xl/worksheets/sheet1.xml"]
    assert [child.tag.rpartition("}")[2] for child in fromstring(part)] == [
        "sheetData",
        "pageMargins",
        "legacyDrawing",
        "extLst",
    ]


@pytest.mark.parametrize(
    ("written", "place"),
    [("A1", (0, 0)), ("$E$12", (11, 4)), ("XFD1048576", (1_048_575, 16_383)), ("XFE1", None), ("A0", None)]
    + [(written, None) for written in ("", "line 3", "/dataValues/3/value", "A1:B2", "12", "A1048577")],
)
def test_what_is_a_cell(written: str, place: tuple[int, int] | None) -> None:
    assert place_of(written) == place
