"""Each rule catches what it is for, and only that: a good report made bad in just one way.

Great Expectations takes seconds to import, so one validation a family judges all mutations, each in
a report of its own.
"""

import copy
import datetime as dt
import io
from collections.abc import Mapping, Sequence

import openpyxl
import pytest

from orchestration.check.room import Checked
from orchestration.check.suites import load_history_suite, load_suite
from orchestration.findings import Finding
from orchestration.read.contracts import Code, Column, Labels
from orchestration.read.room import Reading
from tests.helpers import (
    ACTIVITY_HEADER,
    ACTIVITY_ROW,
    OFFICIAL,
    OFFICIAL_COLUMNS,
    PROJECT,
    SDMX,
    Desk,
    codes,
    csv_report,
    lake_rows,
    xlsx_report,
)

pytestmark = pytest.mark.xdist_group("great_expectations")

Rows = Sequence[Mapping[str, str]]
DELIVERABLE = {"indicator_code": "SN_STUDIES", "value": "1", "deliverable_code": "STUDY_SOCIAL_NORMS"}
GOOD_DELIVERABLE = DELIVERABLE | {"deliverable_status": "under_approval"}
RATE = {"indicator_code": "HCP_CHILD_LABOUR_RATE"}
EXTRA_COLUMNS = ("numerator", "denominator", "parent_place", "remark", "population_group")

