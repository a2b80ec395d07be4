"""The feedback workbook: the reporter's file marked in the right cells, with nothing else changed."""

import errno
import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from python_calamine import CalamineWorkbook

from benchmarks import reports
from orchestration.answer import letter, workbook
from orchestration.answer.content import words
from orchestration.answer.workbook import feedback
from orchestration.findings import Finding
from orchestration.read.formats.document import Limits
from orchestration.settings import LANGUAGES, Language
from tests.helpers import LIMITS, Desk, xlsx_report
from tests.unit.answer.makers import (
    EIGHT,
    answer_of,
    answer_to,
    arabic_report,
    inbox_files,
    opened,
    parts_of,
    replaced,
    rewritten,
    with_eight_errors,
    without_styles,
)

FILE = "تقرير-الربع-الثاني-2020.xlsx"


def marked(cell: object) -> str | None:
    fill = cell.fill  # type: ignore[attr-defined]
    return fill.fgColor.rgb[2:] if fill.fill_type == "solid" else None


def looks(cell: object) -> tuple[object, ...]:
    """A cell without its fill and its comment."""
    names = ("value", "data_type", "number_format", "font", "border", "alignment", "protection", "hyperlink")
    # Style proxies are equal only to themselves.
    return tuple(repr(getattr(cell, name)) for name in names)


def assert_only_marked(before: Workbook, after: Workbook, marks: set[tuple[str, str]]) -> None:
    """Cell by cell: what is marked differs in its fill and comment, everything else in nothing."""
    assert after.sheetnames[1:] == before.sheetnames
    for sheet in before.worksheets:
        other = after[sheet.title]
        assert other.dimensions == sheet.dimensions
        assert other.sheet_state == sheet.sheet_state
        assert {k: v.width for k, v in other.column_dimensions.items()} == {
            k: v.width for k, v in sheet.column_dimensions.items()
        }
        assert sorted(map(str, other.merged_cells.ranges)) == sorted(map(str, sheet.merged_cells.ranges))
        for row in sheet.iter_rows():
            for cell in row:
                twin = other[cell.coordinate]
                assert looks(twin) == looks(cell), cell.coordinate
                if (sheet.title, cell.coordinate) not in marks:
                    assert repr(twin.fill) == repr(cell.fill), cell.coordinate
                    assert (twin.comment and twin.comment.text) == (cell.comment and cell.comment.text)


@pytest.fixture(scope="module")
def arabic(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """An Arabic report with eight different errors, and its feedback workbook."""
    content = with_eight_errors(desk, tmp_path_factory.mktemp("arabic"))
    return content, feedback(answer_to(desk, content, FILE), content, LIMITS)


def test_eight_errors_are_marked_in_their_cells_and_nothing_else_is_changed(arabic: tuple[bytes, bytes]) -> None:
    before, after = map(opened, arabic)
    sheet = after["التقرير"]
    for cell in EIGHT:
        assert marked(sheet[cell]) == letter.COLOURS["critical"], cell
        assert sheet[cell].comment.text.startswith("خطأ يجب تصحيحه: "), cell
    commented = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    assert commented == set(EIGHT)
    assert_only_marked(before, after, {("التقرير", cell) for cell in EIGHT})


def test_every_part_that_has_no_mark_is_the_same_to_the_byte(arabic: tuple[bytes, bytes]) -> None:
    before, after = map(parts_of, arabic)
    named = {
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "[Content_Types].xml",
    }
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == named
    sheet = without_styles(after["xl/worksheets/sheet1.xml"])
    expected = without_styles(before["xl/worksheets/sheet1.xml"])
    start = sheet.index(b"<legacyDrawing ")
    end = sheet.index(b"/>", start) + 2
    assert sheet[:start] + sheet[end:] == expected


def test_the_answer_comes_first_in_arabic_and_from_the_right(arabic: tuple[bytes, bytes], desk: Desk) -> None:
    book = opened(arabic[1])
    sheet = book.worksheets[0]
    assert sheet.title == "الجواب"
    assert sheet.sheet_view.rightToLeft
    assert book.active is sheet
    assert sheet["A3"].value == "التقرير مقبول مع ملاحظات"
    assert sheet.freeze_panes == "A11"
    assert sheet.print_title_rows == "$10:$10"
    rows = {row[3].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=11, max_row=10 + len(EIGHT))}
    assert set(rows) == set(EIGHT)
    for cell, (written, code) in EIGHT.items():
        number, severity, name, _, found, _, _, instruction, rule = rows[cell]
        assert (severity, name, rule) == ("خطأ يجب تصحيحه", "التقرير", code)
        assert instruction.startswith(desk.catalogue[code].instruction.ar[:12])
        if code != "PERSONAL_DATA":
            assert found == str(written)
        else:
            assert "0612345678" not in " ".join(map(str, rows[cell]))
        link = sheet[f"D{10 + int(number)}"].hyperlink
        assert link.location == f"'التقرير'!{cell}"
        assert link.target is None


