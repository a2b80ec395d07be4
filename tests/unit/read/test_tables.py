"""Tables: a header is found wherever a person would see one, and nothing is read that is not a value."""

import datetime as dt
import io
import json
import subprocess
import sys
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
from tests.helpers import PROJECT, Desk, codes

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


@pytest.mark.parametrize(
    ("upper", "lower", "spans"),
    [
        (
            ("2018", None, None, "2019", None),
            ("Octobre", "Décembre", "Total", "Janvier", "Octobre"),
            ["2018-10 2018-10", "2018-12 2018-12", "2018-01 2018-12", "2019-01 2019-01", "2019-10 2019-10"],
        ),
        (
            (2018, None, None, "سنة 2019", None),
            ("T1", "T2", "المجموع", "الربع الأول", "المجموع"),
            ["2018-01 2018-03", "2018-04 2018-06", "2018-01 2018-12", "2019-01 2019-03", "2019-01 2019-12"],
        ),
        (
            ("T1", None, "T2", None, "Total"),
            ("2018", "2019", 2018, 2019, "2018"),
            ["2018-01 2018-03", "2019-01 2019-03", "2018-04 2018-06", "2019-04 2019-06", "2018-01 2018-12"],
        ),
    ],
)
def test_months_and_quarters_under_their_years_or_over_them(
    report: Report, upper: Sequence[object], lower: Sequence[object], spans: list[str]
) -> None:
    """October under 2018 is neither the October of the title's year nor all of 2018."""
    reading = report(
        [("Année : 2019",), ("Indicateur", "Lieu", *upper), (None, None, *lower), (*ROW[:2], 1, 2, 3, 4, 5)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "period"}],
    )
    assert [f"{row.period_start:%Y-%m} {row.period_end:%Y-%m}" for row in reading.rows] == spans
    assert [row.value for row in reading.rows] == [1, 2, 3, 4, 5]
    assert codes(reading) == set()


def test_a_group_of_one_known_column_has_the_row_below_it(report: Report) -> None:
    """`Filles` under `0-5 ans`, beside a share that nobody asked for: the girls are not all children."""
    header = [("Indicateur", "Lieu", "0-5 ans", None, "2-3 ans"), (None, None, "Filles", "Part", "Garçons")]
    spread = [{"dimension": "age_group"}, {"dimension": "sex"}]
    reading = report([PERIOD, *header, (*ROW[:2], 1, 50, 2)], columns=WIDE_COLUMNS, spread=spread)
    assert [(row.age_group, row.sex, row.value) for row in reading.rows] == [("Y0T5", "F", 1), ("Y2T3", "M", 2)]
    assert [(finding.code, finding.found) for finding in reading.findings] == [("COLUMN_UNKNOWN", "Part")]


@pytest.mark.parametrize(
    ("headings", "totals", "told"),
    [
        (("Janvier", "S/Total", "Février", "S/Total", "Total"), {"2019-12-31": 5}, ["COLUMN_UNKNOWN"] * 2),
        (("Janvier", "Total", "Février", "Total", "Total"), {}, ["HEADER_DUPLICATE"] * 3),
        (("Janvier", "Sous-total", "Février", "Mars", "المجموع"), {"2019-12-31": 5}, ["COLUMN_UNKNOWN"]),
        (("Janvier", "Février", "Mars", "Avril", "Total"), {"2019-12-31": 5}, []),
    ],
)
def test_the_total_of_some_months_is_not_the_years(
    report: Report, headings: Sequence[str], totals: dict[str, int], told: list[str]
) -> None:
    reading = report(
        [("Année : 2019",), ("Indicateur", "Lieu", *headings), (*ROW[:2], 1, 2, 3, 4, 5)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "period"}],
    )
    assert {str(row.period_end): row.value for row in reading.rows if row.period_grain == "year"} == totals
    assert [finding.code for finding in reading.findings] == told


def test_a_subtotal_under_a_group_is_the_groups(report: Report) -> None:
    groups = ("0-5 ans", None, None, "6-11 ans", None)
    parts = ("Filles", "Garçons", "Sous-total", "Filles", "S/Total")
    reading = report(
        [PERIOD, ("Indicateur", "Lieu", *groups), (None, None, *parts), (*ROW[:2], 1, 2, 3, 4, 5)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "age_group"}, {"dimension": "sex"}],
    )
    assert [(row.age_group, row.sex) for row in reading.rows][2::2] == [("Y0T5", "_T"), ("Y6T11", "_T")]
    assert codes(reading) == set()


def test_figures_that_could_be_years_are_no_header(report: Report) -> None:
    header = ("Indicateur", "Lieu", "janvier", "février")
    reading = report(
        [("Année : 2019",), header, (*ROW[:2], 2017, 2018), (INDICATOR, "Larache", 5, 6)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "period"}],
    )
    assert [row.value for row in reading.rows] == [2017, 2018, 5, 6]


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