# Rule -> the rows that break it, and the cell that the reporter is shown for each.
OFFICIAL_MUTATIONS: dict[str, tuple[Rows, Sequence[str]]] = {
    "NUMBER_UNREADABLE": ([{"value": "beaucoup"}], ["G6"]),
    "NUMBER_ERROR_CELL": ([{"value": "#REF!"}], ["G6"]),
    "NUMBER_TOO_LARGE": ([{"value": "1" + "0" * 18}], ["G6"]),
    "INDICATOR_UNKNOWN": ([{"indicator_code": "PPO_VIOLENCE_CASSES"}], ["A6"]),
    "INDICATOR_MISSING": ([{"indicator_code": ""}], ["A6"]),
    "PLACE_UNKNOWN": ([{"place": "Chefchauen"}], ["C6"]),
    "SEX_UNKNOWN": ([{"sex": "X"}], ["D6"]),
    "AGE_GROUP_UNKNOWN": ([{"age_group": "6-11 mois"}], ["E6"]),
    "RESIDENCE_UNKNOWN": ([{"residence": "littoral"}], ["F6"]),
    "QUALIFIER_UNKNOWN": ([{"qualifier": "presque"}], ["H6"]),
    "VALUE_UNEXPLAINED": ([{"value": "", "qualifier": "exact"}], ["G6"]),
    "VALUE_NEGATIVE": ([{"value": "-5"}], ["G6"]),
    "COUNT_NOT_WHOLE": ([{"value": "12,5"}], ["G6"]),
    "PERCENT_OUT_OF_BOUNDS": ([RATE | {"value": "100,1"}, RATE | {"value": "-0,1", "sex": "F"}], ["G6", "G7"]),
    "NUMERATOR_ABOVE_DENOMINATOR": ([RATE | {"value": "50", "numerator": "3", "denominator": "2"}], ["G6"]),
    "DELIVERABLE_UNKNOWN": ([GOOD_DELIVERABLE | {"deliverable_code": "NO_SUCH_STUDY"}], ["I6"]),
    "DELIVERABLE_MISSING": ([GOOD_DELIVERABLE | {"deliverable_code": ""}], ["G6"]),
    "DELIVERABLE_STATUS_UNKNOWN": ([DELIVERABLE | {"deliverable_status": "perdu"}], ["J6"]),
    "STATEMENT_REPEATED": ([{"period": "2013"}], ["G6"]),
    "STATEMENT_CONTRADICTED": ([{"value": "1"}, {"value": "2"}], ["G6", "G7"]),
    "PERIOD_UNREADABLE": ([{"period": "naguère"}], ["B6"]),
    "PERIOD_IN_FUTURE": ([{"period": "2025"}], ["B6"]),
    "CITATION_MISSING": ([{"citation": ""}], ["K6"]),
    # Alone in its column under the decimal sign "," this is 12 or 12000.
    "NUMBER_AMBIGUOUS": ([{"indicator_code": "HCP_CHILD_LABOUR", "value": "12,000"}], ["G6"]),
    "QUALIFIER_CONTRADICTED": ([{"value": "12", "qualifier": "suppressed"}], ["G6"]),
    "PLACE_AMBIGUOUS": ([{"place": "Val d'exemple"}], ["C6"]),
    "PLACE_OUTSIDE_PARENT": ([{"place": "MA-CHE", "parent_place": "MA-09"}], ["C6"]),
    "PERSONAL_DATA": ([{"remark": "appeler le 06 12 34 56 78"}], ["O6"]),
    "SEX_CONTRADICTS_INDICATOR": ([{"indicator_code": "PPO_GIRL_RAPE_CASES", "sex": "M"}], ["D6"]),
    "POPULATION_GROUP_UNKNOWN": ([{"population_group": "voisins"}], ["P6"]),
    "ROW_TOO_LONG": ([{"value": "12"}], ["G6"]),
    "DENOMINATOR_ZERO": ([RATE | {"value": "50", "numerator": "0", "denominator": "0"}], ["M6"]),
}
YEAR, FIRST_HALF, SECOND_HALF = {"period": "2017"}, {"period": "S1 2017"}, {"period": "S2 2017"}
STOCK = {"indicator_code": "HCP_CHILD_LABOUR"}
GIRLS, BOYS = ({"indicator_code": f"PPO_ACTS_{who}_SHARE", "period": "2018"} for who in ("GIRLS", "BOYS"))
USUAL, RARE = "Ville d'exemple", "Ville d'exempla"
# Rule -> rows of which one breaks it, without harm to the report, and the cell that is shown.
OFFICIAL_WARNINGS: dict[str, tuple[Rows, str]] = {
    "SEXES_DIFFER_FROM_TOTAL": ([{"value": "10"}, {"sex": "F", "value": "6"}, {"sex": "M", "value": "5"}], "G6"),
    "AGES_DIFFER_FROM_TOTAL": (
        [{"value": "10"}, {"age_group": "0-17", "value": "4"}, {"age_group": "18+", "value": "5"}],
        "G6",
    ),
    "PARTS_DIFFER_FROM_TOTAL": (
        [{"residence": "U", "value": "4"}, {"value": "10"}, {"residence": "R", "value": "5"}],
        "G7",
    ),
    "PARTS_ROUNDED": (
        [{"value": "89 000"}, {"residence": "U", "value": "21 000"}, {"residence": "R", "value": "69 000"}],
        "G6",
    ),
    "SHARES_DIFFER_FROM_WHOLE": ([GIRLS | {"value": "66,6 %"}, BOYS | {"value": "36,3 %"}], "G6"),
    "SHARES_ROUNDED": ([GIRLS | {"value": "66,6 %"}, BOYS | {"value": "33,6 %"}], "G6"),
    "PERCENT_DIFFERS_FROM_PARTS": (
        [
            *(
                RATE | {"period": year, "value": value, "numerator": "2", "denominator": "3"}
                for year, value in (("2015", "66,7"), ("2016", "66,6"), ("2017", "67"))
            ),
            RATE | {"period": "2018", "value": "50", "numerator": "1", "denominator": "4"},
        ],
        "G9",
    ),
    "PLACES_DIFFER_FROM_PARENT": ([{"place": "MA-CHE", "value": "11"}, {"place": "MA-01", "value": "10"}], "G7"),
    "PERIODS_DIFFER_FROM_TOTAL": (
        [YEAR | {"value": "10"}, FIRST_HALF | {"value": "6"}, SECOND_HALF | {"value": "5"}],
        "G6",
    ),
    "FLOW_GIVEN_AS_STOCK": (
        [YEAR | {"value": "5"}, FIRST_HALF | {"value": "6"}, SECOND_HALF | {"value": "5"}],
        "G6",
    ),
    "STOCK_ADDED_UP": (
        [
            STOCK | YEAR | {"value": "11"},
            STOCK | FIRST_HALF | {"value": "6"},
            STOCK | SECOND_HALF | {"value": "5"},
        ],
        "G6",
    ),
    "TEXT_BLANKS": ([{"place": "  Chefchaouen"}], "C6"),
    "SPELLING_RARE": (
        [*({"place": USUAL, "period": str(year)} for year in range(2001, 2009)), {"place": RARE, "period": "2009"}],
        "C14",
    ),
}
# Rule -> the reports of a sender, year after year; the last one breaks it, and would not with the other value.
HISTORY_MUTATIONS: dict[str, tuple[Sequence[Rows], str, str]] = {
    "VALUE_JUMPS": (
        [
            [{"period": str(year), "value": str(value)}]
            for year, value in ((2013, 96), (2014, 104), (2015, 98), (2016, 103))
        ]
        + [[{"period": "2017", "value": "1020"}]],
        "G2",
        "120",
    ),
    "REPORT_COPIED": (
        [
            [
                {"indicator_code": code, "period": str(year), "value": str(value)}
                for code, value in (("PPO_VIOLENCE_CASES", 410), ("PPO_RAPE_CASES", 52), ("PPO_HOMICIDE_VICTIMS", 7))
            ]
            for year in (2016, 2017)
        ],
        "G2",
        "411",
    ),
    "FLOW_GIVEN_AS_STOCK": (
        [[FIRST_HALF | {"value": "6"}], [SECOND_HALF | {"value": "5"}], [YEAR | {"value": "5"}]],
        "G2",
        "11",
    ),
    "PERIODS_DIFFER_FROM_TOTAL": (
        [[FIRST_HALF | {"value": "6"}, SECOND_HALF | {"value": "5"}], [YEAR | {"value": "10"}]],
        "G2",
        "11",
    ),
    "STOCK_ADDED_UP": (
        [
            [STOCK | FIRST_HALF | {"value": "6"}, STOCK | SECOND_HALF | {"value": "5"}],
            [STOCK | YEAR | {"value": "11"}],
        ],
        "G2",
        "5",
    ),
}
# Only a workbook holds formulas, merged cells and repeat groups, and only a title several periods for one table.
WORKBOOK_ONLY = {
    "FORMULA_WITHOUT_VALUE",
    "LABEL_LEFT_OUT",
    "PARENT_ROW_MISSING",
    "PERIODS_IN_CONFLICT",
    "VALUE_MERGED",
    "VALUE_OF_OTHER_KIND",
}
# Good rows that lie close to a rule's limit, and must pass it.
OFFICIAL_GOOD: Rows = [
    {"value": "0"},
    {"value": "n/d", "sex": "F"},
    {"value": "n/a", "sex": "M"},
    {"value": "", "qualifier": "suppressed", "residence": "U"},
    {"value": "9" * 18, "age_group": "0-4"},
    RATE | {"value": "100"},
    RATE | {"value": "0", "sex": "F"},
    RATE | {"value": "12,5", "sex": "M", "numerator": "1", "denominator": "8"},
    RATE | {"value": "100", "period": "1999", "numerator": "2", "denominator": "2"},
    GIRLS | {"value": "66,6 %"},
    BOYS | {"value": "33,4 %"},
    {"period": "2001", "value": "10"},
    {"period": "2001", "value": "6", "sex": "F"},
    {"period": "2001", "value": "4", "sex": "M"},
    {"period": "2002", "value": "10"},
    {"period": "2002", "value": "3", "sex": "F"},  # the other part may hold the rest
    {"period": "2003", "value": "10", "qualifier": "more_than"},
    {"period": "2003", "value": "6", "residence": "U"},
    {"period": "2003", "value": "5", "residence": "R"},
    {"period": "2004", "value": "10", "place": "MA-01"},
    {"period": "2004", "value": "10", "place": "MA-CHE"},
    {"period": "S1 2005", "value": "6"},
    {"period": "S2 2005", "value": "5"},
    {"period": "2005", "value": "11"},
    STOCK | {"period": "S1 2005", "value": "5"},
    STOCK | {"period": "S2 2005", "value": "5"},
    STOCK | {"period": "2005", "value": "5"},
    {"period": "2025-01"},  # ends on the day the report was received
    {"place": "MA-03", "residence": "R"},
    GOOD_DELIVERABLE,
    GOOD_DELIVERABLE | {"citation": "another source"},
    {"value": "5981", "citation": "another source"},
]
SDMX_MUTATIONS: dict[str, Rows] = {
    "PERIOD_UNREADABLE": [{"TIME_PERIOD": "soon"}],
    "PERIOD_IN_FUTURE": [{"TIME_PERIOD": "2025"}],
    "CITATION_MISSING": [{"DATA_SOURCE": ""}],
    "NUMBER_UNREADABLE": [{"OBS_VALUE": "x"}],
}
ACTIVITY_MUTATIONS: dict[str, bytes] = {
    "REPORT_PERIOD_MISSING": xlsx_report(title=("Rapport",)),
    "REPORT_PERIOD_GRAIN": xlsx_report(title=("Rapport", "Période : 12/03/2019 - 15/04/2019")),
    "REPORT_PERIOD_IN_FUTURE": xlsx_report(title=("Rapport", "Période : T1 2025")),
    "PERIODS_IN_CONFLICT": xlsx_report(title=("Rapport", "Période : T2 2019", "Période : T3 2019")),
    "REPORT_TOO_MANY_BAD_ROWS": xlsx_report(
        [ACTIVITY_ROW, (*ACTIVITY_ROW[:3], "beaucoup"), (*ACTIVITY_ROW[:3], "assez")]
    ),
}