def test_an_answer_sent_back_as_a_report_is_read_without_the_answers_sheet(
    arabic: tuple[bytes, bytes], desk: Desk
) -> None:
    """The reporter who corrects the copy is understood as well."""
    first, again = (desk.read(content, "ENTRAIDE", FILE) for content in arabic)
    assert [(row.source_cell, row.source_text) for row in again.rows] == [
        (row.source_cell, row.source_text) for row in first.rows
    ]
    assert again.findings == first.findings


def test_a_date_on_the_answers_sheet_is_no_period_of_the_report(desk: Desk) -> None:
    content = xlsx_report(title=("Rapport périodique d'activité",))
    answer = answer_to(desk, content, "rapport.xlsx")
    assert [told.code for told in answer.findings] == ["REPORT_PERIOD_MISSING"]
    assert desk.read(feedback(answer, content, LIMITS), "ENTRAIDE", "rapport.xlsx").period is None


def test_no_two_sheets_are_chosen_together(desk: Desk) -> None:
    """What is typed into one of several chosen sheets goes into all of them."""
    views = b'<sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews>'
    sheet = parts_of(xlsx_report())["xl/worksheets/sheet1.xml"]
    start, end = sheet.index(b"<sheetViews>"), sheet.index(b"</sheetViews>") + len(b"</sheetViews>")
    content = rewritten(xlsx_report(), {"xl/worksheets/sheet1.xml": sheet[:start] + views + sheet[end:]})
    after = parts_of(feedback(answer_of(desk), content, LIMITS))
    chosen = [name for name, part in after.items() if b'tabSelected="1"' in part]
    assert chosen == ["xl/worksheets/sheet2.xml"]
    assert b"hasila_answer" in after["xl/worksheets/sheet2.xml"]


def test_a_report_without_a_fault_is_told_so(desk: Desk, tmp_path: Path) -> None:
    content = arabic_report(desk, tmp_path)
    answer = answer_to(desk, content, FILE)
    book = opened(feedback(answer, content, LIMITS))
    assert answer.verdict == "accepted"
    assert book.worksheets[0]["A3"].value == "التقرير مقبول"
    assert book.worksheets[0]["A11"].value == words("ar")["none"]
    assert_only_marked(opened(content), book, set())


