"""Workbooks of every kind: cells with their places, and what calamine does not tell."""

import datetime as dt
import io
import struct

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils import get_column_letter

from benchmarks.reports import xls as biff
from benchmarks.reports import xlsb
from orchestration.read.formats import ods_survey, package, xls_survey
from orchestration.read.formats.document import Document, Limits, Sheet, UnreadableError
from orchestration.read.formats.open import open_document
from orchestration.read.formats.package import Package
from tests.unit.read.bad_files import makers
from tests.unit.read.bad_files.makers import ods, ods_cell, xls, xlsx

LIMITS = Limits(file_bytes=10_000_000, expanded_bytes=100_000_000, cells=200_000)


def opened(content: bytes, limits: Limits = LIMITS) -> Document:
    return open_document("report", content, limits)


def sheet_of(content: bytes) -> Sheet:
    return opened(content).sheets[0]


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_hidden_sheets_and_rows_are_there_and_said_to_be_hidden() -> None:
    book = openpyxl.Workbook()
    for row in range(1, 6):
        book.active.append([row])
    book.active.row_dimensions[3].hidden = True
    book.create_sheet("brouillon").append(["x"])
    book["brouillon"].sheet_state = "hidden"
    book.create_sheet("contrat").append(["v3"])
    book["contrat"].sheet_state = "veryHidden"
    sheets = opened(saved(book)).sheets
    assert [(sheet.name, sheet.hidden) for sheet in sheets] == [
        ("Sheet", False),
        ("brouillon", True),
        ("contrat", True),
    ]
    assert (sheets[0].hidden_rows, len(sheets[0].rows)) == (frozenset({2}), 5)


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"])
def test_an_error_cell_keeps_its_text_and_is_a_problem(error: str) -> None:
    book = openpyxl.Workbook()
    book.active.append(["région", 1, error])
    sheet = sheet_of(saved(book))
    assert sheet.rows[0][2] == error
    assert sheet.problems == {(0, 2): "NUMBER_ERROR_CELL"}


def test_an_error_behind_a_formula_is_a_problem() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="0" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    sheet = sheet_of(xlsx(rows))
    assert (sheet.rows, sheet.problems) == ([[1.0, "#DIV/0!"]], {(0, 1): "NUMBER_ERROR_CELL"})


def test_a_formula_without_its_result_is_a_problem_and_no_zero() -> None:
    """As openpyxl saves them, below and beside the last cell that has a value."""
    book = openpyxl.Workbook()
    book.active.append([1, 2])
    book.active["C1"] = "=A1+B1"
    book.active["A4"] = "=SUM(A1:A3)"
    sheet = sheet_of(saved(book))
    assert sheet.problems == {(0, 2): "FORMULA_WITHOUT_VALUE", (3, 0): "FORMULA_WITHOUT_VALUE"}
    assert (sheet.rows[0][2], sheet.rows[3][0], sheet.cell_name(3, 0)) == (None, None, "A4")


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1"><f>1+1</f><v>2</v></c>',
        '<c r="A1" t="str"><f>""</f><v></v></c>',
        '<c r="A1"><f t="shared" si="0"/><v>2</v></c>',
        '<c r="A1"><f>IF(A2&lt;1,"a","b")</f><v>2</v></c>',
    ],
)
def test_a_formula_with_its_result_is_no_problem(cell: str) -> None:
    assert sheet_of(xlsx(f'<row r="1">{cell}<c r="B1"><v>1</v></c></row>')).problems == {}


@pytest.mark.parametrize("cell", ['<c r="A1"><f>1+1</f></c>', '<c r="A1"><f t="shared" si="0"/><v/></c>'])
def test_every_spelling_of_a_missing_result_is_seen(cell: str) -> None:
    content = xlsx(f'<row r="1">{cell}<c r="B1"><v>1</v></c></row>')
    assert sheet_of(content).problems == {(0, 0): "FORMULA_WITHOUT_VALUE"}