@pytest.fixture(scope="module")
def wide_desk(desk: Desk) -> Desk:
    """The shipped contracts and registers, wide enough for every rule.

    Columns and ages for official figures that no contract has yet, two places of one name, two of
    which the names are but for one letter the same, and a sender for each report: what one sent is
    the history of what it sends next.
    """
    parts = {role: Column(role=role, labels=Labels(en=(role,))) for role in EXTRA_COLUMNS if role != "remark"}
    parts["population_group"] = parts["population_group"].model_copy(update={"codes": (Code(code="IDP"),)})
    reference = copy.deepcopy(desk.reference)
    for code, name in (("MA-CHE", USUAL), ("MA-LAR", RARE)):
        reference.places.add_name("Val d'exemple", code)
        reference.places.add_name(name, code)
    for name in (*OFFICIAL_MUTATIONS, *OFFICIAL_WARNINGS, *HISTORY_MUTATIONS, "GOOD", "ZERO"):
        reference.organisations.add_code(f"SENDER_{name}")
        reference.organisations.add_code(f"GOOD_{name}")
    contracts = tuple(
        contract.model_copy(
            update={
                "columns": contract.columns | parts,
                "exhaustive": contract.exhaustive | {"age_group": ("Y0T17", "Y_GE18")},
            }
        )
        if contract.family == "official_figures"
        else contract
        for contract in desk.contracts
    )
    return Desk(contracts, reference, desk.catalogue)