def test_it_is_the_same_whenever_it_is_made(arabic: tuple[bytes, bytes], desk: Desk) -> None:
    assert feedback(answer_to(desk, arabic[0], FILE), arabic[0], LIMITS) == arabic[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_made_up_report_says_so(language: Language, desk: Desk) -> None:
    content = xlsx_report()
    answer = answer_of(desk, language=language, data_status="illustrative")
    sheet = opened(feedback(answer, content, LIMITS)).worksheets[0]
    assert sheet["A5"].value == words(language)["illustrative"]
    plain = opened(feedback(answer_of(desk, language=language), content, LIMITS)).worksheets[0]
    assert plain["A5"].value is None


def test_severities_differ_in_word_and_colour_and_a_note_leaves_the_cell_as_it_was(desk: Desk) -> None:
    findings = [
        Finding("ROW_NOT_READ", "Sheet", "A6", "x"),
        Finding("HEADER_BLANK", "Sheet", "B6", "y"),
        Finding("NUMBER_UNREADABLE", "Sheet", "D6", "z", "12"),
    ]
    content = xlsx_report()
    book = opened(feedback(answer_of(desk, findings), content, LIMITS))
    sheet, own = book["Sheet"], book.worksheets[0]
    assert [marked(sheet[cell]) for cell in ("A6", "B6", "D6")] == [
        None,
        letter.COLOURS["warning"],
        letter.COLOURS["critical"],
    ]
    assert all(sheet[cell].comment for cell in ("A6", "B6", "D6"))
    said = [own[f"B{row}"].value for row in (11, 12, 13)]
    assert said == ["Erreur à corriger", "Point à vérifier", "Pour information"]


def test_several_findings_in_one_cell_are_one_comment_in_the_colour_of_the_worst(desk: Desk) -> None:
    findings = [Finding("HEADER_BLANK", "Sheet", "D6"), Finding("NUMBER_UNREADABLE", "Sheet", "D6", "x", "12")]
    sheet = opened(feedback(answer_of(desk, findings), xlsx_report(), LIMITS))["Sheet"]
    assert marked(sheet["D6"]) == letter.COLOURS["critical"]
    assert "Point à vérifier" in sheet["D6"].comment.text
    assert "Erreur à corriger" in sheet["D6"].comment.text


def test_many_findings_are_listed_up_to_a_number_and_the_rest_is_counted(desk: Desk) -> None:
    findings = [Finding("NUMBER_UNREADABLE", "Sheet", f"D{row}", "x", "12") for row in range(6, 1206)]
    book = opened(feedback(answer_of(desk, findings), xlsx_report(), LIMITS))
    own = book.worksheets[0]
    assert own["D1010"].value == "D1005"
    assert "200" in own["A1011"].value
    assert marked(book["Sheet"]["D1005"]) and not marked(book["Sheet"]["D1006"])


def test_the_sheets_name_is_one_that_no_other_sheet_has(desk: Desk) -> None:
    book = Workbook()
    book.active.title = "réponse"
    content = io.BytesIO()
    book.save(content)
    assert opened(feedback(answer_of(desk), content.getvalue(), LIMITS)).sheetnames == ["Réponse (2)", "réponse"]


def test_numbers_of_sheets_still_name_the_same_sheets(desk: Desk) -> None:
    book = Workbook()
    book.active.title = "One"
    for name in ("Two", "Three"):
        book.create_sheet(name)
    for sheet in book.worksheets:
        sheet["A1"] = sheet.title
        sheet.print_area = "A1:B2"
        sheet.print_title_rows = "1:1"
    book.active = 2
    content = io.BytesIO()
    book.save(content)
    after = opened(feedback(answer_of(desk), content.getvalue(), LIMITS))
    assert after.sheetnames[1:] == ["One", "Two", "Three"]
    for sheet in after.worksheets[1:]:
        assert sheet.print_area == f"'{sheet.title}'!$A$1:$B$2"
        assert sheet.print_title_rows == "$1:$1"
    assert after.active.title == "Réponse"


def test_a_file_that_cannot_be_opened_is_answered_by_the_sheet_alone(desk: Desk) -> None:
    answer = answer_of(desk, [Finding("FILE_CORRUPT", found="zip")], verdict="unreadable", family="unmatched")
    for content in (b"", b"PK\x03\x04 this is no workbook", b"\xd0\xcf\x11\xe0"):
        book = opened(feedback(answer, content, LIMITS))
        assert book.sheetnames == ["Réponse"]
        sheet = book.active
        assert sheet["A3"].value == "Fichier illisible"
        assert sheet["C11"].value == "tout le fichier"
        assert words("fr")["notes"]["alone"] in [cell.value for cell in sheet["A"]]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: rewritten(content, {"xl/_rels/workbook.xml.rels": None}),
        lambda content: rewritten(content, {"[Content_Types].xml": None}),
        lambda content: rewritten(content, {"[Content_Types].xml": b"<broken"}),
        lambda content: rewritten(content, {"xl/styles.xml": b"<styleSheet"}),
        lambda content: rewritten(content, {"../evil.xml": b"<a/>"}),
        lambda content: replaced(content, "xl/theme/theme1.xml", b"<a:theme", b"<!DOCTYPE a><a:theme"),
        lambda content: content[: len(content) // 2],
    ],
)
def test_a_package_that_is_not_changed_safely_is_answered_all_the_same(change: object, desk: Desk) -> None:
    content = change(xlsx_report())  # type: ignore[operator]
    found = [Finding("NUMBER_UNREADABLE", "Sheet", "D5", "x", "12")]
    book = opened(feedback(answer_of(desk, found), content, LIMITS))
    assert book.sheetnames[0] == "Réponse"
    if len(book.sheetnames) > 1:
        assert marked(book["Sheet"]["D5"]) == letter.COLOURS["critical"]
        assert book["Sheet"]["D5"].value == 12


