"""Rows: what a report says, in the one long form, each value with its cell and its text."""

import io
from decimal import Decimal

import openpyxl
import pytest

from orchestration.read.contracts import Column, Labels
from orchestration.read.rows import Row, age_code, residence_code, sex_code
from tests.helpers import OFFICIAL, OFFICIAL_COLUMNS, SDMX, Desk, codes, csv_report, xlsx_report


def official(desk: Desk, **changes: str) -> Row:
    """The row that a one-row report of official figures gives."""
    (row,) = desk.read(csv_report([OFFICIAL | changes])).rows
    return row


def activity(desk: Desk, *rows: tuple[object, ...], merges: tuple[str, ...] = ()) -> list[Row]:
    return desk.read(xlsx_report(rows, merges=merges), "ENTRAIDE", "report.xlsx").rows


def test_an_official_figure_is_read_whole(desk: Desk) -> None:
    row = official(desk, value="أكثر من 4330", indicator_code="COVID_CHILDREN", place="Chefchaouen", sex="filles")
    assert (row.indicator_code, row.place_code, row.sex) == ("COVID_CHILDREN", "MA-CHE", "F")
    assert (row.value, row.qualifier, row.data_status) == (4330, "more_than", "published")
    assert (row.age_group, row.residence, row.population_group) == ("_T", "_T", "_T")
    assert (row.source_sheet, row.source_cell, row.source_text) == ("report", "G2", "أكثر من 4330")
    assert row.citation == OFFICIAL["citation"]
    assert (str(row.period_start), str(row.period_end)) == ("2017-01-01", "2017-12-31")


@pytest.mark.parametrize(
    ("written", "value", "qualifier"),
    [
        (None, None, "not_reported"),
        ("n/a", None, "not_applicable"),
        ("n/d", None, "not_reported"),
        (0, 0, "exact"),
        ("0", 0, "exact"),
    ],
)
def test_zero_blank_and_not_applicable_are_three_things(
    desk: Desk, written: object, value: int | None, qualifier: str
) -> None:
    (row,) = activity(desk, ("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", written))
    assert (row.value, row.qualifier) == (value, qualifier)


@pytest.mark.parametrize(
    ("value", "stated", "qualifier"),
    [
        ("5980", "", "exact"),
        ("5980", "approximate", "approximate"),
        ("plus de 5980", "", "more_than"),
        ("plus de 5980", "exact", "more_than"),
        ("", "suppressed", "suppressed"),
        ("", "not_applicable", "not_applicable"),
        ("n/a", "approximate", "not_applicable"),
    ],
)
def test_the_qualifier_column_speaks_where_the_writing_does_not(
    desk: Desk, value: str, stated: str, qualifier: str
) -> None:
    assert official(desk, value=value, qualifier=stated).qualifier == qualifier


def test_a_workbook_cell_in_error_is_no_blank(desk: Desk) -> None:
    (row,) = activity(desk, ("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", "#DIV/0!"))
    assert (row.value, row.value_problem, row.source_cell) == (None, "NUMBER_ERROR_CELL", "D5")


def test_a_percentage_in_a_count_is_refused(desk: Desk) -> None:
    assert official(desk, value="45 %").value_problem == "NUMBER_UNREADABLE"


def test_a_deliverable_counts_one_whatever_words_stand_for_it(desk: Desk) -> None:
    row = official(
        desk,
        indicator_code="SN_STUDIES",
        value="دراسة",
        deliverable_code="STUDY_SOCIAL_NORMS",
        deliverable_status="en cours de validation",
    )
    assert (row.value, row.value_problem) == (1, None)
    assert (row.deliverable_code, row.deliverable_status) == ("STUDY_SOCIAL_NORMS", "under_approval")


MERGED = (
    ("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", 12),
    (None, None, "Garçons", None),
    ("SN_PARENTS_TRAINED", "Larache", "Filles", 7),
)