Judged = tuple[Checked, dict[str, Reading]]


@pytest.fixture(scope="module")
def official(wide_desk: Desk) -> Judged:
    """Four good rows and a rule's bad ones, a report a rule; one report of good rows only, one of zeros only."""
    columns = (*OFFICIAL_COLUMNS, *EXTRA_COLUMNS)
    good = [OFFICIAL | {"period": str(year)} for year in (2013, 2014, 2015, 2016)]
    bad = {rule: rows for rule, (rows, _) in OFFICIAL_MUTATIONS.items()}
    bad |= {rule: rows for rule, (rows, _) in OFFICIAL_WARNINGS.items()}
    contents = {rule: csv_report([*good, *(OFFICIAL | row for row in rows)], columns) for rule, rows in bad.items()}
    # Nobody put the 12,5 between quotation marks.
    contents["ROW_TOO_LONG"] = contents["ROW_TOO_LONG"].rstrip() + b",5\r\n"
    contents["GOOD"] = csv_report([OFFICIAL | row for row in OFFICIAL_GOOD], columns)
    contents["ZERO"] = csv_report([OFFICIAL | {"value": "0", "period": year} for year in ("2013", "2014")], columns)
    readings = {
        name: wide_desk.read(content, f"SENDER_{name}", file_name=f"{name}.csv") for name, content in contents.items()
    }
    return wide_desk.check(list(readings.values())), readings


@pytest.fixture(scope="module")
def reported_before(wide_desk: Desk) -> Judged:
    """The reports of a sender a rule, each received a day after the one before; and the same with a good last one."""
    readings = []
    last = {}
    for rule, (reports, _, right) in HISTORY_MUTATIONS.items():
        for sender, value in ((f"SENDER_{rule}", None), (f"GOOD_{rule}", right)):
            for day, rows in enumerate(reports):
                is_last = day == len(reports) - 1
                better = {"value": value} if is_last and value else {}
                content = csv_report([OFFICIAL | rows[0] | better, *(OFFICIAL | row for row in rows[1:])])
                received = dt.date(2025, 1, 1) + dt.timedelta(day)
                readings.append(wide_desk.read(content, sender, f"{sender}-{day}.csv", received=received))
            last[sender] = readings[-1]
    return wide_desk.check(readings), last


HXL_HEADER = (
    "Grant,Workshop,What,Where,First,Last,All",
    "#activity+project,#activity+name,#indicator+name,#adm2,#date+start,#date+end,#reached",
)


def hxl_report(*lines: str) -> bytes:
    """Twelve good rows and some more, as a project report with HXL tags; a row names a place and a number."""
    good = [f"{place},{number}" for number, place in enumerate(HXL_PLACES, 10)]
    rows = []
    for line in (*good, *lines):
        place, number = line.split(",")
        rows.append(f"G1,reading,NGO_CHILDREN_REACHED,{place},2020-04-01,2020-06-30,{number}")
    return "\n".join(("Project report", *HXL_HEADER, *rows, "")).encode()


HXL_PLACES = (
    *("MA-CHE", "MA-LAR", "MA-OUZ", "MA-TET", "MA-FAH", "MA-HOC"),
    *("MA-BER", "MA-DRI", "MA-FIG", "MA-GUF", "MA-JRA", "MA-NAD"),
)
HXL_MUTATIONS = {
    "HXL_WHITESPACE": (" MA-TAI,12", "D16"),
    "HXL_OUTLIER": ("MA-TAI,900", "G16"),
}


@pytest.fixture(scope="module")
def hxl(desk: Desk) -> Judged:
    contents = {rule: hxl_report(line) for rule, (line, _) in HXL_MUTATIONS.items()} | {"GOOD": hxl_report()}
    readings = {name: desk.read(content, "NGO_EXAMPLE_1", f"{name}.csv") for name, content in contents.items()}
    assert all(reading.is_tagged for reading in readings.values())
    return desk.check(list(readings.values())), readings


@pytest.mark.parametrize("rule", HXL_MUTATIONS)
def test_tagged_files_are_held_to_hxls_own_rules(hxl: Judged, rule: str) -> None:
    _, cell = HXL_MUTATIONS[rule]
    assert [(row["rule_code"], row["source_cell"]) for row in told(hxl, rule)] == [(rule, cell)]
    assert told(hxl, "GOOD") == []