def by_xlsxwriter(*sheets: dict[str, object]) -> bytes:
    """A workbook of a program that does not calculate: formulas by cell, each with the result that it was told."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    for formulas in sheets:
        sheet = book.add_worksheet()
        sheet.write("A1", 12)
        for cell, result in formulas.items():
            sheet.write_formula(cell, "=A1-12", None, result)
    book.close()
    return content.getvalue()


def test_a_zero_that_nothing_calculated_is_no_zero() -> None:
    first, second = opened(by_xlsxwriter({"B1": 0, "C1": 0}, {"B3": 0})).sheets
    assert first.problems == {(0, 1): "FORMULA_WITHOUT_VALUE", (0, 2): "FORMULA_WITHOUT_VALUE"}
    assert (first.rows, second.problems) == ([[12, None, None]], {(2, 1): "FORMULA_WITHOUT_VALUE"})


@pytest.mark.parametrize("result", [24, -1, 0.5, "oui", True, "#DIV/0!"])
def test_a_zero_beside_a_result_was_calculated(result: object) -> None:
    """On whatever sheet the other result stands."""
    first, _ = opened(by_xlsxwriter({"B1": 0}, {"B1": result})).sheets
    assert (first.rows, first.problems) == ([[12, 0]], {})


@pytest.mark.parametrize(
    ("calculation", "is_missing"),
    [
        ('<calcPr calcId="1" fullCalcOnLoad="1"/>', True),
        ("<calcPr fullCalcOnLoad='true'/>", True),
        ('<calcPr calcId="191029"/>', False),
        ('<calcPr calcId="191029" fullCalcOnLoad="0"/>', False),
        ("", False),
    ],
)
def test_a_lone_zero_is_a_figure_unless_the_workbook_asks_to_be_calculated(calculation: str, is_missing: bool) -> None:
    rows = '<row r="1"><c r="A1"><f>1-1</f><v>0</v></c><c r="B1"><v>0</v></c></row>'
    sheet = sheet_of(xlsx(rows, book_after=calculation))
    assert sheet.problems == ({(0, 0): "FORMULA_WITHOUT_VALUE"} if is_missing else {})
    assert sheet.rows == [[None if is_missing else 0, 0]]


@pytest.mark.parametrize(
    ("number_format", "percent"), [("0%", True), ("0.0 %", True), ('0.0" %"', False), ("0", False)]
)
def test_cells_shown_as_percentages_are_known(number_format: str, percent: bool) -> None:
    """A sign in quotation marks is text behind a number that is not multiplied."""
    book = openpyxl.Workbook()
    book.active.append(["taux", 0.45])
    book.active["B1"].number_format = number_format
    sheet = sheet_of(saved(book))
    assert (sheet.rows[0][1], sheet.percent_cells) == (0.45, {(0, 1)} if percent else set())


def test_merged_ranges_lead_to_the_cell_that_holds_their_content() -> None:
    book = openpyxl.Workbook()
    for row in (["Garçons", None, "Filles"], ["0-4", "5-9", "0-4"], ["Fès", None, None], [None, None, 1]):
        book.active.append(row)
    book.active.merge_cells("A1:B1")
    book.active.merge_cells("A3:B4")
    sheet = sheet_of(saved(book))
    assert sheet.merged_down == {(3, 0): (2, 0)}
    assert sheet.merged_across == {(0, 1): (0, 0), (2, 1): (2, 0), (3, 1): (2, 0)}


def test_merges_on_top_of_each_other_to_the_end_of_the_sheet_cost_nothing() -> None:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><v>1</v></c><c r="C{row}"><v>2</v></c></row>' for row in range(1, 501)
    )
    ranges = "".join(f'<mergeCell ref="A{row}:XFD1048576"/>' for row in range(1, 500))
    content = xlsx(rows, after=f"<mergeCells>{ranges}</mergeCells>")
    assert len(sheet_of(content).merged_across) <= 1500


@pytest.mark.parametrize("columns", [1, 26, 27, 52, 53, 702, 703])
def test_a_wide_sheet_is_read_whatever_its_columns_are_called(columns: int) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(range(columns)))
    sheet = sheet_of(saved(book))
    assert len(sheet.rows[0]) == columns
    assert sheet.cell_name(0, columns - 1) == f"{get_column_letter(columns)}1"


def test_a_workbook_of_the_kind_with_macros_is_that_kind_without_any() -> None:
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    types = f'<Types><Override PartName="/xl/workbook.xml" ContentType="{kind}"/></Types>'
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>'
    document = open_document("report.xlsm", xlsx(rows, parts={"[Content_Types].xml": types}), LIMITS)
    assert (document.format, document.findings) == ("xlsm", [])


DATE_FORMATS = [
    ("mmm-yy", "2019-05"),
    (r"[$-40C]mmmm\ yyyy;@", "2019-05"),
    ("mm/yyyy", "2019-05"),
    ("yyyy", "2019"),
    ("dd/mm/yyyy", None),
    ("d-mmm-yy", None),
    ("yyyy-mm-dd hh:mm", None),
]


@pytest.mark.parametrize(("number_format", "shown"), DATE_FORMATS)
def test_a_date_that_shows_no_day_is_the_month_or_the_year_that_it_shows(number_format: str, shown: str | None) -> None:
    """Who types `mai-19` gets its first day, and sees the month."""
    book = openpyxl.Workbook()
    book.active.append(["mois", dt.date(2019, 5, 1), dt.date(2019, 5, 1)])
    book.active["B1"].number_format = number_format
    assert sheet_of(saved(book)).rows[0][1:] == [shown or dt.date(2019, 5, 1), dt.date(2019, 5, 1)]
    number = makers.record(0x041E, struct.pack("<HHB", 164, len(number_format), 0) + number_format.encode("latin-1"))
    style = makers.record(0x00E0, struct.pack("<HH", 0, 164) + b"\0" * 16)
    cell = sheet_of(xls(makers.number_cell(0, 0, 43586), before=number + style)).rows[0][0]
    assert cell == (shown or dt.date(2019, 5, 1))
    serial = struct.pack("<d", 43586)
    binary = xlsb.container(
        {"R": xlsb.sheet(xlsb.row(0) + xlsb.cell(5, 0, serial, style=1))}, style=xlsb.styles((number_format,))
    )
    assert sheet_of(binary).rows[0][0] == (shown or dt.date(2019, 5, 1))


# As LibreOffice writes them: what the format consists of, and what is shown of 2019-05-01.
ODS_DATE_FORMATS = [
    ('<number:month number:textual="true"/><number:text>-</number:text><number:year/>', "2019-05"),
    ('<number:month/><number:text>/</number:text><number:year number:style="long"/>', "2019-05"),
    ('<number:year number:style="long"/>', "2019"),
    ("<number:day/><number:text>/</number:text><number:month/><number:text>/</number:text><number:year/>", None),
    ("<number:month/><number:day/>", None),
    ("<number:quarter/><number:year/>", None),
]


ODS_OWNERS = {
    "the cell": ("<table:table-column/><table:table-row>", "ce1"),
    "the cell's style's parent": ("<table:table-column/><table:table-row>", "ce2"),
    "its row": ('<table:table-row table:default-cell-style-name="ce1">', ""),
    "its column": (
        '<table:table-column/><table:table-column table:default-cell-style-name="ce1"/><table:table-row>',
        "",
    ),
    "nothing": ('<table:table-column table:default-cell-style-name="ce1"/><table:table-column/><table:table-row>', ""),
}


@pytest.mark.parametrize(("parts", "shown"), ODS_DATE_FORMATS)
@pytest.mark.parametrize("owner", ODS_OWNERS)
@pytest.mark.parametrize("of_document", [False, True])
def test_a_date_of_ods_is_the_month_or_the_year_that_it_shows(
    parts: str, shown: str | None, owner: str, of_document: bool
) -> None:
    """Whatever has the style, and whether the format stands beside the content or in the document's styles."""
    date_style = f'<number:date-style style:name="N9">{parts}</number:date-style>'
    cell_styles = (
        '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N9"/>'
        '<style:style style:name="ce2" style:family="table-cell" style:parent-style-name="ce1"/>'
    )
    before, style = ODS_OWNERS[owner]
    own = f' table:style-name="{style}"' if style else ""
    date = f'<table:table-cell{own} office:value-type="date" office:date-value="2019-05-01"/>'
    rows = f"{before}{ods_cell(1)}{date}</table:table-row>"
    if of_document:
        content = ods(rows, styles=cell_styles, document_styles=date_style)
    else:
        content = ods(rows, styles=date_style + cell_styles)
    expected = shown if shown and owner != "nothing" else dt.date(2019, 5, 1)
    assert sheet_of(content).rows[0] == [1, expected]