MERGED = xlsx_report(merges=["A5:B6"])


@settings(max_examples=100)
# The list of the package's own parts, without the end of a name.
@example(part="_rels/.rels", at=154, cut=4, put=b"")
@example(part="xl/workbook.xml", at=344, cut=1, put=b"")
@given(
    part=st.sampled_from(sorted(parts_of(MERGED))),
    at=st.integers(0, 10**6),
    cut=st.integers(0, 40),
    put=st.sampled_from([b"", b"<", b'"', b"<c/>", b'<f>HYPERLINK("a")</f>', b' r="A1"', b"<![CDATA[x]]>", b"\xff"]),
)
def test_a_damaged_package_is_answered_with_a_workbook_that_opens(
    part: str, at: int, cut: int, put: bytes, desk: Desk
) -> None:
    before = parts_of(MERGED)[part]
    at %= len(before)
    content = rewritten(MERGED, {part: before[:at] + put + before[at + cut :]})
    answer = answer_of(desk, [Finding("NUMBER_UNREADABLE", "Sheet", cell, "x", "12") for cell in ("D5", "B6", "Z9")])
    after = feedback(answer, content, LIMITS)
    try:
        own = opened(content).sheetnames
        is_one = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == own
    except BaseException:  # noqa: BLE001  the reporter's own does not open; a panic of calamine is no Exception
        return
    # A damage that two readers of the reporter's own take for different things is none of the answer's.
    if is_one:
        check_opens(after)


def test_charts_lists_rules_and_hidden_sheets_come_back_as_they_were(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report()))
    sheet = book.active
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=4, min_row=4, max_row=5), titles_from_data=True)
    sheet.add_chart(chart, "H2")
    choices = DataValidation(type="list", formula1='"a,b"')
    choices.add("C5:C9")
    sheet.add_data_validation(choices)
    sheet.conditional_formatting.add(
        "D5:D9", CellIsRule(operator="lessThan", formula=["0"], fill=PatternFill("gray125"))
    )
    sheet["F5"] = "=D5*2"
    sheet.column_dimensions["B"].width = 31
    sheet.row_dimensions[5].hidden = True
    sheet.freeze_panes = "B5"
    hidden = book.create_sheet("lists")
    hidden.sheet_state = "veryHidden"
    hidden["A1"] = "a"
    book.defined_names["choices"] = DefinedName("choices", attr_text="lists!$A$1")
    made = io.BytesIO()
    book.save(made)
    content = made.getvalue()
    answer = answer_of(desk, [Finding("NUMBER_UNREADABLE", "Sheet", "D5", "x", "12")])
    after = feedback(answer, content, LIMITS)
    assert_only_marked(opened(content), opened(after), {("Sheet", "D5")})
    before, parts = parts_of(content), parts_of(after)
    same = {name for name in before if parts.get(name) == before[name]}
    assert {
        "xl/charts/chart1.xml",
        "xl/drawings/drawing1.xml",
        "xl/worksheets/sheet2.xml",
        "xl/theme/theme1.xml",
    } <= same
    shown = parts["xl/worksheets/sheet1.xml"]
    for piece in (b"<dataValidations", b"<conditionalFormatting", b"<cols>", b"<pane "):
        start = before["xl/worksheets/sheet1.xml"].index(piece)
        assert before["xl/worksheets/sheet1.xml"][start : start + 120] in shown


def test_a_workbook_too_large_to_be_edited_is_answered(desk: Desk) -> None:
    answer = answer_of(desk, [Finding("FILE_TOO_LARGE", found="9", expected="1")], verdict="unreadable")
    tight = Limits(file_bytes=10, expanded_bytes=10, cells=10)
    assert opened(feedback(answer, xlsx_report(), tight)).sheetnames == ["Réponse"]


def check_opens(content: bytes) -> None:
    """As two readers see it; every part has a content type and every relationship leads to a part."""
    book = opened(content)
    read = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert read.sheet_names == book.sheetnames
    assert read.get_sheet_by_index(0).to_python()[0][0] == "hasila_answer"