@pytest.fixture(scope="module")
def sdmx(desk: Desk) -> Judged:
    good = [SDMX | {"TIME_PERIOD": str(year)} for year in (2001, 2002)]
    readings = {
        rule: desk.read(csv_report([*good, *(SDMX | row for row in rows)], list(SDMX)), "UNICEF", f"{rule}.csv")
        for rule, rows in SDMX_MUTATIONS.items()
    }
    return desk.check(list(readings.values())), readings


@pytest.fixture(scope="module")
def activity(desk: Desk) -> Judged:
    contents = ACTIVITY_MUTATIONS | {
        "good": xlsx_report(),
        "half": xlsx_report([ACTIVITY_ROW, ("?", *ACTIVITY_ROW[1:])]),
        "formula": xlsx_report([ACTIVITY_ROW, (*ACTIVITY_ROW[:2], "Garçons", "=2+3")]),
        "merged": xlsx_report([ACTIVITY_ROW, (*ACTIVITY_ROW[:2], "Garçons", None)], merges=("D5:D6",)),
        "unmerged": xlsx_report([ACTIVITY_ROW, (ACTIVITY_ROW[0], None, "Garçons", 7)]),
        "thousands": xlsx_report(header=(*ACTIVITY_HEADER[:3], "Nombre (en milliers)")),
    }
    readings = {rule: desk.read(content, "ENTRAIDE", f"{rule}.xlsx") for rule, content in contents.items()}
    return desk.check(list(readings.values())), readings


def verdict(judged: Judged, name: str) -> Mapping[str, object]:
    (report,) = lake_rows(judged[0], "reports", judged[1][name])
    return report


def told(judged: Judged, name: str) -> list[Mapping[str, object]]:
    return [row for row in lake_rows(judged[0], "rejections", judged[1][name]) if not row["is_quarantined"]]


def quarantined(judged: Judged, name: str) -> list[Mapping[str, object]]:
    return [row for row in lake_rows(judged[0], "rejections", judged[1][name]) if row["is_quarantined"]]


def test_every_rule_of_every_suite_has_a_mutation(desk: Desk) -> None:
    shared = {*OFFICIAL_MUTATIONS, *OFFICIAL_WARNINGS, *HXL_MUTATIONS, "REPORT_ALL_ZERO"}
    folder = PROJECT / "expectations"
    for contract in desk.contracts:
        own = {"sdmx_csv": SDMX_MUTATIONS, "official_figures": ()}.get(contract.family, ACTIVITY_MUTATIONS)
        suite = load_suite(folder, contract.family, desk.catalogue)
        assert {entry.rule for entry in suite.entries} <= {*shared, *own, *WORKBOOK_ONLY}, contract.family
        history = load_history_suite(folder, contract.family, desk.catalogue)
        assert {entry.rule for entry in history.entries} <= set(HISTORY_MUTATIONS)


@pytest.mark.parametrize("rule", OFFICIAL_WARNINGS)
def test_an_odd_figure_is_told_of_by_its_rule_alone_and_counts(official: Judged, desk: Desk, rule: str) -> None:
    rows, cell = OFFICIAL_WARNINGS[rule]
    assert [(row["rule_code"], row["source_cell"]) for row in told(official, rule)] == [(rule, cell)]
    assert quarantined(official, rule) == []
    report = verdict(official, rule)
    is_shown = desk.catalogue[rule].severity == "warning"
    assert report["verdict"] == ("accepted_with_findings" if is_shown else "accepted")
    assert report["observations_accepted"] == 4 + len(rows)


def test_a_report_of_zeros_is_told_of_once(official: Judged) -> None:
    (finding,) = told(official, "ZERO")
    assert (finding["rule_code"], finding["found"], finding["source_cell"]) == ("REPORT_ALL_ZERO", "2", "G2")
    assert verdict(official, "ZERO")["observations_accepted"] == 2


@pytest.mark.parametrize("rule", HISTORY_MUTATIONS)
def test_what_is_odd_beside_earlier_reports_is_told_of_by_its_rule_alone(reported_before: Judged, rule: str) -> None:
    _, cell, _ = HISTORY_MUTATIONS[rule]
    findings = told(reported_before, f"SENDER_{rule}")
    assert [(row["rule_code"], row["source_cell"]) for row in findings] == [(rule, cell)]
    assert verdict(reported_before, f"SENDER_{rule}")["verdict"] == "accepted_with_findings"
    assert told(reported_before, f"GOOD_{rule}") == []


def test_what_history_tells_says_what_would_be_usual(reported_before: Judged) -> None:
    said = {rule: told(reported_before, f"SENDER_{rule}")[0] for rule in HISTORY_MUTATIONS}
    assert (said["VALUE_JUMPS"]["found"], said["VALUE_JUMPS"]["expected"]) == ("1020", "100.5")
    assert (said["REPORT_COPIED"]["found"], said["REPORT_COPIED"]["expected"]) == ("3 / 3", "2016-01-01/2016-12-31")
    assert said["FLOW_GIVEN_AS_STOCK"]["expected"] == "11"
    assert said["STOCK_ADDED_UP"]["expected"] == "5"