def test_raised_figures_are_footnote_marks_and_no_digits() -> None:
    """42 with a raised 2 behind it, as people mark a figure in a spreadsheet, is not 422."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet, up, bold = book.add_worksheet(), book.add_format({"font_script": 1}), book.add_format({"bold": True})
        sheet.write_string("A1", "42")
        sheet.write_rich_string("B1", "42", up, "2")
        sheet.write_rich_string("C1", "Berkane", up, "(10)", " & <co>", bold)
        sheet.write_rich_string("D1", "4", bold, "22")
        sheet.write_rich_string("E1", "1", up, "er", " trimestre")
    assert sheet_of(content.getvalue()).rows == [["42", "42²", "Berkane(10) & <co>", "422", "1er trimestre"]]

    book = openpyxl.Workbook()
    up = InlineFont(vertAlign="superscript")
    book.active.append(["x", CellRichText("42", TextBlock(up, "2")), CellRichText("4", TextBlock(InlineFont(), "22"))])
    assert sheet_of(saved(book)).rows == [["x", "42²", "422"]]


def test_xls_tells_errors_percentages_and_hidden_rows() -> None:
    content = xls(
        makers.hidden_row(1),
        makers.number_cell(0, 0, 12),
        makers.error_cell(0, 1, 0x2A),
        makers.number_cell(1, 0, 0.45, style=1),
    )
    document = opened(content)
    sheet = document.sheets[0]
    assert (document.format, sheet.rows[0], sheet.rows[1][0]) == ("xls", [12, "#N/A"], 0.45)
    assert sheet.problems == {(0, 1): "NUMBER_ERROR_CELL"}
    assert (sheet.percent_cells, sheet.hidden_rows) == ({(1, 0)}, frozenset({1}))


def test_xls_tells_percentages_that_stand_side_by_side() -> None:
    """45 %, 38 % and 7 as spreadsheets write neighbours: in one record, each with its own style."""
    cells = [(1, 45 << 2 | 3), (1, 38 << 2 | 3), (0, 7 << 2 | 2)]
    written = struct.pack("<HH", 0, 1) + b"".join(struct.pack("<HI", *cell) for cell in cells) + struct.pack("<H", 3)
    sheet = sheet_of(xls(makers.number_cell(0, 0, 1), makers.record(0x00BD, written)))
    assert sheet.rows == [[1, 0.45, 0.38, 7]]
    assert sheet.percent_cells == {(0, 1), (0, 2)}


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize(
    ("code", "percent"), [("0.0%", True), ("0.0 %", True), ('0.0" %"', False), (r"0.0\ \%", False), ("0.0", False)]
)
def test_xls_knows_number_formats_by_the_rule_of_the_other_kinds(code: str, percent: bool, is_wide: bool) -> None:
    written = code.encode("utf-16-le" if is_wide else "latin-1")
    number_format = makers.record(0x041E, struct.pack("<HHB", 164, len(code), is_wide) + written)
    style = makers.record(0x00E0, struct.pack("<HH", 0, 164) + b"\0" * 16)
    sheet = sheet_of(xls(makers.number_cell(0, 0, 0.45), before=number_format + style))
    assert (sheet.rows, sheet.percent_cells) == ([[0.45]], {(0, 0)} if percent else set())


ZERO, SEVEN, EMPTY = struct.pack("<d", 0), struct.pack("<d", 7), b"\x03\0\0\0\0\0\xff\xff"
UNCALCULATED = makers.record(0x005E, b"\0\0")


def calculated_by(engine: int) -> bytes:
    """The workbook's word on what calculated it last."""
    return makers.record(0x01C1, struct.pack("<HHI", 0x01C1, 0, engine))