@pytest.mark.parametrize(
    ("title", "span"),
    [
        (("Période :", dt.date(2019, 4, 1), dt.date(2019, 6, 30)), "2019-04-01 2019-06-30"),
        (("Période", "01/04/2019", "au", "30/06/2019"), "2019-04-01 2019-06-30"),
        (("الفترة", "01/04/2019", "إلى", "30/06/2019"), "2019-04-01 2019-06-30"),
        (("Période :", "01/04/2019", "Édité le", "30/07/2019"), "2019-04-01 2019-04-01"),
        (("Période :", "2018-2019"), "2018-01-01 2019-12-31"),
        (("Année scolaire : 2018-2019",), "None None"),
        (("Année scolaire", "2018/2019"), "None None"),
        (("الموسم الدراسي : 2018-2019",), "None None"),
        (("Exercice : 2018-2019",), "None None"),
        (("Exercice : 2019",), "2019-01-01 2019-12-31"),
    ],
)
def test_a_period_of_two_days_and_a_year_that_is_none_of_the_calendar(report: Report, title: Lines, span: str) -> None:
    (row,) = report([title, HEADER, ROW]).rows
    assert f"{row.period_start} {row.period_end}" == span


def test_two_periods_that_contradict_each_other_are_told_with_both(report: Report) -> None:
    reading = report([("Période : T1 2019",), ("الفترة: الربع الثاني 2019",), HEADER, ROW])
    (row,) = reading.rows
    assert row.value_problem == "PERIODS_IN_CONFLICT"
    assert row.problem_text == "Période : T1 2019 (A1) / الفترة: الربع الثاني 2019 (A2)"


def test_dates_on_another_sheet_contradict_no_row_that_says_its_period(desk: Desk) -> None:
    book = openpyxl.Workbook()
    table, notes = book.worksheets[0], book.create_sheet("Suivi")
    table.append(["Semestre", "Province", "Filles intégrées", "Garçons intégrés", "Bénéficiaires SAMU"])
    table.append(["S1 2019", "Larache", 3, 4, 9])
    for day in ("12/03/2019", "15/04/2020"):
        notes.append([day, "visite"])
    content = io.BytesIO()
    book.save(content)
    reading = desk.read(content.getvalue(), "ENTRAIDE", "report.xlsx")
    assert reading.family == "street_situations"
    assert [(row.value_problem, str(row.period_end)) for row in reading.rows] == [(None, "2019-06-30")] * 3


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


def test_a_row_longer_than_its_header_is_no_figure(desk: Desk) -> None:
    """An unquoted decimal comma cuts 12,5 in two; empty cells at a row's end are nobody's figures."""
    lines = ("Indicateur,Lieu,Nombre", "{},Larache,12,5", "{},Fès,3,,", "{},Chefchaouen", "{},Rabat,4")
    own = Desk((contract(constants={"period": "2019"}),), desk.reference, desk.catalogue)
    reading = own.read("\n".join(lines).format(*[INDICATOR] * 4).encode(), "ENTRAIDE", "report.csv")
    assert [(row.source_cell, row.value, row.qualifier, row.value_problem) for row in reading.rows] == [
        ("C2", None, "exact", "ROW_TOO_LONG"),
        ("C3", 3, "exact", None),
        ("C4", None, "not_reported", None),
        ("C5", 4, "exact", None),
    ]


def test_what_a_long_row_shifted_under_a_value_is_masked_where_it_names_a_person(desk: Desk) -> None:
    content = f"Indicateur,Lieu,Nombre\n{INDICATOR},Fès, 06 12 34 56 78,4\n"
    own = Desk((contract(constants={"period": "2019"}),), desk.reference, desk.catalogue)
    (row,) = own.read(content.encode(), "ENTRAIDE", "report.csv").rows
    assert row.value_problem == "ROW_TOO_LONG"
    assert "12 34" not in row.source_text + row.problem_text


def test_duplicate_and_blank_headers_are_told(report: Report) -> None:
    reading = report([PERIOD, (*HEADER, "Nombre", None), (*ROW, 13, "x")])
    assert cells(reading) == [("D3", "MA-CHE", "F", 12)]
    assert [(finding.code, finding.cell) for finding in reading.findings] == [
        ("HEADER_DUPLICATE", "E2"),
        ("HEADER_BLANK", "F2"),
    ]


OTHER = (INDICATOR, "Larache", "Garçons", 7)
GAP = (None,)


def periods_of(reading: Reading) -> list[tuple[str, str]]:
    return [(row.source_cell, str(row.period_start)) for row in reading.rows]