@pytest.mark.parametrize("rule", OFFICIAL_MUTATIONS)
def test_a_bad_row_is_quarantined_by_its_rule_alone_and_the_rest_goes_on(official: Judged, rule: str) -> None:
    _, cells = OFFICIAL_MUTATIONS[rule]
    report = verdict(official, rule)
    assert (report["state"], report["verdict"]) == ("accepted", "accepted_with_findings")
    assert [(row["rule_code"], row["source_cell"]) for row in told(official, rule)] == [(rule, cell) for cell in cells]
    refused = quarantined(official, rule)
    assert [row["rule_code"] for row in refused] == [rule] * len(cells)
    kept = lake_rows(official[0], "observations", official[1][rule])
    assert [row["source_cell"] for row in kept] == ["G2", "G3", "G4", "G5"]
    assert report["observations_accepted"] == 4
    assert report["observations_quarantined"] == len(cells)


@pytest.mark.parametrize("rule", OFFICIAL_MUTATIONS)
def test_a_report_with_a_bad_row_stands_and_loses_the_state_that_the_rule_denies(
    official: Judged, desk: Desk, rule: str
) -> None:
    report = verdict(official, rule)
    denied = desk.catalogue[rule].denies
    assert report["is_readable"] is True
    assert report["is_complete"] is (denied != "complete")
    assert report["is_valid"] is (denied != "valid")


def test_a_good_report_close_to_every_limit_is_accepted_whole(official: Judged) -> None:
    assert told(official, "GOOD") == []
    report = verdict(official, "GOOD")
    assert (report["verdict"], report["observations_accepted"]) == ("accepted", len(OFFICIAL_GOOD))


def test_each_rule_says_how_many_rows_it_judged_and_failed(official: Judged) -> None:
    for rule, (rows, _) in OFFICIAL_MUTATIONS.items():
        checks = {row["rule_code"]: row for row in lake_rows(official[0], "checks", official[1][rule])}
        assert set(OFFICIAL_MUTATIONS) | WORKBOOK_ONLY <= set(checks)
        assert {code: row["rows_failed"] for code, row in checks.items() if row["rows_failed"]} == {rule: len(rows)}
        assert {checks[code]["rows_judged"] for code in OFFICIAL_MUTATIONS} == {4 + len(rows)}


def test_a_rule_that_had_nothing_to_judge_says_nothing_rather_than_none_failed(official: Judged) -> None:
    compared = {}
    for name in ("GOOD", "SEXES_DIFFER_FROM_TOTAL", "VALUE_NEGATIVE"):
        for row in lake_rows(official[0], "checks", official[1][name]):
            if row["rule_code"] == "SEXES_DIFFER_FROM_TOTAL":
                compared[name] = (row["rows_judged"], row["rows_failed"])
    assert compared == {"GOOD": (1, 0), "SEXES_DIFFER_FROM_TOTAL": (1, 1)}


def test_a_name_that_nobody_knows_is_answered_with_the_nearest(official: Judged) -> None:
    (place,) = told(official, "PLACE_UNKNOWN")
    assert place["found"] == "Chefchauen"
    assert "MA-CHE" in str(place["expected"])
    (indicator,) = told(official, "INDICATOR_UNKNOWN")
    assert "PPO_VIOLENCE_CASES" in str(indicator["expected"]) or indicator["expected"] == "–"


def test_a_message_names_what_was_expected_wherever_it_promises_to(official: Judged, desk: Desk) -> None:
    for rule in OFFICIAL_MUTATIONS:
        for row in told(official, rule):
            assert row["expected"] or "{expected}" not in desk.catalogue[rule].message["en"], rule


@pytest.mark.parametrize("rule", SDMX_MUTATIONS)
def test_a_bad_sdmx_row_is_quarantined_by_its_rule_alone(sdmx: Judged, rule: str) -> None:
    assert {row["rule_code"] for row in told(sdmx, rule)} == {rule}
    assert len(lake_rows(sdmx[0], "observations", sdmx[1][rule])) == 2


@pytest.mark.parametrize("rule", ACTIVITY_MUTATIONS)
def test_a_report_that_breaks_a_report_rule_is_sent_back_whole(activity: Judged, rule: str) -> None:
    report = verdict(activity, rule)
    assert (report["state"], report["verdict"], report["observations_accepted"]) == ("sent_back", "sent_back", 0)
    of_the_report = [row["rule_code"] for row in told(activity, rule) if row["scope"] == "report"]
    assert of_the_report == [rule]
    assert len(quarantined(activity, rule)) == len(activity[1][rule].rows)
    assert lake_rows(activity[0], "observations", activity[1][rule]) == []