EXCEL, NOTHING = calculated_by(101716), calculated_by(0)


@pytest.mark.parametrize(
    ("book", "cells", "is_missing"),
    [
        (EXCEL, [makers.formula_cell(0, 1, ZERO, flags=2)], True),
        (EXCEL, [makers.formula_cell(0, 1, EMPTY, flags=3)], True),
        (EXCEL, [UNCALCULATED, makers.formula_cell(0, 1, ZERO)], True),
        (NOTHING, [makers.formula_cell(0, 1, ZERO)], True),
        (b"", [makers.formula_cell(0, 1, ZERO)], True),
        (b"", [makers.formula_cell(0, 1, EMPTY)], True),
        # A zero that was worked out is a zero, and a condition may end in an empty text.
        (EXCEL, [makers.formula_cell(0, 1, ZERO)], False),
        (EXCEL, [makers.formula_cell(0, 1, EMPTY)], False),
        (EXCEL, [makers.formula_cell(0, 1, ZERO, flags=1)], False),
        (b"", [makers.formula_cell(0, 1, SEVEN)], False),
        (b"", [makers.formula_cell(0, 1, ZERO), makers.formula_cell(0, 2, SEVEN)], False),
        (EXCEL, [makers.formula_cell(0, 1, ZERO, flags=2), makers.formula_cell(0, 2, SEVEN, flags=2)], False),
    ],
)
def test_xls_tells_formulas_that_nothing_calculated(book: bytes, cells: list[bytes], is_missing: bool) -> None:
    sheet = sheet_of(xls(makers.number_cell(0, 0, 1), *cells, before=book))
    assert sheet.problems == ({(0, 1): "FORMULA_WITHOUT_VALUE"} if is_missing else {})
    if is_missing:
        assert sheet.rows[0][1] is None