def test_tables_side_by_side_are_each_read_from_their_own_cells(report: Report) -> None:
    """The second is longer than the first: its last row says nothing of the first."""
    reading = report([PERIOD, (*HEADER, *GAP, *HEADER), (*ROW, *GAP, *OTHER), (*[None] * 5, *ROW[:3], 9)])
    assert cells(reading) == [("D3", "MA-CHE", "F", 12), ("I3", "MA-LAR", "M", 7), ("I4", "MA-CHE", "F", 9)]
    assert [row.cells["place"] for row in reading.rows] == ["B3", "G3", "G4"]
    assert [row.source_text for row in reading.rows] == ["12", "7", "9"]
    assert codes(reading) == set()


def test_tables_side_by_side_have_each_the_period_above_it(report: Report) -> None:
    titles = [("Visites",), ("Période : T1 2019", *[None] * 5, "Période : T2 2019")]
    reading = report([*titles, (*HEADER, *GAP, *GAP, *HEADER), (*ROW, *GAP, *GAP, *ROW)])
    assert periods_of(reading) == [("D4", "2019-01-01"), ("J4", "2019-04-01")]
    assert codes(reading) == set()


def test_a_title_of_the_whole_sheet_is_every_tables(report: Report) -> None:
    reading = report([PERIOD, (), (*HEADER, *GAP, *HEADER, *GAP, *HEADER), (*ROW, *GAP, *ROW, *GAP, *ROW)])
    assert periods_of(reading) == [("D4", "2019-04-01"), ("I4", "2019-04-01"), ("N4", "2019-04-01")]


def test_two_periods_beside_each_other_are_no_conflict_and_one_over_both_is(report: Report) -> None:
    titles = [("Période : T1 2019",), (*[None] * 5, "Période : T2 2019")]
    reading = report([*titles, (*HEADER, *GAP, *HEADER), (*ROW, *GAP, *ROW)])
    assert [(row.source_cell, row.value_problem) for row in reading.rows] == [
        ("D4", None),
        ("I4", "PERIODS_IN_CONFLICT"),
    ]


def test_headers_side_by_side_need_not_stand_in_one_row(report: Report) -> None:
    reading = report(
        [
            PERIOD,
            (*HEADER, *GAP, "Deuxième tableau"),
            ROW,
            (*OTHER, *GAP),
            (*ROW[:3], 3, *GAP, *HEADER),
            (*ROW[:3], 4, *GAP, *OTHER),
            (*[None] * 5, *ROW),
        ]
    )
    assert [cell for cell, *_ in cells(reading)] == ["D3", "D4", "D5", "D6", "I6", "I7"]


def test_tables_side_by_side_above_one_over_their_whole_width(report: Report) -> None:
    wide = ("Indicateur", "Lieu", "Sexe", "Nombre", "N°", "Observations")
    below = [(), ("Période : T3 2019",), wide, (*ROW, 1, "x")]
    reading = report([PERIOD, (*HEADER, *GAP, *HEADER), (*ROW, *GAP, *OTHER), *below])
    assert periods_of(reading) == [("D3", "2019-04-01"), ("I3", "2019-04-01"), ("D7", "2019-07-01")]


def test_a_block_a_year_with_sexes_across(report: Report) -> None:
    header = ("Indicateur", "Lieu", "Filles", "Garçons")
    reading = report(
        [("Année 2018", *[None] * 4, "Année 2019"), (*header, *GAP, *header), (*ROW[:2], 1, 2, *GAP, *ROW[:2], 3, 4)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "sex"}],
    )
    assert [(row.source_cell, str(row.period_start), row.sex, row.value) for row in reading.rows] == [
        ("C3", "2018-01-01", "F", 1),
        ("D3", "2018-01-01", "M", 2),
        ("H3", "2019-01-01", "F", 3),
        ("I3", "2019-01-01", "M", 4),
    ]


def test_tables_side_by_side_without_a_gap_are_told_apart_by_their_labels(report: Report) -> None:
    """Each has the period above it, and the second is longer than the first."""
    titles = ("Période : T1 2019", *[None] * 3, "Période : T2 2019")
    reading = report([titles, (*HEADER, *HEADER), (*ROW, *OTHER), (*[None] * 4, *ROW[:3], 9)])
    assert cells(reading) == [("D3", "MA-CHE", "F", 12), ("H3", "MA-LAR", "M", 7), ("H4", "MA-CHE", "F", 9)]
    assert periods_of(reading) == [("D3", "2019-01-01"), ("H3", "2019-04-01"), ("H4", "2019-04-01")]
    assert codes(reading) == set()


def test_three_tables_side_by_side_with_a_gap_and_without(report: Report) -> None:
    reading = report([PERIOD, (*HEADER, *HEADER, *GAP, *HEADER), (*ROW, *OTHER, *GAP, *ROW[:3], 3)])
    assert [(row.source_cell, row.value) for row in reading.rows] == [("D3", 12), ("H3", 7), ("M3", 3)]


