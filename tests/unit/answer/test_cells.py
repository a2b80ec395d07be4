"""A workbook made from cells as read: the same addresses, texts as texts, records with their places."""

import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from orchestration.answer import cells
from orchestration.answer.content import words
from orchestration.answer.workbook import feedback
from orchestration.findings import Finding
from orchestration.read.formats.document import Document, Sheet
from orchestration.read.formats.open import open_document
from tests.helpers import LIMITS, Desk
from tests.unit.answer.makers import answer_of, opened

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=20
)
CELL = st.one_of(st.none(), TEXT, st.integers(-(10**9), 10**9), st.booleans(), st.floats(-1e9, 1e9))


def read_back(copy: cells.Copy) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(copy.content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


@settings(max_examples=50)
@given(st.lists(st.lists(CELL, max_size=5), max_size=5))
def test_every_cell_stands_where_it_was_read(rows: list[list[object]]) -> None:
    copy = cells.workbook_of(Document("csv", [Sheet("data", [list(row) for row in rows])]), "place")
    found = read_back(copy)["data"]
    for row, line in enumerate(rows):
        for column, cell in enumerate(line):
            if cell is not None:
                assert found[row][column] == cell
                assert isinstance(found[row][column], str) is isinstance(cell, str)
    assert sum(cell not in ("", None) for line in found for cell in line) == sum(
        cell is not None for line in rows for cell in line
    )


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_names_of_sheets_are_allowed_and_unlike(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        made = cells.unique_name(name, taken)
        assert 0 < len(made) <= 31
        assert not set(made) & set("[]:*?/\\")
        assert made.strip("'") == made
        assert made.casefold() not in [other.casefold() for other in taken]
        taken.append(made)


def test_what_cannot_be_a_number_is_its_text() -> None:
    rows: list[list[object]] = [
        [float("nan"), -float("inf"), 10**30, 10**349, dt.datetime(2020, 1, 2, 3, 4), dt.date(2020, 1, 2), "x" * 40_000]
    ]
    (line,) = read_back(cells.workbook_of(Document("json", [Sheet("a", rows)]), ""))["a"]
    assert line == ["nan", "-inf", str(10**30), "1" + "0" * 349, "2020-01-02 03:04:00", "2020-01-02", "x" * 32_767]


def test_records_say_where_they_are_and_their_cells_are_found(desk: Desk) -> None:
    content = b'{"dataValues": [{"value": "12", "period": "2020"}, {"value": "many", "period": "2020"}]}'
    document = open_document("r.json", content, LIMITS)
    sheet = document.sheets[0]
    assert sheet.locators is not None
    (column,) = [index for index, name in enumerate(sheet.rows[0]) if name == "value"]
    place = sheet.locators[2][column]
    answer = answer_of(desk, [Finding("NUMBER_UNREADABLE", sheet.name, place, "many", "12")], file_name="r.json")
    book = opened(feedback(answer, content, LIMITS))
    copy = book[book.sheetnames[1]]
    cell = copy.cell(3, column + 1)
    assert cell.value == "many"
    assert cell.comment is not None
    own = book.worksheets[0]
    assert own["D11"].value == place
    assert own["D11"].hyperlink.location == f"'{copy.title}'!{cell.coordinate}"
    width = copy.max_column
    assert copy.cell(1, width).value == words("fr")["notes"]["place"]
    assert copy.cell(3, width).value == "/dataValues/1"


@pytest.mark.parametrize(("most", "rows"), [(6, 2), (8, 2), (9, 3)])
def test_a_report_too_large_to_be_repeated_is_cut_and_says_so(
    most: int, rows: int, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST_CELLS", most)
    answer = answer_of(desk, file_name="r.csv")
    book = opened(feedback(answer, b"a;b;c\n1;2;3\n4;5;6\n", LIMITS))
    assert book.worksheets[1].max_row == rows
    said = [cell.value for cell in book.worksheets[0]["A"]]
    assert (words("fr")["notes"]["cut"] in said) is (rows < 3)


def test_a_report_of_long_texts_is_cut_by_what_it_takes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_BYTES", 10_000)
    texts = ["a" * 4_000, "b" * 4_000, "ج" * 4_000]
    book = opened(feedback(answer_of(desk, file_name="r.csv"), "\n".join(texts).encode(), LIMITS))
    assert [cell.value for cell in book.worksheets[1]["A"]] == texts[:2]
    assert words("fr")["notes"]["cut"] in [cell.value for cell in book.worksheets[0]["A"]]


def test_several_sheets_share_what_a_copy_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_BYTES", 10_000)
    sheets = [Sheet(name, [["a" * 4_000]]) for name in "abc"]
    copy = cells.workbook_of(Document("ods", sheets), "")
    assert copy.is_cut
    assert [bool(lines) for lines in read_back(copy).values()] == [True, True, False]


def test_a_whole_number_of_any_length_is_answered(desk: Desk) -> None:
    content = b'{"dataValues": [{"value": 1%s, "period": "2020"}]}' % (b"0" * 349)
    book = opened(feedback(answer_of(desk, file_name="r.json"), content, LIMITS))
    assert "1" + "0" * 349 in [cell.value for row in book.worksheets[1].iter_rows() for cell in row]
