"""KoboToolbox's own workbooks: the rows of a repeat group with what was answered around them."""

import json

import pytest

from orchestration.read.contracts import Contract
from orchestration.read.formats.document import Document, Limits, UnreadableError
from orchestration.read.formats.open import open_document
from tests.helpers import Desk
from tests.kobo_exports import CHILDREN, FOLLOW_UP, Table, export

LIMITS = Limits(file_bytes=10_000_000, expanded_bytes=100_000_000, cells=200_000)
FORM = Contract.model_validate(
    {
        "family": "visits",
        "version": 1,
        "title": {"ar": "زيارات", "fr": "Suivi", "en": "Visits"},
        "formats": ["xlsx", "kobo_json"],
        "data_status": {"default": "reported"},
        "period": {"source": "column"},
        "constants": {"indicator": "SN_PARENTS_TRAINED"},
        "columns": {
            "place": {"role": "place", "required": True, "labels": {"fr": ["_parent.identification.province"]}},
            "period": {"role": "period", "required": True, "labels": {"fr": ["_parent.periode"]}},
            "girls": {"role": "value", "required": True, "set": {"sex": "F"}, "labels": {"fr": ["visites/filles"]}},
            "boys": {"role": "value", "required": True, "set": {"sex": "M"}, "labels": {"fr": ["visites/garcons"]}},
        },
    }
)


def opened(limits: Limits = LIMITS, **sheets: Table) -> Document:
    return open_document("export.xlsx", export(**sheets), limits)


def own_desk(desk: Desk) -> Desk:
    return Desk((FORM,), desk.reference, desk.catalogue)


def test_a_repeat_groups_rows_are_about_the_place_and_period_of_their_submission(desk: Desk) -> None:
    reading = own_desk(desk).read(export(Suivi=FOLLOW_UP, visites=CHILDREN), "ENTRAIDE", "export.xlsx")
    assert [(row.source_cell, row.value, row.sex, row.place_code, str(row.period_start)) for row in reading.rows] == [
        ("A2", 3, "F", "MA-LAR", "2019-05-01"),
        ("B2", 4, "M", "MA-LAR", "2019-05-01"),
        ("A3", 5, "F", "MA-CHE", "2019-06-01"),
        ("B3", 6, "M", "MA-CHE", "2019-06-01"),
        ("A4", 7, "F", "MA-LAR", "2019-05-01"),
        ("B4", 8, "M", "MA-LAR", "2019-05-01"),
    ]
    assert {row.source_sheet for row in reading.rows} == {"visites"}
    # Whoever asks where the place was read is led to the other sheet.
    assert reading.rows[0].cells == {"place": "Suivi!B2", "period": "Suivi!C2", "value": "A2"}
    # Numbers that the export's own columns hold (`_id`) are no columns that somebody misspelt.
    assert reading.findings == []


def test_an_inner_group_repeats_what_the_outer_one_was_given() -> None:
    diseases: Table = [
        ["jours", "_index", "_parent_table_name", "_parent_index"],
        [9, 1, "visites", 3],
    ]
    # Wherever the sheets stand: the inner group comes first here.
    sheet = opened(maladies=diseases, visites=CHILDREN, Suivi=FOLLOW_UP).sheets[0]
    record = dict(zip(sheet.rows[0], sheet.rows[1], strict=True))
    assert record["_parent.visites.filles"] == 7
    assert record["_parent._parent.identification.province"] == "Larache"
    place = sheet.rows[0].index("_parent._parent.identification.province")
    assert sheet.cell_name(1, place) == "Suivi!B2"
    assert sheet.place(1, place) == ("Suivi", "B2")
    assert sheet.place(1, 0) == ("maladies", "A2")


@pytest.mark.parametrize("submissions", [FOLLOW_UP[:2], [*FOLLOW_UP, FOLLOW_UP[2]]], ids=["deleted", "there twice"])
def test_a_row_whose_submission_cannot_be_told_is_refused(desk: Desk, submissions: Table) -> None:
    """An empty place would be the whole country."""
    own = own_desk(desk)
    reading = own.read(export(Suivi=submissions, visites=CHILDREN), "ENTRAIDE", "export.xlsx")
    of_second = [row for row in reading.rows if row.source_cell in ("A3", "B3")]
    assert [(row.value_problem, row.cells["value"], row.problem_text) for row in of_second] == [
        ("PARENT_ROW_MISSING", "visites!E3", "2")
    ] * 2
    assert [row.value_problem for row in reading.rows if row not in of_second] == [None] * 4
    told = {
        (finding.sheet, finding.cell, finding.found)
        for _, finding in own.check([reading]).findings
        if finding.code == "PARENT_ROW_MISSING"
    }
    assert told == {("visites", "E3", "2")}