def test_a_label_that_begins_no_table_of_its_own_is_a_duplicate(report: Report) -> None:
    reading = report([PERIOD, (*HEADER, "Lieu", "Nombre"), (*ROW, "Larache", 13)])
    assert cells(reading) == [("D3", "MA-CHE", "F", 12)]
    assert [(finding.code, finding.cell) for finding in reading.findings] == [
        ("HEADER_DUPLICATE", "E2"),
        ("HEADER_DUPLICATE", "F2"),
    ]


def test_tables_side_by_side_under_tags(report: Report) -> None:
    columns = {
        "indicator": {"role": "indicator", "required": True, "hxl": ["#indicator"]},
        "value": {"role": "value", "required": True, "hxl": ["#reached"]},
    }
    tags = ("#indicator", "#reached")
    lines = [PERIOD, (*tags, *GAP, *tags), (INDICATOR, 1, *GAP, INDICATOR, 2)]
    assert [(row.source_cell, row.value) for row in report(lines, columns=columns).rows] == [("B3", 1), ("E3", 2)]


def test_tables_side_by_side_in_delimited_text(desk: Desk) -> None:
    content = (
        "Indicateur;Lieu;Nombre;;Indicateur;Lieu;Nombre\n"
        f"{INDICATOR};Chefchaouen;1;;{INDICATOR};Larache;2\n"
        f"{INDICATOR};Fès;3;;;;\n"
    )
    own = Desk((contract(constants={"period": "2019"}),), desk.reference, desk.catalogue)
    reading = own.read(content.encode(), "ENTRAIDE", "report.csv")
    assert [(row.source_cell, row.value) for row in reading.rows] == [("C2", 1), ("C3", 3), ("G2", 2)]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        # A spacer between what a row is about and its figures.
        (("Indicateur", "Lieu", None, "Sexe", "Nombre"), (*ROW[:2], None, *ROW[2:]), ["E3"]),
        # A value of the same place behind a spacer is no table: nothing says what it is about.
        ((*HEADER, None, "Nombre"), (*ROW, None, 13), ["D3"]),
        ((*HEADER, None, "Lieu", "Nombre"), (*ROW, None, "Larache", 13), ["D3"]),
        ((*HEADER, None, "Observations"), (*ROW, None, "x"), ["D3"]),
    ],
)
def test_a_blank_column_alone_parts_nothing(
    report: Report, header: Sequence[str], row: Sequence[object], expected: list[str]
) -> None:
    assert [cell for cell, *_ in cells(report([PERIOD, header, row]))] == expected


def test_what_stands_between_two_tables_belongs_to_the_left_one(report: Report) -> None:
    short = ("Indicateur", "Lieu", "Nombre")
    reading = report([PERIOD, (*short, None, "Sexe", None, *short), (*ROW[:2], 1, None, "Filles", None, *ROW[:2], 2)])
    assert cells(reading) == [("C3", "MA-CHE", "F", 1), ("I3", "MA-CHE", "_T", 2)]


def test_figures_behind_a_blank_column_are_no_table_where_nothing_says_what_they_are_about(report: Report) -> None:
    """Where only the value is required, a second one would be read for the whole country."""
    reading = report(
        [PERIOD, ("Lieu", "Nombre", None, "Nombre"), ("Larache", 5, None, 6)],
        columns={"place": COLUMNS["place"] | {"required": False}, "value": COLUMNS["value"]},
        constants={"indicator": INDICATOR},
    )
    assert cells(reading) == [("B3", "MA-LAR", "_T", 5)]
    assert codes(reading) == {"HEADER_DUPLICATE"}


def test_an_optional_column_behind_a_blank_one_keeps_its_place(report: Report) -> None:
    """Indicators across, half of them behind a spacer, are one table: the place is said once."""
    reading = report(
        [PERIOD, ("Lieu", INDICATOR, None, "SN_ACTORS_TRAINED"), ("Chefchaouen", 1, None, 2)],
        columns={"place": COLUMNS["place"] | {"required": False}, "indicator": COLUMNS["indicator"]},
        spread=[{"dimension": "indicator"}],
    )
    assert [(row.place_code, row.value) for row in reading.rows] == [("MA-CHE", 1), ("MA-CHE", 2)]


def test_total_rows_are_the_country_or_the_place_that_the_file_is_about(report: Report) -> None:
    lines = [PERIOD, HEADER, ROW, (INDICATOR, "Total", "Total", 30)]
    assert cells(report(lines))[1] == ("D4", "MA", "_T", 30)
    assert cells(report(lines, constants={"place": "MA-01"}))[1] == ("D4", "MA-01", "_T", 30)


@pytest.mark.parametrize(
    ("written", "plain"),
    [("425*", "425"), ("425 (1)", "425"), ("425²", "425"), ("(12)", "(12)"), ("a" + "²" * 200, "a" + "²" * 200)],
)
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