def test_merged_labels_hold_for_each_row_they_cover(desk: Desk) -> None:
    rows = activity(desk, *MERGED, merges=("A5:A6", "B5:B6"))
    assert [(row.indicator_code, row.place_code, row.sex, row.value, row.value_problem) for row in rows] == [
        ("SN_PARENTS_TRAINED", "MA-CHE", "F", Decimal(12), None),
        ("SN_PARENTS_TRAINED", "MA-CHE", "M", None, None),
        ("SN_PARENTS_TRAINED", "MA-LAR", "F", Decimal(7), None),
    ]


def test_a_figure_merged_over_two_rows_is_neither_ones(desk: Desk) -> None:
    """12 over the rows of girls and of boys may be both together."""
    rows = activity(desk, *MERGED, merges=("A5:A6", "B5:B6", "D5:D6"))
    assert [(row.source_cell, row.value, row.value_problem, row.problem_text) for row in rows] == [
        ("D5", None, "VALUE_MERGED", "12"),
        ("D6", None, "VALUE_MERGED", "12"),
        ("D7", Decimal(7), None, ""),
    ]


def test_a_record_of_two_lines_has_its_figure_once(desk: Desk) -> None:
    """Merged are its labels too; and what is merged with a column of no figures is nobody else's."""
    lines = (("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", 12, None), (None,) * 5)
    rows = activity(desk, *lines, merges=("A5:A6", "B5:B6", "C5:C6", "D5:E6"))
    assert [(row.source_cell, row.value, row.value_problem) for row in rows] == [("D5", Decimal(12), None)]


GIRLS, BOYS = ("SN_PARENTS_TRAINED", "Nador", "Filles", 5), ("SN_PARENTS_TRAINED", "Nador", "Garçons", 6)


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        ([GIRLS, (None, None, "Garçons", 6), ("SN_PARENTS_TRAINED", "Larache", "Filles", 7)], ["B6"]),
        ([GIRLS, ("SN_PARENTS_TRAINED", None, "Garçons", 6)], ["B6"]),
        ([("SN_PARENTS_TRAINED", None, "Filles", 5), ("SN_PARENTS_TRAINED", None, "Garçons", 6), GIRLS], []),
        ([GIRLS, BOYS, ("SN_PARENTS_TRAINED", None, "Total", 11)], []),
        ([GIRLS, ("SN_PARENTS_TRAINED", None, "Filles", 50)], []),
        ([GIRLS, ("SN_AWARENESS_SESSIONS", None, "Garçons", 6)], []),
        ([GIRLS, ("SN_PARENTS_TRAINED", "Larache", None, 6)], []),
        ([("SN_PARENTS_TRAINED", None, "Total", 50), GIRLS, ("SN_PARENTS_TRAINED", None, "Garçons", 6)], []),
        ([GIRLS, ("SN_PARENTS_TRAINED", None, None, 11)], []),
        ([GIRLS, (None, None, "Garçons", 6), ("SN_PARENTS_TRAINED", "Larache", "Filles", 7), BOYS], []),
    ],
)
def test_a_place_written_once_for_several_rows_is_not_the_country_below(
    desk: Desk, rows: list[tuple[object, ...]], left_out: list[str]
) -> None:
    """So do pivot tables, and merged cells once they are a CSV file."""
    found = [row for row in activity(desk, *rows) if row.value_problem == "LABEL_LEFT_OUT"]
    assert [row.cells["value"] for row in found] == left_out
    assert {row.problem_text for row in found} <= {"Nador"}


def test_a_sex_or_a_group_written_once_for_several_rows_is_not_the_total_below(desk: Desk) -> None:
    header = ("Indicateur", "Province ou préfecture", "Sexe", "Tranche d'âge", "Nombre")
    ages = [(*GIRLS[:3], "0-5", 5), (*GIRLS[:2], None, "6-11", 6), (*BOYS[:3], "0-5", 7), (*GIRLS[:2], None, None, 12)]
    rows = desk.read(xlsx_report(ages, header=header), "ENTRAIDE", "report.xlsx").rows
    assert [row.value_problem for row in rows] == [None, "LABEL_LEFT_OUT", None, None]
    lines = "Région;Type d'accompagnement;Jeunes femmes;Jeunes hommes\nOriental;Logement;1;2\n;Études;3;4\n"
    content = f"Période : S1 2019\n{lines}".encode()
    rows = desk.read(content, "ENTRAIDE", "report.csv").rows
    assert [row.value_problem for row in rows] == [None, None, "LABEL_LEFT_OUT", "LABEL_LEFT_OUT"]