@pytest.mark.parametrize("lost", [3, 4], ids=["table", "index"])
def test_a_row_that_does_not_say_its_submission_is_refused(desk: Desk, lost: int) -> None:
    rows = [list(row) for row in CHILDREN]
    rows[2][lost] = None
    reading = own_desk(desk).read(export(Suivi=FOLLOW_UP, visites=rows), "ENTRAIDE", "export.xlsx")
    broken = {row.source_cell: row.value_problem for row in reading.rows if row.value_problem}
    assert broken == {"A3": "PARENT_ROW_MISSING", "B3": "PARENT_ROW_MISSING"}


def test_the_row_of_tags_and_empty_rows_of_a_group_belong_to_no_submission() -> None:
    tags = ["#reached+f", "#reached+m", None, None, None, None]
    child = opened(Suivi=FOLLOW_UP, visites=[CHILDREN[0], tags, CHILDREN[1], [None] * 6, CHILDREN[2]]).sheets[1]
    place = child.rows[0].index("_parent.identification.province")
    places = [row[place] if place < len(row) else None for row in child.rows[1:]]
    assert places == [None, "Larache", None, "Chefchaouen"]
    assert child.problems == {}


def test_submissions_without_their_indexes_are_nobodys_parents(desk: Desk) -> None:
    submissions = [row[:-1] for row in FOLLOW_UP]
    reading = own_desk(desk).read(export(Suivi=submissions, visites=CHILDREN), "ENTRAIDE", "export.xlsx")
    assert [finding.code for finding in reading.findings] == ["COLUMNS_MISSING"]


def test_a_sheet_whose_name_was_too_long_is_known_as_the_parent() -> None:
    title = "Suivi des visites aux familles d'accueil 2019"
    rows = [CHILDREN[0], [3, 4, 1, title, 1, 71]]
    child = opened(**{title[:31]: FOLLOW_UP, "visites": rows}).sheets[1]
    assert child.rows[1][child.rows[0].index("_parent.identification.province")] == "Larache"


def test_what_is_wrong_with_a_submissions_cell_is_told_where_it_stands(desk: Desk) -> None:
    visits = [FOLLOW_UP[0], [*FOLLOW_UP[1][:1], "=1/0", *FOLLOW_UP[1][2:]], FOLLOW_UP[2]]
    reading = own_desk(desk).read(export(Suivi=visits, visites=CHILDREN), "ENTRAIDE", "export.xlsx")
    broken = {row.cells["value"] for row in reading.rows if row.value_problem == "FORMULA_WITHOUT_VALUE"}
    assert broken == {"Suivi!B2"}


def test_sheets_that_name_each_other_as_parents_are_read_as_they_are() -> None:
    one: Table = [["n", "_index", "_parent_table_name", "_parent_index"], [1, 1, "two", 1]]
    two: Table = [["m", "_index", "_parent_table_name", "_parent_index"], [2, 1, "one", 1]]
    document = opened(one=one, two=two, itself=[one[0], [1, 1, "itself", 1]])
    assert [sheet.rows[1][0] for sheet in document.sheets] == [1, 2, 1]


def test_what_rows_repeat_counts_as_cells() -> None:
    wide: Table = [[f"q{number}" for number in range(300)] + ["_index"], [*range(300), 1]]
    rows: Table = [["n", "_index", "_parent_table_name", "_parent_index"], *([1, n, "wide", 1] for n in range(1000))]
    with pytest.raises(UnreadableError) as error:
        opened(wide=wide, rows=rows)
    assert error.value.finding.code == "FILE_TOO_LARGE"


@pytest.mark.parametrize("said", ["Not Approved", "validation_status_not_approved", "Approved", "On Hold", None])
def test_what_is_not_approved_is_not_counted_and_told(desk: Desk, said: str | None) -> None:
    status = [said, None, said]
    rows = [[*CHILDREN[0], "_submission__validation_status"]]
    rows += [[*row, own] for row, own in zip(CHILDREN[1:], status, strict=True)]
    reading = own_desk(desk).read(export(Suivi=FOLLOW_UP, visites=rows), "ENTRAIDE", "export.xlsx")
    is_refused = said in ("Not Approved", "validation_status_not_approved")
    assert [row.source_cell for row in reading.rows] == ["A3", "B3"] if is_refused else len(reading.rows) == 6
    told = [(finding.code, finding.cell, finding.found) for finding in reading.findings]
    assert told == ([("ROW_NOT_APPROVED", "G2", "2, 4")] if is_refused else [])


def test_what_is_not_approved_is_not_counted_in_kobos_json_either(desk: Desk) -> None:
    refused = {"uid": "validation_status_not_approved", "label": "Not Approved"}
    answers = {"identification/province": "Larache", "periode": "2019-05"}
    submissions = [
        {"_uuid": "a", **answers, "visites": [{"visites/filles": 3, "visites/garcons": 4}], "_validation_status": {}},
        {"_uuid": "b", **answers, "visites": [{"visites/filles": 5, "visites/garcons": 6}]}
        | {"_validation_status": refused},
    ]
    reading = own_desk(desk).read(json.dumps(submissions).encode(), "ENTRAIDE", "export.json")
    assert [row.value for row in reading.rows] == [3, 4]
    assert [(finding.code, finding.found) for finding in reading.findings] == [("ROW_NOT_APPROVED", "3")]