@pytest.mark.parametrize("names", [[], [["Lieu", "Nombre", "Année"]]])
def test_a_list_of_lists_may_have_tags_below_its_names(desk: Desk, names: list[list[str]]) -> None:
    columns = {
        "place": {"role": "place", "required": True, "hxl": ["#adm2"]},
        "period": {"role": "period", "required": True, "hxl": ["#date"]},
        "value": {"role": "value", "required": True, "hxl": ["#reached"]},
    }
    tagged = contract(
        columns=columns, constants={"indicator": INDICATOR}, formats=["json"], period={"source": "column"}
    )
    content = json.dumps([*names, ["#adm2", "#reached+f", "#date"], ["Larache", 5, "2019"]]).encode()
    reading = Desk((tagged,), desk.reference, desk.catalogue).read(content, "ENTRAIDE", "report.json")
    assert cells(reading) == [(f"/{len(names) + 1}/1", "MA-LAR", "_T", 5)]


def test_a_number_with_a_footnote_is_that_number(report: Report) -> None:
    reading = report([PERIOD, HEADER, (*ROW[:3], "425 (1)"), (*ROW[:3], "425*"), (*ROW[:3], "*")])
    assert [(row.value, row.qualifier) for row in reading.rows] == [
        (Decimal(425), "exact"),
        (Decimal(425), "exact"),
        (None, "suppressed"),
    ]


NO_PLACE = {name: column for name, column in COLUMNS.items() if name != "place"}
ABOUT = ("Indicateur", "Sexe", "Nombre")
FIGURE = (INDICATOR, "Filles", 12)


def places_of(reading: Reading) -> list[tuple[str, str, str, str | None]]:
    return [(row.source_cell, row.place_code, row.place_text, row.cells.get("place")) for row in reading.rows]


def test_a_place_above_a_block_of_rows_is_theirs(report: Report) -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("A3:C3")

    lines = [PERIOD, ABOUT, ("Région de l'Oriental",), FIGURE, FIGURE, ("جهة فاس مكناس",), FIGURE, ("Note : x",)]
    reading = report(lines, merge, columns=NO_PLACE)
    assert places_of(reading) == [
        ("C4", "MA-02", "Région de l'Oriental", "A3"),
        ("C5", "MA-02", "Région de l'Oriental", "A3"),
        ("C7", "MA-03", "جهة فاس مكناس", "A6"),
    ]
    assert [(finding.code, finding.cell) for finding in reading.findings] == [("ROW_NOT_READ", "A8")]


def test_rows_under_a_place_that_nobody_knows_are_not_those_of_the_place_before(report: Report) -> None:
    lines = [PERIOD, ABOUT, FIGURE, ("Oriental",), FIGURE, ("Région de Fès-Meknas",), FIGURE]
    reading = report(lines, columns=NO_PLACE)
    known, oriental, unknown = places_of(reading)
    assert known == ("C3", "MA", "", None)
    assert oriental == ("C5", "MA-02", "Oriental", "A4")
    assert unknown == ("C7", "Région de Fès-Meknas", "Région de Fès-Meknas", "A6")


def test_the_whole_of_a_region_that_nobody_knows_is_refused(report: Report, desk: Desk) -> None:
    columns = COLUMNS | {"region": {"role": "parent_place", "labels": {"fr": ["Région"]}}}
    columns["place"] = columns["place"] | {"labels": {"fr": ["Lieu"]}}
    lines = [PERIOD, ("Indicateur", "Région", "Lieu", "Nombre"), (INDICATOR, "Région de Fès-Meknas", None, 12)]
    reading = report(lines, columns=columns)
    assert [row.place_code for row in reading.rows] == ["Région de Fès-Meknas"]
    checked = Desk((contract(columns=columns),), desk.reference, desk.catalogue).check([reading])
    assert "PLACE_UNKNOWN" in {finding.code for _, finding in checked.findings}


def test_a_region_above_its_provinces_is_where_they_are_looked_for(report: Report) -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("A3:D3")

    lines = [PERIOD, HEADER, ("Région de l'Oriental",), (INDICATOR, "Berkane", "Filles", 1), ROW]
    inside, outside = report(lines, merge).rows
    assert (inside.place_code, inside.cells["place"], inside.cells["parent_place"]) == ("MA-BER", "B4", "A3")
    assert outside.value_problem == "PLACE_OUTSIDE_PARENT"


def test_a_place_without_figures_in_the_column_of_places_is_no_title(report: Report) -> None:
    lines = [PERIOD, HEADER, (None, "Région de l'Oriental"), (INDICATOR, "Fès", "Filles", 1)]
    (row,) = report(lines).rows
    assert (row.place_code, row.value_problem) == ("MA-FES", None)


