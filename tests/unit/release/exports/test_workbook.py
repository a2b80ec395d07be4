"""The workbook: every cell is that of the file, in three languages, as people and programs open it."""

import datetime as dt
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from orchestration.release import exports
from orchestration.release.exports import headlines, workbook
from orchestration.settings import LANGUAGES, Language
from tests.unit.release.exports.makers import EDITION, public_folder, rows_of

TABLES = {
    "objectives": ("indicator_by_objective_year", "true"),
    "places": ("indicator_by_place_year", "place_type <> 'prefecture'"),
    "groups": ("indicator_by_group_year", "place_type = 'country'"),
    "targets": ("fct_target", "true"),
}
Cells = list[dict[str, Any]]


@pytest.fixture(scope="module")
def book(public: Path) -> CalamineWorkbook:
    return CalamineWorkbook.from_path(str(public / "hasila.xlsx"))


@pytest.fixture(scope="module")
def styled(public: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(public / "hasila.xlsx")


def sheet_name(language: Language, table: str, names: list[str]) -> str:
    name = headlines.texts(language)["sheets"][table]
    return name if name in names else f"{name} ({language})"


def cells(book: CalamineWorkbook, language: Language, table: str) -> Cells:
    """The sheet's rows by their headings; a blank cell is None."""
    sheet = book.get_sheet_by_name(sheet_name(language, table, book.sheet_names))
    header, *rows = sheet.to_python(skip_empty_area=False)
    return [dict(zip(map(str, header), (None if value == "" else value for value in row), strict=True)) for row in rows]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", TABLES)
def test_the_cells_are_those_of_the_file(public: Path, book: CalamineWorkbook, language: Language, table: str) -> None:
    mart, where = TABLES[table]
    titles = headlines.texts(language)["headings"]
    words = headlines.texts(language)["words"]
    shown = cells(book, language, table)
    assert len(shown) == len(rows_of(public, mart, where=where))
    headline = next(one for one in headlines.HEADLINES if one.name == table)
    for heading in headline.headings:
        found = [row[titles[heading.source]] for row in shown]
        column = heading.column(language)
        if heading.is_translated:
            others = ", ".join(f"{heading.source}_{one}" for one in (language, "fr", "ar", "en"))
            column = f"coalesce({others})"
        expected = [value for (value,) in rows_of(public, mart, column, where)]
        if heading.kind == "word" and heading.source != "age_group":
            assert found == [words[heading.source].get(value, value) for value in expected]
        elif heading.kind in ("text", "code"):
            # XML has no such character.
            assert found == [value and value.replace("\x01", "") for value in expected]
        elif heading.kind == "date":
            assert found == expected
        elif heading.source != "age_group":
            assert found == [float(value) if isinstance(value, Decimal) else value for value in expected]


def test_sheets_run_in_the_direction_of_their_language(styled: openpyxl.Workbook) -> None:
    for language in LANGUAGES:
        for table in ("cover", *TABLES):
            sheet = styled[sheet_name(language, table, styled.sheetnames)]
            assert bool(sheet.sheet_view.rightToLeft) == (language == "ar")
    assert len(styled.sheetnames) == len(LANGUAGES) * (1 + len(TABLES))


def test_headings_stay_in_sight_and_can_be_filtered(styled: openpyxl.Workbook) -> None:
    for language in LANGUAGES:
        for table in TABLES:
            sheet = styled[sheet_name(language, table, styled.sheetnames)]
            assert sheet.freeze_panes == "A2"
            assert sheet.auto_filter.ref == sheet.dimensions
            assert all(sheet.column_dimensions[cell.column_letter].width > 7 for cell in sheet[1])


def test_a_printed_table_is_as_wide_as_the_paper_with_headings_on_every_page(styled: openpyxl.Workbook) -> None:
    for language in LANGUAGES:
        sheet = styled[sheet_name(language, "objectives", styled.sheetnames)]
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$1:$1"


def test_made_up_figures_are_yellow_and_no_others(styled: openpyxl.Workbook) -> None:
    for language in LANGUAGES:
        sheet = styled[sheet_name(language, "objectives", styled.sheetnames)]
        header = [cell.value for cell in sheet[1]]
        status = header.index(headlines.texts(language)["headings"]["data_status"])
        word = headlines.texts(language)["words"]["data_status"]["illustrative"]
        rows = list(sheet.iter_rows(min_row=2))
        assert {row[status].value == word for row in rows} == {True, False}
        for row in rows:
            fills = {cell.fill.fgColor.rgb if cell.fill.fill_type else None for cell in row}
            assert fills == ({"FFFFF2CC"} if row[status].value == word else {None})


def test_numbers_have_the_form_of_what_they_count(styled: openpyxl.Workbook) -> None:
    sheet = styled["Tally"]
    header = [cell.value for cell in sheet[1]]
    formats = {
        heading: {row[header.index(heading)].number_format for row in sheet.iter_rows(min_row=2)}
        for heading in ("Value", "Progress", "Start of the period", "Reports accepted", "Year")
    }
    assert formats["Value"] == {"#,##0", "#,##0.0#########"}
    assert formats["Progress"] <= {"0.0%", "@"}
    assert formats["Start of the period"] == {"yyyy-mm-dd"}
    assert formats["Reports accepted"] == {"#,##0"}
    assert formats["Year"] == {"0"}


def test_a_suppressed_value_is_blank_and_says_so_in_words(book: CalamineWorkbook) -> None:
    for language, word in (
        ("ar", "محجوب (عدد صغير)"),
        ("fr", "masqué (petit effectif)"),
        ("en", "suppressed (small count)"),
    ):
        titles = headlines.texts(language)["headings"]  # type: ignore[arg-type]
        rows = [row for row in cells(book, language, "groups") if row[titles["qualifier"]] == word]  # type: ignore[arg-type]
        assert [row[titles["value"]] for row in rows] == [None]


def test_nothing_in_it_is_a_formula(public: Path, styled: openpyxl.Workbook) -> None:
    assert styled["Bilan"]["D2"].value.startswith("=HYPERLINK")
    assert {cell.data_type for sheet in styled for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    with zipfile.ZipFile(public / "hasila.xlsx") as package:
        for name in package.namelist():
            assert b"<f>" not in package.read(name)


def test_the_cover_names_the_release_and_says_what_words_mean(book: CalamineWorkbook) -> None:
    for language in LANGUAGES:
        said = [
            str(cell)
            for row in book.get_sheet_by_name(headlines.texts(language)["sheets"]["cover"]).to_python()
            for cell in row
        ]
        assert EDITION.release_id in said
        assert "2024-01-31 22:00:00" in said
        assert "2024-01-30" in said
        cover = headlines.texts(language)["cover"]
        assert {*cover["status_meanings"].values(), *cover["qualifier_meanings"].values(), *cover["notes"]} <= set(said)


def test_it_was_made_when_the_release_was(public: Path, styled: openpyxl.Workbook) -> None:
    assert styled.properties.created == dt.datetime(2024, 1, 31, 22, 0, 0)
    with zipfile.ZipFile(public / "hasila.xlsx") as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_long_sheet_begins_at_a_later_year_and_the_cover_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "LONGEST_SHEET", 6)
    public = public_folder(tmp_path)
    exports.write(public, EDITION)
    book = CalamineWorkbook.from_path(str(public / "hasila.xlsx"))
    # 2021 has two national figures, 2020 three more, 2019 another three and so does not fit.
    assert sorted(row["Year"] for row in cells(book, "en", "objectives")) == [2020, 2020, 2020, 2021, 2021]
    cover = [str(cell) for row in book.get_sheet_by_name("About").to_python() for cell in row]
    assert "5 rows, from 2020 on; earlier years are in the CSV files" in cover


def test_a_text_that_is_longer_than_a_cell_is_cut(tmp_path: Path) -> None:
    public = public_folder(tmp_path, more="update marts.fct_target set source = repeat('ab', 20000)")
    exports.write(public, EDITION)
    book = CalamineWorkbook.from_path(str(public / "hasila.xlsx"))
    assert len(cells(book, "en", "targets")[0]["Source"]) == 32_767


@pytest.mark.parametrize(
    ("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")]
)
def test_columns_have_the_letters_of_spreadsheets(position: int, letters: str) -> None:
    assert workbook._letters(position) == letters


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("&lt;", "&amp;lt;"),
        ("_x000D_", "_x005F_x000D_"),
        ("_x_", "_x_"),
        ("a\x00\x1fb\tc\nd\ufffe", "ab\tc\nd"),
        ("٤٠٦ 😀", "٤٠٦ 😀"),
    ],
)
def test_texts_as_they_stand_in_xml(text: str, written: str) -> None:
    ((found,),) = duckdb.execute(f"select {workbook._escaped('text')} from (select ? as text)", [text]).fetchall()
    assert found == written


def test_libreoffice_opens_it(public: Path, office: Callable[..., Path], styled: openpyxl.Workbook) -> None:
    again = openpyxl.load_workbook(office(public / "hasila.xlsx", "xlsx"))
    assert again.sheetnames == styled.sheetnames
    for before, after in zip(styled, again, strict=True):
        assert bool(after.sheet_view.rightToLeft) == bool(before.sheet_view.rightToLeft)
        for row in before.iter_rows():
            for cell in row:
                found = after[cell.coordinate].value
                expected = cell.value
                if isinstance(expected, float):
                    expected = pytest.approx(expected, rel=1e-14)
                elif isinstance(expected, str):
                    # openpyxl leaves Excel's escapes as they are.
                    expected = expected.replace("_x005F_", "_")
                assert found == expected, (before.title, cell.coordinate)
