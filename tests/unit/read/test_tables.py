"""Tables: a header is found wherever a person would see one, and nothing is read that is not a value."""

import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from orchestration.read.contracts import Contract
from orchestration.read.formats.document import Document, Sheet
from orchestration.read.reference import Reference
from orchestration.read.room import Reading
from orchestration.read.tables import label_keys, match, without_footnote
from tests.helpers import Desk, codes

INDICATOR = "SN_PARENTS_TRAINED"
COLUMNS: dict[str, Any] = {
    "indicator": {"role": "indicator", "required": True, "labels": {"fr": ["Indicateur"], "ar": ["المؤشر"]}},
    "place": {"role": "place", "required": True, "labels": {"fr": ["Lieu", "Région"], "ar": ["المكان", "الجهة"]}},
    "sex": {"role": "sex", "labels": {"fr": ["Sexe"], "ar": ["الجنس"]}},
    "value": {"role": "value", "required": True, "labels": {"fr": ["Nombre"], "ar": ["العدد"]}},
}


def contract(**changes: Any) -> Contract:
    return Contract.model_validate(
        {
            "family": "visits",
            "version": 1,
            "title": {"ar": "زيارات", "fr": "Visites", "en": "Visits"},
            "formats": ["xlsx", "csv"],
            "data_status": {"default": "reported"},
            "period": {"source": "title"},
            "columns": COLUMNS,
        }
        | changes
    )


Lines = Iterable[Sequence[object]]
Report = Callable[..., Reading]


@pytest.fixture
def report(desk: Desk) -> Report:
    """Reads a workbook of the given sheets (or one sheet's rows) by a contract of its own."""

    def read(lines: Lines | dict[str, Lines], edit: Callable[[Any], None] | None = None, **changes: Any) -> Reading:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in (lines if isinstance(lines, dict) else {"Feuil1": lines}).items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
        if edit:
            edit(book)
        content = io.BytesIO()
        book.save(content)
        own = Desk((contract(**changes),), desk.reference, desk.catalogue)
        return own.read(content.getvalue(), "ENTRAIDE", "report.xlsx")

    return read


def cells(reading: Reading) -> list[tuple[str, str, str, int]]:
    return [(row.source_cell, row.place_code, row.sex, int(row.value or 0)) for row in reading.rows]


HEADER = ("Indicateur", "Lieu", "Sexe", "Nombre")
ROW = (INDICATOR, "Chefchaouen", "Filles", 12)
PERIOD = ("Période : T2 2019",)


@pytest.mark.parametrize(
    ("above", "cell"),
    [
        ([HEADER], "D3"),
        ([("logo",), ("Rapport",), (), HEADER], "D6"),
        ([("Indicateur / المؤشر", "Lieu\nالمكان", "Sexe (الجنس)", "Nombre العدد")], "D3"),
        ([HEADER, ("المؤشر", "المكان", "الجنس", "العدد")], "D4"),
        ([HEADER, (None, None, None, "(personnes)")], "D4"),
        ([HEADER, (None, None, None, "Effectif")], "D4"),
        ([("Indicateur (1)", "Lieu*", "Sexe²", "Nombre (a)")], "D3"),
        ([("Indicateur", "Lieu", "Sexe", None), (None, None, None, "Nombre")], "D4"),
        ([HEADER, ("#indicator", "#adm2", "#sex", "#value")], "D4"),
    ],
)
def test_a_header_is_found_in_the_forms_that_people_give_it(report: Report, above: Lines, cell: str) -> None:
    reading = report([PERIOD, *above, ROW])
    assert cells(reading) == [(cell, "MA-CHE", "F", 12)]
    assert codes(reading) == set()


def test_a_heading_over_two_columns_is_not_the_name_of_the_first(report: Report) -> None:
    """`Nombre` over `Filles` and `Garçons`: reading the girls as everybody would be a wrong figure."""
    reading = report([PERIOD, ("Indicateur", "Lieu", "Nombre"), (None, None, "Filles", "Garçons"), (*ROW[:2], 1, 2)])
    assert (reading.state, codes(reading)) == ("sent_back", {"COLUMNS_MISSING"})


WIDE_COLUMNS = {name: COLUMNS[name] for name in ("indicator", "place")}


def test_sexes_across_are_value_columns_and_their_total_is_the_total(report: Report) -> None:
    reading = report(
        [PERIOD, ("Indicateur", "Lieu", "Nombre"), (None, None, "Filles", "Garçons", "Total"), (*ROW[:2], 1, 2, 3)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "sex"}],
    )
    assert cells(reading) == [("C4", "MA-CHE", "F", 1), ("D4", "MA-CHE", "M", 2), ("E4", "MA-CHE", "_T", 3)]


def test_two_dimensions_across_in_two_rows(report: Report) -> None:
    header = [("Indicateur", "Lieu", "Filles", None, "Garçons", None), (None, None, "0-4", "5-11", "0-4", "5-11")]
    reading = report(
        [PERIOD, *header, (*ROW[:2], 1, 2, 3, 4)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "sex"}, {"dimension": "age_group"}],
    )
    assert [(row.sex, row.age_group, row.value) for row in reading.rows] == [
        ("F", "Y0T4", 1),
        ("F", "Y5T11", 2),
        ("M", "Y0T4", 3),
        ("M", "Y5T11", 4),
    ]