@pytest.mark.parametrize(
    ("title", "place"),
    [
        ("Région de l'Oriental", "MA-02"),
        ("إقليم بركان", "MA-BER"),
        # Where a report was signed, and what it is about besides a place.
        ("Rabat", "MA"),
        ("Visites dans la région de l'Oriental", "MA"),
    ],
)
def test_a_title_that_is_a_region_or_a_province_says_where(report: Report, title: str, place: str) -> None:
    (row,) = report([PERIOD, (title,), ABOUT, FIGURE], columns=NO_PLACE).rows
    assert row.place_code == place
    assert row.cells.get("place") == (None if place == "MA" else "A2")


@pytest.mark.parametrize(
    ("title", "others", "place"),
    [
        ("Région : Tanger-Tétouan-Al Hoceïma", ["Larache"], "MA-01"),
        ("جهة طنجة تطوان الحسيمة", ["Larache", "Larrache"], "MA-01"),
        ("Région : Tanger-Tétouan-Al Hoceïma", ["Nador"], "MA"),
        ("Région : Tanger-Tétouan-Al Hoceïma", ["Maroc"], "MA"),
        ("Rapport de la région", ["Larache"], "MA"),
    ],
)
def test_the_total_of_a_regions_provinces_is_the_regions(
    report: Report, title: str, others: list[str], place: str
) -> None:
    rows = [(INDICATOR, name, "Filles", 5) for name in ("Chefchaouen", *others)]
    reading = report([(title,), PERIOD, HEADER, *rows, (INDICATOR, "Total", "Filles", 10)])
    assert reading.rows[-1].place_code == place
    assert reading.rows[0].place_code == "MA-CHE"
    assert "parent_place" not in reading.rows[0].cells


def test_of_a_region_and_its_province_above_a_table_the_province_counts_and_of_two_regions_none(report: Report) -> None:
    region, province, other = ("Région de l'Oriental",), ("Province de Berkane",), ("Région de Casablanca-Settat",)
    (narrow,) = report([PERIOD, region, province, ABOUT, FIGURE], columns=NO_PLACE).rows
    assert narrow.place_code == "MA-BER"
    (neither,) = report([PERIOD, region, other, ABOUT, FIGURE], columns=NO_PLACE).rows
    assert neither.place_code == "MA"


SEXES = ("Filles", "Garçons")
AGES_OVER_SEXES: dict[str, Any] = {
    "columns": WIDE_COLUMNS,
    "spread": [{"dimension": "age_group"}, {"dimension": "sex"}],
}


def test_a_group_that_no_code_stands_for_is_not_the_total(report: Report) -> None:
    """Beside age groups `Adultes` is one more, whatever it means: its figures are nobody else's."""
    header = [
        ("Indicateur", "Lieu", "0-5 ans", None, "Adultes", None, "Total", None),
        (None, None, *SEXES, *SEXES, *SEXES),
    ]
    reading = report([PERIOD, *header, (*ROW[:2], 1, 2, 3, 4, 5, 6)], **AGES_OVER_SEXES)
    assert [(row.age_group, row.sex, row.value) for row in reading.rows] == [
        ("Y0T5", "F", 1),
        ("Y0T5", "M", 2),
        ("Adultes", "F", 3),
        ("Adultes", "M", 4),
        ("_T", "F", 5),
        ("_T", "M", 6),
    ]
    assert codes(reading) == set()


def test_groups_that_no_code_stands_for_are_told_apart_by_their_own_words(report: Report) -> None:
    """What was found of one header is used for the next of its kind, whose words may be others."""
    for word in ("Adultes", "6-11 mois"):
        header = [("Indicateur", "Lieu", "0-5 ans", None, word, None), (None, None, *SEXES, *SEXES)]
        reading = report([PERIOD, *header, (*ROW[:2], 1, 2, 3, 4)], **AGES_OVER_SEXES)
        assert [row.age_group for row in reading.rows] == ["Y0T5", "Y0T5", word, word]


def test_what_stands_over_all_columns_is_their_title(report: Report) -> None:
    header = [("Indicateur", "Lieu", "Enfants accueillis", None), (None, None, *SEXES)]
    reading = report([PERIOD, *header, (*ROW[:2], 1, 2)], **AGES_OVER_SEXES)
    assert [(row.age_group, row.sex) for row in reading.rows] == [("_T", "F"), ("_T", "M")]


def test_a_misspelt_place_over_sexes_is_not_the_country(report: Report) -> None:
    header = [("Indicateur", "Chefchaouen", None, "Larrache", None), (None, *SEXES, *SEXES)]
    reading = report(
        [PERIOD, *header, (INDICATOR, 1, 2, 3, 4)],
        columns={"indicator": COLUMNS["indicator"]},
        spread=[{"dimension": "place"}, {"dimension": "sex"}],
    )
    assert [(row.place_code, row.place_text) for row in reading.rows][1:3] == [("MA-CHE", ""), ("Larrache", "Larrache")]