@pytest.mark.parametrize(("kind", "result"), [(9, struct.pack("<d", 24)), (8, xlsb.wide("oui")), (10, b"\1")])
def test_a_zero_of_xlsb_beside_a_result_was_calculated(kind: int, result: bytes) -> None:
    """On whatever sheet the other result stands, as in xlsx and xls."""
    first = xlsb.row(0) + xlsb.cell(5, 0, struct.pack("<d", 1)) + xlsb.formula(9, 1, NUMBER)
    other = xlsb.row(0) + xlsb.formula(kind, 0, result)
    content = xlsb.container({"R": xlsb.sheet(first), "S": xlsb.sheet(other)}, book=xlsb.calculation(flags=0x01))
    sheet = opened(content).sheets[0]
    assert (sheet.rows, sheet.problems) == ([[1, 0]], {})


def test_xls_tells_an_error_of_a_formula_shown_as_a_percentage() -> None:
    error = makers.formula_cell(0, 1, b"\x02\0\x07\0\0\0\xff\xff", style=1)
    sheet = sheet_of(xls(makers.number_cell(0, 0, 1), error, makers.formula_cell(0, 2, SEVEN, style=1)))
    assert sheet.problems == {(0, 1): "NUMBER_ERROR_CELL"}
    assert (sheet.rows, sheet.percent_cells) == ([[1, "#DIV/0!", 7]], {(0, 2)})


def test_xlsb_tells_errors() -> None:
    document = opened(
        makers.xlsb([(0, 0, 5, struct.pack("<d", 12)), (1, 0, 3, b"\x07"), (1, 1, 5, struct.pack("<d", 1))])
    )
    assert document.format == "xlsb"
    assert document.sheets[0].rows == [[12.0, ""], ["#DIV/0!", 1.0]]
    assert document.sheets[0].problems == {(1, 0): "NUMBER_ERROR_CELL"}


def test_xlsb_tells_percentages_merged_ranges_and_hidden_rows() -> None:
    """The second style's sign is text; the percentage in the styles that cells are based on is no cell's."""
    rows = [
        xlsb.row(0) + xlsb.cell(6, 0, xlsb.wide("Garçons")) + xlsb.cell(5, 2, struct.pack("<d", 1), style=2),
        xlsb.row(1) + xlsb.cell(5, 0, struct.pack("<d", 0.45), style=1) + xlsb.cell(5, 1, struct.pack("<d", 2)),
        xlsb.row(2, hidden=True) + xlsb.formula(9, 1, struct.pack("<d", 0.5), style=1),
        # A text in such a cell is no percentage, and 0.25 in the four bytes of an RK number is one.
        xlsb.row(3)
        + xlsb.cell(6, 0, xlsb.wide("-"), style=1)
        + xlsb.cell(2, 1, struct.pack("<I", 25 << 2 | 3), style=1),
    ]
    content = xlsb.container(
        {"Rapport": xlsb.sheet(b"".join(rows), xlsb.merges([(0, 0, 0, 1)]))}, style=xlsb.styles(("0.0%", '0.0" %"'))
    )
    sheet = sheet_of(content)
    assert [row[:2] for row in sheet.rows] == [["Garçons", ""], [0.45, 2], ["", 0.5], ["-", 0.25]]
    assert sheet.percent_cells == {(1, 0), (2, 1), (3, 1)}
    assert (sheet.merged_across, sheet.hidden_rows) == ({(0, 1): (0, 0)}, frozenset({2}))