def test_an_empty_label_that_is_not_merged_stays_empty(desk: Desk) -> None:
    rows = activity(desk, ("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", 12), (None, "Larache", "Filles", 7))
    assert rows[1].indicator_code == ""


def test_a_sum_over_indicators_and_a_note_are_told_and_not_counted(desk: Desk) -> None:
    content = xlsx_report(
        [
            ("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", 12),
            ("Total", None, None, 12),
            ("Source : registres de la délégation",),
        ]
    )
    reading = desk.read(content, "ENTRAIDE", "report.xlsx")
    assert len(reading.rows) == 1
    assert [(finding.code, finding.cell, finding.found) for finding in reading.findings] == [
        ("ROW_NOT_READ", "A6", "Total"),
        ("ROW_NOT_READ", "A7", "Source : registres de la délégation"),
    ]


def test_a_total_over_sexes_is_the_total(desk: Desk) -> None:
    (row,) = activity(desk, ("SN_PARENTS_TRAINED", "Chefchaouen", "المجموع", 30))
    assert row.sex == "_T"


def test_sdmx_codes_become_ours(desk: Desk) -> None:
    content = csv_report([SDMX | {"SEX": "_T", "WEALTH_QUINTILE": "Q1"}], [*SDMX, "SEX", "WEALTH_QUINTILE"])
    (row,) = desk.read(content, "UNICEF").rows
    assert (row.place_code, row.sex, row.value) == ("MA", "_T", Decimal("96.9"))
    assert row.population_group == "WEALTH_QUINTILE=Q1"


@pytest.mark.parametrize(
    ("header", "row", "deleted"),
    [
        (
            "DATAFLOW,REF_AREA,INDICATOR,SEX,TIME_PERIOD,OBS_VALUE,RESIDENCE,DATA_SOURCE",
            "UNICEF:PT(1.0),MAR,PT_CHLD_Y0T4_REG,F,2018,96.9,R,ENPSF 2018",
            None,
        ),
        (
            "DATAFLOW,REF_AREA:Area,INDICATOR:Indicator,SEX:Sex,TIME_PERIOD:Time,OBS_VALUE:Value,RESIDENCE:Residence,DATA_SOURCE:Source",
            "UNICEF:PT(1.0): Children,MAR: Morocco,PT_CHLD_Y0T4_REG: Count,F: Female,2018,96.9,R: Rural,ENPSF 2018",
            None,
        ),
        # SDMX-CSV 2.0: what kind of structure, which one, and what the row does with it.
        (
            "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,INDICATOR,SEX,TIME_PERIOD,OBS_VALUE,RESIDENCE,DATA_SOURCE",
            "dataflow,UNICEF:PT(1.0),I,MAR,PT_CHLD_Y0T4_REG,F,2018,96.9,R,ENPSF 2018",
            "dataflow,UNICEF:PT(1.0),D,MAR,PT_CHLD_Y0T4_REG,M,2018,97.1,R,ENPSF 2018",
        ),
    ],
)
def test_sdmx_csv_is_read_in_both_versions_and_with_labels(
    desk: Desk, header: str, row: str, deleted: str | None
) -> None:
    content = "\n".join(filter(None, (header, row, deleted))).encode()
    reading = desk.read(content, "UNICEF")
    (found,) = reading.rows
    assert (found.indicator_code, found.place_code, found.sex, found.residence) == ("PT_CHLD_Y0T4_REG", "MA", "F", "R")
    assert (found.value, str(found.period_start), found.citation) == (Decimal("96.9"), "2018-01-01", "ENPSF 2018")
    assert codes(reading) == ({"ROW_DELETED"} if deleted else set())