def test_months_across_take_the_year_of_the_title_and_their_total_its_period(report: Report) -> None:
    reading = report(
        [("Année : 2019",), ("Indicateur", "Lieu", "janvier", "غشت", "Total"), (*ROW[:2], 1, 2, 3)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "period"}],
    )
    assert [(str(row.period_start), row.period_grain) for row in reading.rows] == [
        ("2019-01-01", "month"),
        ("2019-08-01", "month"),
        ("2019-01-01", "year"),
    ]


def test_places_and_indicators_across(report: Report) -> None:
    places = report(
        [PERIOD, ("Indicateur", "Chefchaouen", "Larache", "Total"), (INDICATOR, 1, 2, 3)],
        columns={"indicator": COLUMNS["indicator"]},
        spread=[{"dimension": "place"}],
    )
    assert [(row.place_code, row.value) for row in places.rows] == [("MA-CHE", 1), ("MA-LAR", 2), ("MA", 3)]
    indicators = report(
        [PERIOD, ("Lieu", INDICATOR, "SN_ACTORS_TRAINED", "Total"), ("Chefchaouen", 1, 2, 3)],
        columns={"place": COLUMNS["place"]},
        spread=[{"dimension": "indicator"}],
    )
    assert [(row.indicator_code, row.value) for row in indicators.rows] == [(INDICATOR, 1), ("SN_ACTORS_TRAINED", 2)]
    assert codes(indicators) == {"COLUMN_NOT_READ"}


def test_a_value_column_may_say_itself_what_it_is_about(report: Report) -> None:
    columns = WIDE_COLUMNS | {
        "girls": {"role": "value", "set": {"sex": "F"}, "labels": {"fr": ["Filles formées"]}},
        "first": {"role": "value", "set": {"period": "T1", "place": "MA-01"}, "labels": {"fr": ["Premier"]}},
    }
    reading = report(
        [("Année : 2019",), ("Indicateur", "Lieu", "Filles formées", "Premier"), (*ROW[:2], 5, 6)], columns=columns
    )
    girls, first = reading.rows
    assert (girls.sex, girls.place_code, girls.period_grain) == ("F", "MA-CHE", "year")
    assert (first.sex, first.place_code, first.period_grain) == ("_T", "MA-01", "quarter")


def test_hxl_tags_decide_wherever_the_labels_differ(report: Report) -> None:
    columns = {
        "indicator": {"role": "indicator", "required": True, "hxl": ["#indicator"]},
        "women": {"role": "value", "required": True, "set": {"sex": "F"}, "hxl": ["#reached+f"]},
        "men": {"role": "value", "set": {"sex": "M"}, "hxl": ["#reached+m"], "labels": {"fr": ["Hombres"]}},
    }
    reading = report(
        [PERIOD, ("A", "Hombres", "Mujeres"), ("#indicator", "#reached +f +adults", "#reached+m"), (INDICATOR, 1, 2)],
        columns=columns,
    )
    assert [(row.source_cell, row.sex) for row in reading.rows] == [("B4", "F"), ("C4", "M")]


def test_several_tables_on_a_sheet_each_with_its_period(report: Report) -> None:
    reading = report([PERIOD, HEADER, ROW, ("Source : registres",), (), ("Période : T3 2019",), HEADER, ROW, ROW])
    assert [(row.source_cell, str(row.period_start)) for row in reading.rows] == [
        ("D3", "2019-04-01"),
        ("D8", "2019-07-01"),
        ("D9", "2019-07-01"),
    ]
    assert [(finding.code, finding.cell) for finding in reading.findings] == [("ROW_NOT_READ", "A4")]
    assert reading.period is not None
    assert (str(reading.period.start), str(reading.period.end)) == ("2019-04-01", "2019-09-30")


def test_quarter_sheets_have_a_quarter_each_and_the_report_their_span(report: Report) -> None:
    sheets = {f"T{number}": [("Année : 2019",), HEADER, ROW] for number in (1, 2, 3, 4)}
    reading = report(sheets)
    assert [(row.source_sheet, row.period_grain, str(row.period_start)) for row in reading.rows] == [
        ("T1", "quarter", "2019-01-01"),
        ("T2", "quarter", "2019-04-01"),
        ("T3", "quarter", "2019-07-01"),
        ("T4", "quarter", "2019-10-01"),
    ]
    assert reading.period is not None
    assert reading.period.grain == "year"


def test_a_cover_sheet_may_name_the_period(report: Report) -> None:
    reading = report({"Couverture": [("Rapport",), ("Période", "T2 2019")], "Données": [HEADER, ROW]})
    assert str(reading.rows[0].period_start) == "2019-04-01"