NUMBER, TEXT = struct.pack("<d", 0), xlsb.wide("")


@pytest.mark.parametrize(
    ("book", "cell", "is_missing"),
    [
        (xlsb.calculation(flags=0x01), xlsb.formula(9, 1, NUMBER), True),
        (xlsb.calculation(flags=0x10), xlsb.formula(9, 1, NUMBER), True),
        (xlsb.calculation(engine=0), xlsb.formula(9, 1, NUMBER), True),
        (xlsb.calculation(flags=0x01), xlsb.formula(8, 1, TEXT), True),
        # A zero that was worked out is a zero.
        (xlsb.calculation(), xlsb.formula(9, 1, NUMBER), False),
        (b"", xlsb.formula(9, 1, NUMBER), False),
        (xlsb.calculation(flags=0x01), xlsb.formula(9, 1, struct.pack("<d", 7)), False),
        (xlsb.calculation(flags=0x01), xlsb.cell(5, 1, NUMBER), False),
    ],
)
def test_xlsb_tells_formulas_that_nothing_calculated(book: bytes, cell: bytes, is_missing: bool) -> None:
    rows = xlsb.row(0) + xlsb.cell(5, 0, struct.pack("<d", 1)) + cell
    sheet = sheet_of(xlsb.container({"Rapport": xlsb.sheet(rows)}, book=book))
    assert sheet.problems == ({(0, 1): "FORMULA_WITHOUT_VALUE"} if is_missing else {})
    if is_missing:
        assert sheet.rows[0][1] is None