def test_the_category_that_is_all_an_indicator_counts_is_its_total(desk: Desk) -> None:
    """Child marriage is counted among women of 20 to 24: those are the whole, not a part."""
    row_of = SDMX | {"INDICATOR": "PT_F_20-24_MRD_U18_TND", "SEX": "F", "AGE": "Y20T24"}
    (row,) = desk.read(csv_report([row_of], list(row_of)), "UNICEF").rows
    assert (row.sex, row.age_group) == ("_T", "_T")


def test_observation_ids_are_stable_and_differ_by_receipt_and_cell(desk: Desk) -> None:
    content = csv_report([OFFICIAL, OFFICIAL])
    ids = [row.observation_id for row in desk.read(content).rows]
    assert ids == [row.observation_id for row in desk.read(content).rows]
    other = [row.observation_id for row in desk.read(content, file_name="other.csv").rows]
    assert len({*ids, *other}) == 4


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("0-4", "Y0T4"),
        ("12 – 17 ans", "Y12T17"),
        ("de 12 à 17 ans", "Y12T17"),
        ("من 12 إلى 17 سنة", "Y12T17"),
        ("١٢-١٧", "Y12T17"),
        ("18+", "Y_GE18"),
        ("18 ans et plus", "Y_GE18"),
        ("18 سنة فما فوق", "Y_GE18"),
        ("moins de 5 ans", "Y_LT5"),
        ("أقل من 18", "Y_LT18"),
        ("Y15T17", "Y15T17"),
        ("_T", "_T"),
        ("", "_T"),
        ("المجموع", "_T"),
        # what is no age in years stays as written, so that it is refused
        ("6-11 mois", "6-11 mois"),
        ("2024-09-05", "2024-09-05"),  # 5-9, made a date by a spreadsheet
        ("2019-2020", "2019-2020"),
        ("100-110", "100-110"),
        ("17-12", "17-12"),
        ("jeunes", "jeunes"),
    ],
)
def test_age_groups_as_written(written: str, code: str) -> None:
    assert age_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Filles", "F"),
        ("إناث", "F"),
        ("garçons", "M"),
        ("الذكور", "M"),
        ("Total", "_T"),
        ("", "_T"),
        ("autre", "autre"),
    ],
)
def test_sexes_as_written(written: str, code: str) -> None:
    assert sex_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"), [("Urbain", "U"), ("قروي", "R"), ("Ensemble", "_T"), ("littoral", "littoral")]
)
def test_residences_as_written(written: str, code: str) -> None:
    assert residence_code(written) == code


def test_the_headers_may_be_arabic_french_or_english_and_in_any_order(desk: Desk) -> None:
    for header, title, language in (
        (("الجنس", "العدد", "المؤشر", "المكان"), "الفترة: الربع الثاني 2019", "ar"),
        (("Sex", "Number", "Indicator", "Place"), "Period: Q2 2019", "en"),
    ):
        content = xlsx_report([("F", 12, "SN_PARENTS_TRAINED", "شفشاون")], title=(title,), header=header)
        reading = desk.read(content, "ENTRAIDE", "report.xlsx")
        (row,) = reading.rows
        assert (row.sex, row.value, row.place_code, row.source_cell) == ("F", 12, "MA-CHE", "B4")
        assert (str(row.period_start), str(row.period_end)) == ("2019-04-01", "2019-06-30")
        assert reading.language == language


def test_a_column_that_a_csv_does_not_have_is_the_total(desk: Desk) -> None:
    needed = [name for name in OFFICIAL_COLUMNS if name in OFFICIAL]
    (row,) = desk.read(csv_report([OFFICIAL], needed)).rows
    assert (row.place_code, row.sex, row.deliverable_code) == ("MA", "_T", "")
    assert not codes(desk.read(csv_report([OFFICIAL], needed)))


def with_columns(desk: Desk, **columns: Column) -> Desk:
    """The official figures' contract with other columns besides, or instead of, its own."""
    contracts = tuple(
        contract.model_copy(update={"columns": contract.columns | columns})
        for contract in desk.contracts
        if contract.family == "official_figures"
    )
    return Desk(contracts, desk.reference, desk.catalogue)