def test_a_good_activity_report_is_accepted_and_half_bad_is_just_allowed(activity: Judged) -> None:
    assert verdict(activity, "good")["verdict"] == "accepted"
    assert verdict(activity, "half")["verdict"] == "accepted_with_findings"


def test_a_formula_saved_without_its_result_is_no_zero(activity: Judged) -> None:
    """openpyxl writes the formula and no result, as many programs do."""
    assert [row["rule_code"] for row in told(activity, "formula")] == ["FORMULA_WITHOUT_VALUE"]
    assert len(lake_rows(activity[0], "observations", activity[1]["formula"])) == 1


def test_a_figure_merged_over_two_rows_counts_for_neither(activity: Judged) -> None:
    merged = [(row["rule_code"], row["source_cell"], row["found"]) for row in told(activity, "merged")]
    assert merged[:2] == [("VALUE_MERGED", "D5", "12"), ("VALUE_MERGED", "D6", "12")]
    assert lake_rows(activity[0], "observations", activity[1]["merged"]) == []


def test_a_row_below_a_place_that_is_written_once_does_not_count(activity: Judged) -> None:
    left_out = [(row["rule_code"], row["source_cell"], row["found"]) for row in told(activity, "unmerged")]
    assert left_out == [("LABEL_LEFT_OUT", "B6", "Chefchaouen")]
    assert len(lake_rows(activity[0], "observations", activity[1]["unmerged"])) == 1


def test_a_figure_under_a_heading_that_makes_it_another_does_not_count(activity: Judged) -> None:
    said = [(row["rule_code"], row["source_cell"], row["found"]) for row in told(activity, "thousands")]
    assert said[:1] == [("VALUE_OF_OTHER_KIND", "D5", "Nombre (en milliers)")]
    assert lake_rows(activity[0], "observations", activity[1]["thousands"]) == []


def test_counts_are_those_of_the_reports(official: Judged, activity: Judged) -> None:
    bad = sum(len(rows) for rows, _ in OFFICIAL_MUTATIONS.values())
    odd = sum(len(rows) for rows, _ in OFFICIAL_WARNINGS.values())
    reports = len(OFFICIAL_MUTATIONS) + len(OFFICIAL_WARNINGS)
    rows = 4 * reports + odd + len(OFFICIAL_GOOD) + 2
    counts = official[0].counts
    assert counts.observations == {"read": rows + bad, "accepted": rows, "quarantined": bad}
    assert counts.reports == {"accepted": reports + 2, "sent_back": 0, "unreadable": 0}
    assert activity[0].counts.reports == {"accepted": 4, "sent_back": 7, "unreadable": 0}


def test_the_expected_text_of_one_rule_is_not_that_of_another(desk: Desk) -> None:
    """A row with a wrong place and a wrong number: the place's message offers places."""
    good = [OFFICIAL | {"period": str(year)} for year in (2015, 2016)]
    reading = desk.read(csv_report([*good, OFFICIAL | {"place": "Chefchauen", "value": "beaucoup"}]))
    checked = desk.check([reading])
    expected = {finding.code: finding.expected for _, finding in checked.findings}
    assert "MA-CHE" in expected["PLACE_UNKNOWN"]
    assert "406.423" in expected["NUMBER_UNREADABLE"]


def test_what_fails_on_several_sheets_names_each_with_its_cells(desk: Desk) -> None:
    """One sheet's cells under the name of another would lead to rows that are right."""
    bad = (*ACTIVITY_ROW[:3], "beaucoup")
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report([bad] * 2)))
    first, second = book.active, book.create_sheet("T2")
    for line in [*first.iter_rows(max_row=4, values_only=True), *[bad] * 20]:
        second.append(line)
    content = io.BytesIO()
    book.save(content)
    reading = desk.read(content.getvalue(), "ENTRAIDE", "report.xlsx")
    everywhere = next(finding for _, finding in desk.check([reading]).findings if finding.code == "NUMBER_UNREADABLE")
    assert (everywhere.sheet, everywhere.cell, everywhere.rows) == (first.title, "D5", 22)
    shown = ", ".join(["D5", "D6", *(f"T2!D{row}" for row in range(5, 13))])
    assert everywhere.found == f"beaucoup · 22 / 22: {shown}…"


def test_a_heading_that_nobody_knows_is_told_at_the_figure_under_it(desk: Desk) -> None:
    """It stands over the values: no cell of their row names it."""
    header = (("Province", "0-5 ans", None, "Adultes", None), (None, "Filles", "Garçons", "Filles", "Garçons"))
    book = openpyxl.Workbook()
    for line in (("Période : 2019",), *header, ("Chefchaouen", 1, 2, 3, 4)):
        book.active.append(line)
    content = io.BytesIO()
    book.save(content)
    reading = desk.read(content.getvalue(), "ENTRAIDE", "mendicite.xlsx")
    rows = [row for row in told((desk.check([reading]), {"": reading}), "") if row["rule_code"] == "AGE_GROUP_UNKNOWN"]
    assert [(row["source_cell"], row["found"]) for row in rows] == [("D4", "Adultes"), ("E4", "Adultes")]