@pytest.mark.parametrize(
    ("titles", "start"),
    [
        ([("Bilan 2020",), ("Période : T2 2019",)], "2019-04-01"),
        ([("12/03/2020",), ("Période :", "T2 2019")], "2019-04-01"),
        ([("2019",), ("T2 2019",)], "2019-04-01"),
        ([("Date d'édition : 12/03/2020",), ("T2 2019",)], "2019-04-01"),
        ([("Rapport d'activité - T2 2019",)], "2019-04-01"),
        ([("Année : 2019",), ("Trimestre : 2",)], "2019-04-01"),
    ],
)
def test_the_period_that_is_marked_as_such_counts(report: Report, titles: Lines, start: str) -> None:
    reading = report([*titles, HEADER, ROW])
    (row,) = reading.rows
    assert (str(row.period_start), row.value_problem) == (start, None)


def test_two_periods_that_contradict_each_other_are_told_with_both(report: Report) -> None:
    reading = report([("Période : T1 2019",), ("الفترة: الربع الثاني 2019",), HEADER, ROW])
    (row,) = reading.rows
    assert row.value_problem == "PERIODS_IN_CONFLICT"
    assert row.problem_text == "Période : T1 2019 (A1) / الفترة: الربع الثاني 2019 (A2)"


def hide_sheet(book: Any) -> None:
    book["Brouillon"].sheet_state = "hidden"


def test_hidden_sheets_are_read_or_not_as_the_contract_says_and_said_so(report: Report) -> None:
    sheets = {"Rapport": [PERIOD, HEADER, ROW], "Brouillon": [PERIOD, HEADER, (*ROW[:3], 99)]}
    reading = report(sheets, hide_sheet)
    assert [row.value for row in reading.rows] == [12]
    assert [(finding.code, finding.sheet) for finding in reading.findings] == [("SHEET_HIDDEN_NOT_READ", "Brouillon")]
    reading = report(sheets, hide_sheet, sheets={"hidden": "read"})
    assert [row.value for row in reading.rows] == [12, 99]
    reading = report(sheets, sheets={"only": ["brouillon"]})
    assert [row.value for row in reading.rows] == [99]


def test_hidden_rows_are_read_or_not_as_the_contract_says_and_said_so(report: Report) -> None:
    def hide(book: Any) -> None:
        book.active.row_dimensions[4].hidden = True

    lines = [PERIOD, HEADER, ROW, (*ROW[:3], 99)]
    reading = report(lines, hide)
    assert [row.value for row in reading.rows] == [12]
    assert [(finding.code, finding.found) for finding in reading.findings] == [("ROW_HIDDEN_NOT_READ", "4")]
    assert len(report(lines, hide, sheets={"hidden_rows": "read"}).rows) == 2


def test_duplicate_and_blank_headers_are_told(report: Report) -> None:
    reading = report([PERIOD, (*HEADER, "Nombre", None), (*ROW, 13, "x")])
    assert cells(reading) == [("D3", "MA-CHE", "F", 12)]
    assert [(finding.code, finding.cell) for finding in reading.findings] == [
        ("HEADER_DUPLICATE", "E2"),
        ("HEADER_BLANK", "F2"),
    ]


def test_total_rows_are_the_country_or_the_place_that_the_file_is_about(report: Report) -> None:
    lines = [PERIOD, HEADER, ROW, (INDICATOR, "Total", "Total", 30)]
    assert cells(report(lines))[1] == ("D4", "MA", "_T", 30)
    assert cells(report(lines, constants={"place": "MA-01"}))[1] == ("D4", "MA-01", "_T", 30)


@pytest.mark.parametrize(("written", "plain"), [("425*", "425"), ("425 (1)", "425"), ("425²", "425"), ("(12)", "(12)")])
def test_footnote_marks_are_not_part_of_what_they_mark(written: str, plain: str) -> None:
    assert without_footnote(written) == plain


def test_a_heading_is_known_by_any_of_its_languages() -> None:
    assert {"region", "الجهه"} <= set(label_keys("Région / الجهة")) & set(label_keys("Région الجهة"))


def test_records_have_their_header_in_the_first_row_and_cells_by_locator(reference: Reference) -> None:
    rows: list[list[object]] = [["Indicateur", "Lieu", "Nombre"], [INDICATOR, "Chefchaouen", "12"]]
    locators = [["/0", "/1", "/2"], ["/v/0/i", "/v/0/p", "/v/0/n"]]
    document = Document("json", [Sheet("values", rows, locators=locators)])
    (table,) = match(document, contract(), reference).tables
    assert (table.header, table.first, table.end) == (0, 1, 2)
    assert table.sheet.cell_name(1, table.values[0].index) == "/v/0/n"


def test_a_number_with_a_footnote_is_that_number(report: Report) -> None:
    reading = report([PERIOD, HEADER, (*ROW[:3], "425 (1)"), (*ROW[:3], "425*"), (*ROW[:3], "*")])
    assert [(row.value, row.qualifier) for row in reading.rows] == [
        (Decimal(425), "exact"),
        (Decimal(425), "exact"),
        (None, "suppressed"),
    ]