def column(role: str, **rest: object) -> Column:
    return Column.model_validate({"role": role, "labels": Labels(en=(role,))} | rest)


def test_an_unreadable_part_of_a_ratio_is_told_with_its_cell_and_is_no_blank(desk: Desk) -> None:
    parts = with_columns(desk, numerator=column("numerator"), denominator=column("denominator"))
    line = OFFICIAL | {"numerator": "3", "denominator": "beaucoup"}
    (row,) = parts.read(csv_report([line], list(line))).rows
    assert (row.value_problem, row.problem_text) == ("NUMBER_UNREADABLE", "beaucoup")
    assert (row.cells["value"], row.source_cell) == ("F2", "C2")


@pytest.mark.parametrize("stated", ["suppressed", "not_applicable", "not_reported"])
def test_a_value_beside_a_word_that_says_there_is_none_is_a_contradiction(desk: Desk, stated: str) -> None:
    row = official(desk, value="12", qualifier=stated)
    assert (row.value, row.value_problem) == (None, "QUALIFIER_CONTRADICTED")
    assert official(desk, value="", qualifier=stated).value_problem is None


def test_sentinels_that_the_contract_names_are_unknown(desk: Desk) -> None:
    own = with_columns(
        desk,
        sex=column("sex", labels={"en": ["sex"]}, unknown=("9",), values={"1": "M", "2": "F"}),
        value=column("value", labels={"en": ["value"]}, required=True, unknown=("9999",)),
    )
    rows = own.read(
        csv_report([OFFICIAL | {"sex": sex} for sex in ("1", "2", "9")] + [OFFICIAL | {"value": "9999"}])
    ).rows
    assert [row.sex for row in rows] == ["M", "F", "_U", "_T"]
    assert (rows[3].value, rows[3].qualifier) == (None, "not_reported")


@pytest.mark.parametrize(("system", "code"), [("hcp", "MA-01"), ("ocha", "MA-05")])
def test_the_contract_says_whose_place_codes_they_are(desk: Desk, system: str, code: str) -> None:
    """OCHA's MA001 is Béni Mellal-Khénifra, HCP's 01 is Tanger-Tétouan-Al Hoceïma (domain, 3.2)."""
    own = with_columns(desk, place=column("place", labels={"en": ["place"]}, code_system=system))
    (row,) = own.read(csv_report([OFFICIAL | {"place": "01" if system == "hcp" else "MA001"}])).rows
    assert row.place_code == code


@pytest.mark.parametrize(
    ("dates", "starts"),
    [
        (("4/1/2019", "6/30/2019", "5/6/2019", "12/6/2019"), [None, None]),
        (("4/4/2019", "5/30/2019", "5/5/2019", "6/6/2019"), [None, "2019-05-05"]),
        (("01/04/2019", "30/06/2019", "05/06/2019", "06/12/2019"), ["2019-04-01", "2019-06-05"]),
        (("01/04/2019", "30/06/2019", "13/06/2019", "06/31/2019"), ["2019-04-01", None]),
        (("2019-04-01", "2019-06-30", "05/06/2019", "06/12/2019"), ["2019-04-01", "2019-06-05"]),
    ],
)
def test_dates_of_a_table_that_writes_the_month_first_are_not_turned_round(
    desk: Desk, dates: tuple[str, ...], starts: list[str | None]
) -> None:
    """`6/30/2019` says of `5/6/2019` beside it that it is a day of May."""
    lines = ["Code du projet;Indicateur;Province;Du;Au;Total"]
    lines += [f"P1;NGO_CHILDREN_REACHED;Nador;{first};{last};5" for first, last in (dates[:2], dates[2:])]
    reading = desk.read("\n".join(lines).encode(), "NGO_EXAMPLE_1", "report.csv")
    assert [row.period_start and str(row.period_start) for row in reading.rows] == starts


def test_a_place_that_is_not_in_the_region_beside_it_is_told(desk: Desk) -> None:
    own = with_columns(desk, region=column("parent_place"))
    lines = [OFFICIAL | {"place": "Larache", "parent_place": region} for region in ("MA-01", "Fès-Meknès")]
    good, bad = own.read(csv_report(lines, list(lines[0]))).rows
    assert (good.place_code, good.value_problem) == ("MA-LAR", None)
    assert (bad.value_problem, bad.problem_text) == ("PLACE_OUTSIDE_PARENT", "Larache")