def test_a_group_of_months_that_no_period_is_has_none(report: Report) -> None:
    header = [("Indicateur", "Lieu", "janvier", None, "le reste", None), (None, None, *SEXES, *SEXES)]
    reading = report(
        [("Année : 2019",), *header, (*ROW[:2], 1, 2, 3, 4)],
        columns=WIDE_COLUMNS,
        spread=[{"dimension": "period"}, {"dimension": "sex"}],
    )
    assert [(str(row.period_start), row.period_text) for row in reading.rows][1:3] == [
        ("2019-01-01", "janvier"),
        ("None", "le reste"),
    ]


def test_a_column_of_figures_that_the_contract_does_not_know_is_told(report: Report) -> None:
    reading = report(
        [PERIOD, ("N°", "Indicateur", "Chefchaouen", "Larrache", "Remarque"), (1, INDICATOR, 1, 2, "ok")],
        columns={"indicator": COLUMNS["indicator"]},
        spread=[{"dimension": "place"}],
    )
    assert [(row.place_code, row.value) for row in reading.rows] == [("MA-CHE", 1)]
    assert [(finding.code, finding.cell, finding.found) for finding in reading.findings] == [
        ("COLUMN_UNKNOWN", "D2", "Larrache")
    ]
    assert codes(report([PERIOD, (*HEADER, "Coût"), (*ROW, 300)])) == {"COLUMN_UNKNOWN"}


LONG_CELL = """
import resource
from orchestration.read.reference import load_reference
from tests.helpers import PROJECT, Desk
from tests.unit.read.test_tables import COLUMNS, INDICATOR, contract

resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
places = contract(columns={"indicator": COLUMNS["indicator"]}, spread=[{"dimension": "place"}])
content = f"T2 2019\\nIndicateur;Chefchaouen;Larrache\\n{INDICATOR};12;1" + " " * (2**20 - 2) + "x\\n"
desk = Desk((places,), load_reference(PROJECT / "dbt_project" / "seeds"), None)
reading = desk.read(content.encode(), "ENTRAIDE", "report.csv")
print([finding.code for finding in reading.findings], [int(row.value) for row in reading.rows])
"""


def test_a_cell_of_a_million_spaces_is_no_figure_and_takes_no_hours() -> None:
    """A search for the last sign of a figure that begins anew at each of the spaces takes a million times as long."""
    command = [sys.executable, "-c", LONG_CELL]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "[] [12]\n")


def test_a_contract_chooses_among_the_fields_of_an_export(desk: Desk) -> None:
    content = f"Indicateur,Lieu,Nombre,DECIMALS\n{INDICATOR},Larache,12,0\n".encode()
    own = Desk((contract(constants={"period": "2019"}),), desk.reference, desk.catalogue)
    assert codes(own.read(content, "ENTRAIDE", "report.csv")) == set()


def test_a_sheet_that_lacks_a_heading_beside_one_that_has_them_all_is_told(report: Report) -> None:
    misspelt = ("Indicateur", "Lieux", "Sexe", "Nombre")
    reading = report({"T1": [PERIOD, HEADER, ROW], "T2": [PERIOD, misspelt, ROW], "T3": [PERIOD, HEADER, ROW]})
    assert [row.source_sheet for row in reading.rows] == ["T1", "T3"]
    assert [(finding.code, finding.sheet, finding.found, finding.expected) for finding in reading.findings] == [
        ("SHEET_NOT_READ", "T2", "visits", "Lieu / المكان")
    ]


@pytest.mark.parametrize(
    "other",
    [
        [("Rapport de 2019",), ("Direction provinciale", 12)],
        [("Indicateur", "Lieu", "Sexe"), (INDICATOR, "Larache", "Filles")],
        [],
    ],
)
def test_covers_and_lists_beside_a_table_are_no_tables(report: Report, other: Lines) -> None:
    assert codes(report({"Rapport": [PERIOD, HEADER, ROW], "Autre": other})) == set()