@pytest.mark.parametrize(
    ("sheet", "style"),
    [
        (xlsb.sheet(xlsb.row(0) + xlsb.record(9, struct.pack("<II", 0, 0))), b""),
        (xlsb.record(9, struct.pack("<II", 0, 0))[:-4], b""),
        (xlsb.sheet(xlsb.record(0, b"\0\0")), b""),
        (xlsb.sheet(xlsb.row(0) + xlsb.record(5, struct.pack("<I", 1))), b""),
        (xlsb.sheet(b""), xlsb.styles()[:30]),
        (xlsb.sheet(b""), xlsb.record(617) + b"\x2f\x08\0"),
    ],
)
def test_xlsb_cut_inside_a_record_is_refused(sheet: bytes, style: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        opened(xlsb.container({"Rapport": sheet}, style=style))
    assert caught.value.finding.code == "FILE_CORRUPT"


def test_ods_tells_errors_percentages_and_hidden_rows_behind_repetitions() -> None:
    kind = 'office:value-type="string" calcext:value-type="error"'
    error = f"<table:table-cell {kind}><text:p>#N/A</text:p></table:table-cell>"
    document = opened(
        ods(
            f'<table:table-row table:number-rows-repeated="2">{ods_cell(1)}</table:table-row>'
            f'<table:table-row><table:table-cell table:number-columns-repeated="2"/>{error}</table:table-row>'
            f'<table:table-row table:visibility="collapse">{ods_cell(0.5, kind="percentage")}</table:table-row>'
        )
    )
    sheet = document.sheets[0]
    assert (document.format, sheet.rows[2][2], sheet.problems) == ("ods", "#N/A", {(2, 2): "NUMBER_ERROR_CELL"})
    assert (sheet.percent_cells, sheet.hidden_rows) == ({(3, 0)}, frozenset({3}))


@pytest.mark.parametrize(
    ("attributes", "is_missing"),
    [
        ('table:formula="of:=[.A1]-1"', True),
        ('table:formula="of:=[.A1]-1" office:value-type="float"', True),
        ('table:formula="of:=[.A1]-1" office:value-type="float" office:value="0"', False),
        ('table:formula="of:=[.A1]>1" office:value-type="boolean" office:boolean-value="false"', False),
        ("table:formula='of:=\"\"' office:value-type='string'", False),
    ],
)
@pytest.mark.parametrize("end", ["/>", "><text:p></text:p></table:table-cell>"])
def test_ods_tells_formulas_that_nothing_calculated(attributes: str, is_missing: bool, end: str) -> None:
    sheet = sheet_of(ods(f"<table:table-row>{ods_cell(1)}<table:table-cell {attributes}{end}</table:table-row>"))
    assert sheet.problems == ({(0, 1): "FORMULA_WITHOUT_VALUE"} if is_missing else {})
    if is_missing:
        assert sheet.rows == [[1, None]]


def test_a_built_in_format_that_a_workbook_defines_anew_shows_what_that_says() -> None:
    """Of 17 and 9, which are a month and a percentage elsewhere."""
    anew = {17: "dd/mm/yyyy", 9: "0.00"}
    formats = "".join(f'<numFmt numFmtId="{number}" formatCode="{code}"/>' for number, code in anew.items())
    styles = f"<numFmts>{formats}</numFmts><cellXfs><xf numFmtId='17'/><xf numFmtId='9'/></cellXfs>"
    row = '<row r="1"><c r="A1" s="0"><v>43586</v></c><c r="B1" s="1"><v>0.45</v></c></row>'
    sheet = sheet_of(xlsx(row, styles=styles))
    assert (sheet.rows, sheet.percent_cells) == ([[dt.date(2019, 5, 1), 0.45]], set())
    number = b"".join(
        makers.record(0x041E, struct.pack("<HHB", at, len(code), 0) + code.encode()) for at, code in anew.items()
    )
    style = b"".join(makers.record(0x00E0, struct.pack("<HH", 0, at) + b"\0" * 16) for at in anew)
    cells = makers.number_cell(0, 0, 43586) + makers.number_cell(0, 1, 0.45, 1)
    sheet = sheet_of(xls(cells, before=number + style))
    assert (sheet.rows, sheet.percent_cells) == ([[dt.date(2019, 5, 1), 0.45]], set())


def test_a_raised_figure_is_told_whatever_prefixes_stand_beside_it() -> None:
    """They are bound where the sheet begins."""
    raised = '<r><rPr><vertAlign val="superscript"/><x:font x:val="a"/></rPr><t xml:space="preserve">2</t></r>'
    row = f'<row r="1"><c r="A1" t="inlineStr"><is><r><t>42 a:b </t></r>{raised}</is></c></row>'
    sheet = f'<worksheet {makers.MAIN} xmlns:x="urn:x"><sheetData>{row}</sheetData></worksheet>'
    content = xlsx(row, parts={"xl/worksheets/sheet1.xml": sheet})
    assert sheet_of(content).rows == [["42 a:b ²"]]


def test_ods_tells_raised_figures_and_broken_lines() -> None:
    def cell(content: str) -> str:
        return f'<table:table-cell office:value-type="string">{content}</table:table-cell>'

    def span(style: str, content: str) -> str:
        return f'<text:span text:style-name="{style}">{content}</text:span>'

    note = "<office:annotation><text:p>9</text:p></office:annotation>"
    styles = "".join(
        f'<style:style style:name="{name}" style:family="text"><style:text-properties {position}/></style:style>'
        for name, position in (("T1", 'style:text-position="super 58%"'), ("T2", 'fo:font-weight="bold"'))
    )
    cells = (
        f"{note}<text:p>42{span('T1', '2')}</text:p>",
        f"<text:p>4{span('T2', '22')}</text:p>",
        "<text:p>12<text:line-break/>34</text:p>",
        f"<text:p>A &amp; B<text:s/>{span('T1', '(1)')}{span('T1', '3')}</text:p>",
    )
    rows = f"<table:table-row>{''.join(map(cell, cells))}</table:table-row>"
    assert sheet_of(ods(rows, styles=styles)).rows == [["42²", "422", "12\n34", "A & B (1)³"]]


def test_ods_as_spreadsheets_end_it_is_not_too_large() -> None:
    """LibreOffice repeats the empty rest of a sheet to its far corner."""
    rest = '<table:table-cell table:number-columns-repeated="16383"/>'
    empty = f'<table:table-row table:number-rows-repeated="1048575">{rest}<table:table-cell/></table:table-row>'
    assert sheet_of(ods(f"<table:table-row>{ods_cell(1)}{rest}</table:table-row>{empty}")).rows == [[1.0]]


@pytest.mark.parametrize(
    "content",
    [
        xls(*(makers.number_cell(row, column, 1) for row in range(20) for column in range(20))),
        makers.xlsb([(row, column, 5, struct.pack("<d", 1)) for row in range(20) for column in range(20)]),
        ods(("<table:table-row>" + ods_cell(1) * 20 + "</table:table-row>") * 20),
        xlsx("".join(f'<row r="{r}">' + "<c><v>1</v></c>" * 20 + "</row>" for r in range(1, 21))),
    ],
    ids=["xls", "xlsb", "ods", "xlsx"],
)
def test_the_limit_of_cells_is_the_same_for_every_kind(content: bytes) -> None:
    assert sum(map(len, sheet_of(content).rows)) == 400
    with pytest.raises(UnreadableError) as caught:
        opened(content, Limits(LIMITS.file_bytes, LIMITS.expanded_bytes, 399))
    assert caught.value.finding.code == "FILE_TOO_LARGE"


def test_the_limit_of_cells_is_of_all_sheets_before_any_is_laid_out() -> None:
    """Of xls and ods calamine lays out all sheets at once."""
    limits = Limits(LIMITS.file_bytes, LIMITS.expanded_bytes, 399)
    corners = makers.number_cell(0, 0, 1) + makers.number_cell(9, 19, 1)
    table = f'<table:table-row table:number-rows-repeated="10">{ods_cell(1) * 20}</table:table-row>'
    workbook = biff.workbook({"A": corners, "B": corners})
    tables = ods(f'{table}</table:table><table:table table:name="B">{table}')
    assert [len(opened(content).sheets) for content in (workbook, tables)] == [2, 2]
    with pytest.raises(UnreadableError) as of_xls:
        xls_survey.survey(workbook, limits)
    with pytest.raises(UnreadableError) as of_ods:
        ods_survey.survey(Package(tables, limits), limits)
    assert [caught.value.finding.code for caught in (of_xls, of_ods)] == ["FILE_TOO_LARGE"] * 2


def test_an_ods_of_many_pieces_is_looked_through_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    row = f"<table:table-row>{ods_cell(1)}{ods_cell(0.5, kind='percentage')}</table:table-row>"
    content = ods(row * 50)
    whole = ods_survey.survey(Package(content, LIMITS), LIMITS)
    monkeypatch.setattr(ods_survey, "_WHOLE", 0)
    monkeypatch.setattr(package, "_CHUNK", 100)
    assert ods_survey.survey(Package(content, LIMITS), LIMITS) == whole
    assert whole[0].percent_cells == {(row, 1) for row in range(50)}


PLACES = [(row, column) for row in range(10) for column in range(12)]
HALF = struct.pack("<d", 0.5)
PERCENTAGES = [
    xls(*(makers.number_cell(row, column, 0.5, style=1) for row, column in PLACES)),
    xlsb.container(
        {
            "Rapport": xlsb.sheet(
                b"".join((b"" if column else xlsb.row(row)) + xlsb.cell(5, column, HALF, 1) for row, column in PLACES)
            )
        },
        style=xlsb.styles(),
    ),
    ods(
        '<table:table-row table:number-rows-repeated="10">'
        + ods_cell(0.5, 'table:number-columns-repeated="12"', "percentage")
        + "</table:table-row>"
    ),
    xlsx(
        "".join(
            f'<row r="{row + 1}"><c r="{get_column_letter(column + 1)}{row + 1}" s="1"><v>0.5</v></c></row>'
            for row, column in PLACES
        ),
        styles="<cellXfs><xf numFmtId='0'/><xf numFmtId='9'/></cellXfs>",
    ),
]


@pytest.mark.parametrize("content", PERCENTAGES, ids=["xls", "xlsb", "ods", "xlsx"])
def test_a_cell_of_which_something_is_noted_takes_the_room_of_four(content: bytes) -> None:
    limits = Limits(LIMITS.file_bytes, LIMITS.expanded_bytes, 480)
    assert len(opened(content, limits).sheets[0].percent_cells) == 120
    with pytest.raises(UnreadableError) as caught:
        opened(content, Limits(LIMITS.file_bytes, LIMITS.expanded_bytes, 479))
    assert caught.value.finding.code == "FILE_TOO_LARGE"