@pytest.mark.parametrize("note", ["tél. 06 61 23 45 67", "amina@example.org"])
def test_personal_data_refuse_the_row_and_are_masked_wherever_they_are_kept(desk: Desk, note: str) -> None:
    own = with_columns(desk, remark=column("remark"))
    line = OFFICIAL | {"remark": note}
    (row,) = own.read(csv_report([line], list(line))).rows
    assert (row.value, row.value_problem) == (None, "PERSONAL_DATA")
    assert note not in repr(row)


def test_a_column_of_names_refuses_its_rows_and_no_name_is_kept(desk: Desk) -> None:
    content = xlsx_report(
        [("SN_PARENTS_TRAINED", "Larache", "F", 1, "Amina Alaoui"), ("SN_PARENTS_TRAINED", "Larache", "M", 2, None)],
        header=("Indicateur", "Lieu", "Sexe", "Nombre", "Nom et prénom"),
    )
    reading = desk.read(content, "ENTRAIDE", "report.xlsx")
    assert [row.value_problem for row in reading.rows] == ["PERSONAL_DATA", None]
    assert "Alaoui" not in repr(reading.rows) + repr(reading.findings)


def test_a_cell_shown_as_a_percentage_is_what_it_shows(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report([("HCP_CHILD_LABOUR_RATE", "Maroc", "Total", 0.45)])))
    book.active["D5"].number_format = "0%"
    stream = io.BytesIO()
    book.save(stream)
    (row,) = desk.read(stream.getvalue(), "ENTRAIDE", "report.xlsx").rows
    assert (row.value, row.source_text) == (45, "0.45")


def test_yes_in_a_cell_shown_as_a_percentage_is_no_number(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report([("HCP_CHILD_LABOUR_RATE", "Maroc", "Total", True)])))
    book.active["D5"].number_format = "0%"
    stream = io.BytesIO()
    book.save(stream)
    (row,) = desk.read(stream.getvalue(), "ENTRAIDE", "report.xlsx").rows
    assert (row.value, row.value_problem, row.problem_text) == (None, "NUMBER_UNREADABLE", "TRUE")


def test_a_doubtful_number_is_settled_by_the_cells_of_its_indicator(desk: Desk) -> None:
    rows = [OFFICIAL | {"period": str(2010 + number), "value": str(number)} for number in range(1, 6)]
    reading = desk.read(csv_report([*rows, OFFICIAL | {"value": "1.234"}]))
    assert reading.rows[-1].value_problem == "NUMBER_AMBIGUOUS"
    other = [row | {"indicator_code": "SN_SPOTS"} for row in rows]
    assert desk.read(csv_report([*other, OFFICIAL | {"value": "1.234"}])).rows[-1].value == 1234


@pytest.mark.parametrize(
    ("area", "code", "problem"),
    [
        ("Social norms", "AREA=SOCIAL_NORMS+SECTOR=PUBLIC", None),
        ("SOCIAL_NORMS", "AREA=SOCIAL_NORMS+SECTOR=PUBLIC", None),
        ("Total", "SECTOR=PUBLIC", None),
        ("Astronomy", "AREA=Astronomy+SECTOR=PUBLIC", "POPULATION_GROUP_UNKNOWN"),
    ],
)
def test_a_group_that_was_not_agreed_is_told_with_its_cell(
    desk: Desk, area: str, code: str, problem: str | None
) -> None:
    lines = ["Period: Q3 2020", "", "Training area,Sector,Region,Women,Men", f"{area},Public sectors,Fès,3,4"]
    rows = desk.read("\n".join(lines).encode(), "NGO_EXAMPLE_1", "training.csv").rows
    assert [(row.population_group, row.value_problem) for row in rows] == [(code, problem)] * 2
    assert {row.cells["value"] for row in rows} == ({"A4"} if problem else {"D4", "E4"})