def test_a_sheet_of_another_family_is_told_and_not_read(desk: Desk) -> None:
    trips = contract(
        family="trips",
        columns={
            "when": {"role": "period", "required": True, "labels": {"fr": ["Quand"]}},
            "indicator": {"role": "indicator", "required": True, "labels": {"fr": ["Objet"]}},
            "value": COLUMNS["value"],
        },
        period={"source": "column"},
    )
    book = openpyxl.Workbook()
    for line in (PERIOD, (*HEADER, "Détail"), ROW):
        book.active.append(line)
    sheet = book.create_sheet("Voyages")
    for line in (("Quand", "Objet", "Nombre"), ("2019", INDICATOR, 3)):
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    activity = contract(columns=COLUMNS | {"note": {"role": "remark", "labels": {"fr": ["Détail"]}}})
    reading = Desk((activity, trips), desk.reference, desk.catalogue).read(content.getvalue(), "ENTRAIDE", "r.xlsx")
    assert (reading.family, len(reading.rows)) == ("visits", 1)
    assert [(finding.code, finding.sheet, finding.found) for finding in reading.findings] == [
        ("SHEET_OF_OTHER_FAMILY", "Voyages", "trips")
    ]


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("Indicateur,Lieu,Nombre,deleted\n{0},Larache,12,false\n{0},Rabat,7,true\n", [12]),
        ("STRUCTURE,ACTION,Indicateur,Lieu,Nombre\ndataflow,I,{0},Larache,12\ndataflow,D,{0},Rabat,7\n", [12]),
        # An activity report may have a column of actions.
        ("Action,Indicateur,Lieu,Nombre\nD,{0},Larache,12\n", [12]),
    ],
)
def test_what_its_sender_deleted_is_not_counted(desk: Desk, content: str, kept: list[int]) -> None:
    own = Desk((contract(constants={"period": "2019"}),), desk.reference, desk.catalogue)
    reading = own.read(content.format(INDICATOR).encode(), "ENTRAIDE", "report.csv")
    assert [row.value for row in reading.rows] == kept
    told = [(finding.code, finding.found) for finding in reading.findings]
    assert told == ([("ROW_DELETED", "3")] if "7" in content else [])


def test_the_grand_total_below_several_places_is_not_the_last_ones(report: Report) -> None:
    short = {name: COLUMNS[name] for name in ("indicator", "place", "value")}
    lines = [
        PERIOD,
        ("Indicateur", "Lieu", "Nombre"),
        ("Région de l'Oriental",),
        (INDICATOR, "Total", 5),
        ("Région de Fès-Meknès",),
        (INDICATOR, "Total", 7),
        (INDICATOR, "Total général", 12),
    ]
    assert [row.place_code for row in report(lines, columns=short).rows] == ["MA-02", "MA-03", "MA"]
    # Below one place alone it is that place's.
    assert [row.place_code for row in report([*lines[:4], lines[-1]], columns=short).rows] == ["MA-02", "MA-02"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("=cmd|'/c calc'!A1", "TEXT_LIKE_FORMULA"),
        ('=HYPERLINK("http://192.0.2.1")', "TEXT_LIKE_FORMULA"),
        ("@SUM(A1)", "TEXT_LIKE_FORMULA"),
        ("+1+cmd|' /C calc'!A0", "TEXT_LIKE_FORMULA"),
        (r"-'\\host\[b.xlsx]S'!A1", "TEXT_LIKE_FORMULA"),
        ("Fille\u202exslx", "TEXT_TURNED"),
        ("- réunion (Rabat)", None),
        ("+ 3 ateliers", None),
        ("- Bravo aux équipes !", None),
        ("- 3 ateliers | Rabat", None),
        ("== suite ==", None),
        ("بنات (2)", None),
    ],
)
def test_texts_that_are_not_what_they_seem_are_told_and_kept(desk: Desk, text: str, code: str | None) -> None:
    quoted = text.replace('"', '""')
    own = contract(
        columns=COLUMNS | {"note": {"role": "remark", "labels": {"fr": ["Note"]}}}, constants={"period": "2019"}
    )
    content = f'Indicateur,Lieu,Nombre,Note\n{INDICATOR},Larache,12,"{quoted}"\n'.encode()
    reading = Desk((own,), desk.reference, desk.catalogue).read(content, "ENTRAIDE", "report.csv")
    assert [(row.value, row.remark) for row in reading.rows] == [(12, text)]
    assert [(finding.code, finding.cell) for finding in reading.findings] == ([(code, "D2")] if code else [])
    for language in ("ar", "fr", "en"):
        assert "\u202e" not in "".join(desk.catalogue.message(finding, language) for finding in reading.findings)


def test_personal_data_beside_the_period_in_a_title_are_masked(report: Report) -> None:
    reading = report([("Rapport d'activité, T1 2019, contact 06 12 34 56 78",), HEADER, ROW])
    (row,) = reading.rows
    assert str(row.period_start) == "2019-01-01"
    assert "12 34" not in row.period_text + reading.title


def test_a_month_that_a_spreadsheet_keeps_as_its_first_day_is_the_month(report: Report) -> None:
    """As a day it were another period than `mai 2019`, and a correction would be counted beside what it corrects."""

    def shown_as_month(book: Any) -> None:
        book.active["C2"].number_format = "mmm-yy"

    reading = report(
        [("Indicateur", "Lieu", "Mois", "Nombre"), (*ROW[:2], dt.date(2019, 5, 1), 12), (*ROW[:2], "mai 2019", 12)],
        shown_as_month,
        columns={**COLUMNS, "month": {"role": "period", "required": True, "labels": {"fr": ["Mois"]}}},
        period={"source": "column"},
    )
    assert {(str(row.period_start), str(row.period_end)) for row in reading.rows} == {("2019-05-01", "2019-05-31")}