@pytest.mark.parametrize("path", inbox_files(), ids=lambda path: path.name)
def test_the_shipped_reports_are_answered(path: Path, desk: Desk) -> None:
    content = path.read_bytes()
    organisation = path.relative_to(path.parents[1] if path.parent.name[0] != "2" else path.parents[2]).parts[0]
    reading = desk.read(content, organisation, path.name)
    findings = [
        *reading.findings,
        *([Finding("NUMBER_UNREADABLE", reading.rows[0].source_sheet, reading.rows[0].source_cell, "x", "1")]),
    ]
    after = feedback(answer_of(desk, findings, file_name=path.name, language=reading.language or "en"), content, LIMITS)
    check_opens(after)
    sheet = opened(after).worksheets[0]
    assert sheet["D11"].hyperlink is not None
    if path.suffix == ".xlsx":
        marks = {(finding.sheet, finding.cell) for finding in findings}
        assert_only_marked(opened(content), opened(after), marks)


def test_fifty_generated_reports_are_answered(desk: Desk) -> None:
    count = 0
    for _, _, generated in reports.mixed(50, 7, desk.contracts, rows=(2, 8)):
        cell = generated.observations[0]
        finding = Finding("VALUE_NEGATIVE", str(cell["source_sheet"]), str(cell["source_cell"]), "-1", "≥ 0")
        answer = answer_of(desk, [finding], file_name=generated.file_name, language=LANGUAGES[count % 3])
        after = feedback(answer, generated.content, LIMITS)
        check_opens(after)
        link = opened(after).worksheets[0]["D11"].hyperlink
        assert link is not None, generated.file_name
        count += 1
    assert count == 50


# --- as a spreadsheet program sees it


@pytest.fixture(scope="module")
def soffice() -> str:
    found = shutil.which("soffice")
    if found is None:
        pytest.skip("LibreOffice (soffice) is not installed: nobody here opens a workbook as people do")
    return found


def converted(soffice: str, content: bytes, kind: str, folder: Path) -> Path:
    """A workbook as LibreOffice opens it and saves it again."""
    source = folder / "answer.xlsx"
    source.write_bytes(content)
    done = subprocess.run(
        [
            *(soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"),
            *("--convert-to", kind, "--outdir", str(folder / "out"), str(source)),
        ],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    made = folder / "out" / f"answer.{kind.partition(':')[0]}"
    assert made.exists(), done.stdout + done.stderr
    return made


def test_libreoffice_opens_it_and_shows_the_marks_where_they_belong(
    soffice: str, arabic: tuple[bytes, bytes], tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(converted(soffice, arabic[1], "xlsx", tmp_path))
    assert book.sheetnames == opened(arabic[1]).sheetnames
    assert book.worksheets[0].sheet_view.rightToLeft
    sheet, before = book["التقرير"], opened(arabic[0])["التقرير"]
    red = {cell.coordinate for row in sheet.iter_rows() for cell in row if marked(cell) == letter.COLOURS["critical"]}
    commented = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment}
    assert red == commented == set(EIGHT)
    for row in before.iter_rows():
        for cell in row:
            assert sheet[cell.coordinate].value == cell.value
    pdf = converted(soffice, arabic[1], "pdf", tmp_path)
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("file_name", ["r.csv", "r.xlsx"])
def test_what_cannot_be_repeated_for_whatever_reason_is_answered_alone(
    file_name: str, desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> None:
        raise OverflowError("int too large")

    monkeypatch.setattr(workbook, "open_document", breaks)
    content = b"a;b\n1;2\n" if file_name == "r.csv" else xlsx_report()
    book = opened(feedback(answer_of(desk, file_name=file_name), content, LIMITS))
    assert len(book.worksheets) == 1
    assert words("fr")["notes"]["alone"] in [cell.value for cell in book.worksheets[0]["A"]]
    assert "int too large" in capsys.readouterr().err


def test_a_disk_that_fails_for_a_moment_makes_no_poorer_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(workbook, "open_document", breaks)
    with pytest.raises(OSError, match="I/O"):
        feedback(answer_of(desk, file_name="r.csv"), b"a;b\n1;2\n", LIMITS)