def test_a_rule_that_fails_everywhere_is_told_once_and_still_quarantines_every_row(desk: Desk) -> None:
    """21 of 40 rows: more than 20, and more than half."""
    good = [OFFICIAL | {"period": str(year)} for year in range(1990, 2009)]
    bad = [OFFICIAL | {"period": str(year), "value": f"beaucoup {year}"} for year in range(1960, 1981)]
    reading = desk.read(csv_report([*bad, *good]))
    checked = desk.check([reading])
    everywhere = told((checked, {"": reading}), "")
    assert [row["rule_code"] for row in everywhere] == ["NUMBER_UNREADABLE", "REPORT_TOO_MANY_BAD_ROWS"]
    assert (everywhere[0]["scope"], everywhere[0]["source_cell"]) == ("report", "G2")
    assert everywhere[0]["found"] == "beaucoup 1960 · 21 / 40: G2, G3, G4, G5, G6, G7, G8, G9, G10, G11…"
    refused = quarantined((checked, {"": reading}), "")
    assert [row["source_text"] for row in refused[:21]] == [row["value"] for row in bad]
    assert [row["rule_code"] for row in refused] == ["NUMBER_UNREADABLE"] * 21 + ["REPORT_TOO_MANY_BAD_ROWS"] * 19
    (check,) = (row for row in lake_rows(checked, "checks", reading) if row["rule_code"] == "NUMBER_UNREADABLE")
    assert (check["rows_judged"], check["rows_failed"]) == (40, 21)


def test_one_row_less_and_each_is_told(desk: Desk) -> None:
    good = [OFFICIAL | {"period": str(year)} for year in range(1990, 2011)]
    bad = [OFFICIAL | {"period": str(year), "value": "beaucoup"} for year in range(1960, 1980)]
    checked = desk.check([desk.read(csv_report([*bad, *good]))])
    assert [finding.code for _, finding in checked.findings] == ["NUMBER_UNREADABLE"] * 20


@pytest.mark.parametrize(
    ("year", "expected"), [(1900, {"PERIOD_IN_FUTURE", "REPORT_TOO_MANY_BAD_ROWS"}), (9999, set())]
)
def test_a_dated_folder_of_a_far_year_does_not_stop_the_judging(desk: Desk, year: int, expected: set[str]) -> None:
    reading = desk.read(csv_report([OFFICIAL]), received=dt.date(year, 1, 1))
    assert {finding.code for _, finding in desk.check([reading]).findings} == expected


@pytest.mark.parametrize(("bad", "good", "refused"), [(2, 0, False), (3, 0, True), (3, 1, False)])
def test_a_family_is_refused_when_several_reports_came_and_all_were_sent_back(
    desk: Desk, bad: int, good: int, refused: bool
) -> None:
    contents = [csv_report([OFFICIAL | {"value": f"x{number}"}]) for number in range(bad)] + [
        csv_report([OFFICIAL])
    ] * good
    checked = desk.check([desk.read(content, file_name=f"{number}.csv") for number, content in enumerate(contents)])
    assert checked.counts.reports["sent_back"] == bad
    assert (checked.refusal == Finding("FAMILY_REFUSED", found=f"{bad} / {bad}")) == refused
    assert (checked.refusal is None) != refused


def test_files_that_are_no_known_report_refuse_no_family(desk: Desk) -> None:
    readings = [desk.read(f"a;b\n{number};2\n".encode(), file_name=f"{number}.csv") for number in range(3)]
    checked = desk.check(readings)
    assert checked.counts.reports["sent_back"] == 3
    assert checked.refusal is None


def test_reports_without_rows_are_told_without_a_validation(desk: Desk) -> None:
    readings = [desk.read(b"", file_name="empty.csv"), desk.read(b"%PDF-1.7", file_name="report.pdf")]
    checked = desk.check(readings)
    assert checked.counts.reports == {"accepted": 0, "sent_back": 0, "unreadable": 2}
    for reading in readings:
        (row,) = lake_rows(checked, "rejections", reading)
        assert {row["rule_code"]} == codes(reading)
        assert not row["is_quarantined"]


def test_every_shipped_report_passes(desk: Desk) -> None:
    inbox = PROJECT / "raw" / "inbox"
    readings: dict[str, list[Reading]] = {}
    for path in sorted(inbox.rglob("*.*")):
        organisation = path.relative_to(inbox).parts[0]
        reading = desk.read(path.read_bytes(), organisation, path.name, received=dt.date(2025, 12, 31))
        readings.setdefault(reading.family, []).append(reading)
    for family in readings.values():
        counts = desk.check(family).counts
        assert counts.reports["sent_back"] == counts.reports["unreadable"] == 0
        assert counts.observations["read"] == counts.observations["accepted"] > 0
