"""`make load` on the inbox that the project ships: official figures, as printed, and nothing else."""

import csv
import io
import json
from decimal import Decimal

import pytest

from tests.integration.conftest import Installation

pytestmark = pytest.mark.xdist_group("shipped")


def test_the_seven_figures_of_the_ministrys_page(shipped: Installation) -> None:
    sql = (
        "select indicator_code, period_label, value, qualifier from marts.indicator_by_objective_year "
        "where objective_code = 'SO4' order by 1"
    )
    done = shipped.run("query", sql, "--format", "csv")
    assert done.returncode == 0
    rows = {(row["indicator_code"], row["value"], row["qualifier"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert {
        ("SN_ACTORS_TRAINED", "425", "exact"),
        ("SN_DIGITAL_REACH", "406423", "exact"),
        ("SN_LOCAL_ACTORS_TRAINED", "181", "exact"),
        ("COVID_SPOTS", "5", "exact"),
        ("COVID_INSTITUTIONS", "76", "exact"),
        ("COVID_CHILDREN", "4330", "more_than"),
        ("COVID_SUPERVISORS", "300", "exact"),
    } <= rows


def test_the_prosecutions_cases_by_year(shipped: Installation) -> None:
    rows = shipped.query(
        "select year, value from marts.indicator_by_objective_year where indicator_code = 'PPO_VIOLENCE_CASES'"
    )
    by_year = dict(rows)
    assert {year: by_year[year] for year in (2017, 2018, 2021, 2024)} == {
        2017: 5980,
        2018: 7263,
        2021: 6314,
        2024: 9618,
    }


def test_the_same_figure_dated_two_ways_comes_in_twice_and_the_conflict_shows(shipped: Installation) -> None:
    stated = shipped.query(
        "select year, value from marts.indicator_by_objective_year "
        "where indicator_code = 'PPO_VIOLENCE_CASES' and year in (2019, 2020) order by year"
    )
    assert stated == [(2019, Decimal(4828)), (2020, Decimal(4828))]
    conflicts = shipped.query(
        "select left_value, right_value, left_citation <> right_citation from marts.reconciliation "
        "where indicator_code = 'PPO_VIOLENCE_CASES' and kind = 'date_conflict' and status = 'conflict'"
    )
    assert conflicts == [(Decimal(4828), Decimal(4828), True)]


def test_a_deliverable_printed_twice_counts_once(shipped: Installation) -> None:
    rows = shipped.query(
        "select deliverable_type, indicator_code, status, times_reported, quantity from marts.fct_deliverable "
        "where indicator_code in ('SN_SPOTS', 'SN_REFERENCES', 'SN_STUDIES')"
    )
    spots = [row for row in rows if row[1] == "SN_SPOTS"]
    documents = [row for row in rows if row[1] == "SN_REFERENCES"]
    studies = [row for row in rows if row[1] == "SN_STUDIES"]
    assert [row[2:] for row in spots] == [("done", 2, 1)] * 2
    assert [row[2:] for row in documents] == [("done", 2, 1)] * 2
    assert [row[2] for row in studies] == ["under_approval"]
    counted = dict(
        shipped.query(
            "select indicator_code, sum(value) from marts.indicator_by_objective_year "
            "where indicator_code in ('SN_SPOTS', 'SN_REFERENCES') group by 1"
        )
    )
    assert counted == {"SN_SPOTS": 2, "SN_REFERENCES": 2}


def test_the_regional_institutions_add_up_to_the_printed_total(shipped: Installation) -> None:
    rows = shipped.query(
        "select sum(value), count(*) from marts.indicator_by_place_year "
        "where indicator_code = 'EPS_INSTITUTIONS' and place_code <> 'MA' and period_label = '2017-2019'"
    )
    assert rows == [(Decimal(1092), 12)]


def test_everything_the_page_printed_is_reconciled(shipped: Installation) -> None:
    statuses = shipped.query(
        "select distinct status from marts.reconciliation where kind = 'printed_vs_computed' "
        "and indicator_code in ('SN_ACTORS_TRAINED', 'SN_DIGITAL_REACH', 'SN_LOCAL_ACTORS_TRAINED', 'COVID_SPOTS', "
        "'COVID_INSTITUTIONS', 'COVID_CHILDREN', 'COVID_SUPERVISORS', 'SN_SPOTS', 'SN_REFERENCES')"
    )
    assert statuses == [("agreed",)]


def test_each_figure_of_the_page_stands_alone(shipped: Installation) -> None:
    """No illustrative report speaks of what the page printed: its seven indicators have one row each."""
    rows = shipped.query(
        "select indicator_code, count(*), min(data_status) from marts.indicator_by_objective_year "
        "where indicator_code in ('SN_ACTORS_TRAINED', 'SN_DIGITAL_REACH', 'SN_LOCAL_ACTORS_TRAINED', 'COVID_SPOTS', "
        "'COVID_INSTITUTIONS', 'COVID_CHILDREN', 'COVID_SUPERVISORS') group by 1"
    )
    assert {row[1:] for row in rows} == {(1, "published")}
    assert len(rows) == 7


def test_quarters_places_and_organisations_are_added_and_a_resubmission_replaces(shipped: Installation) -> None:
    """2019: Fès 75 + 62, Larache 21 + 32 (first sent as 29), the association's Fès-Meknès 39 + 49."""
    sql = (
        "select value, qualifier, reports_accepted, reports_expected from marts.indicator_by_objective_year "
        "where indicator_code = 'DTIPE_CHILDREN_SUPPORTED' and year = 2019"
    )
    assert shipped.query(sql) == [(Decimal(75 + 62 + 21 + 32 + 39 + 49), "exact", 4, 8)]


def test_a_bound_travels_into_the_sum(shipped: Installation) -> None:
    """Sessions of 2019: 8+5 and 11+6, 14 and more than 10, 7 and a reported zero."""
    sql = (
        "select value, qualifier from marts.indicator_by_objective_year where indicator_code = 'SN_AWARENESS_SESSIONS'"
    )
    assert shipped.query(sql) == [(Decimal(8 + 5 + 11 + 6 + 14 + 10 + 7 + 0), "more_than")]


def test_a_blank_a_zero_and_a_missing_figure_stay_different(shipped: Installation) -> None:
    zero = shipped.query(
        "select value, qualifier, source_text from marts.fct_observation "
        "where indicator_code = 'SN_AWARENESS_SESSIONS' and place_code = 'MA-OUA'"
    )
    unknown = shipped.query(
        "select value, qualifier, source_text from marts.fct_observation_version "
        "where indicator_code = 'SN_AWARENESS_SESSIONS' and qualifier = 'not_reported'"
    )
    assert zero == [(Decimal(0), "exact", "0")]
    assert unknown == [(None, "not_reported", "غير متوفر")]


def test_explain_ends_at_the_cell(shipped: Installation) -> None:
    done = shipped.run("explain", "SN_DIGITAL_REACH")
    assert done.returncode == 0
    assert "MSISF/ministry-page-social-norms.csv" in done.stdout
    assert "406.423" in done.stdout
    assert "social.gov.ma" in done.stdout
    (sheet, cell) = shipped.query(
        "select source_sheet, source_cell from marts.fct_observation where indicator_code = 'SN_DIGITAL_REACH'"
    )[0]
    assert f"{sheet}!{cell}" in done.stdout
    row, column = int(cell[1:]) - 1, ord(cell[0]) - ord("A")
    with (shipped.inbox / "MSISF" / "ministry-page-social-norms.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[row][column] == "406.423"


def test_every_published_observation_carries_its_citation(shipped: Installation) -> None:
    assert shipped.query(
        "select count(*) from marts.fct_observation where data_status = 'published' and citation is null"
    ) == [(0,)]


def test_every_column_of_every_mart_is_described(shipped: Installation) -> None:
    missing = shipped.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    )
    assert missing == []


CONTRADICTIONS = [
    pytest.param(
        ("PPO_VIOLENCE_CASES", "2019 / 2020", Decimal(4828), Decimal(4828), "conflict", "both_years_kept"),
        id="4828 cases are dated 2019 and 2020",
    ),
    pytest.param(
        ("PPO_VIOLENCE_CASES", "2018", Decimal(7263), Decimal(7031), "not_compared", "different_units"),
        id="7263 cases beside 7031 acts",
    ),
    pytest.param(
        ("PPO_ACTS_GIRLS_SHARE", "2018", Decimal(100), Decimal("100.2"), "different", "whole_differs"),
        id="66.6 and 33.6 percent are 100.2",
    ),
    pytest.param(
        ("PPO_HOMICIDE_VICTIMS", "2020", Decimal(27), Decimal(22), "not_compared", "different_units"),
        id="27 victims beside 22 cases",
    ),
    pytest.param(
        ("PPO_HOMICIDE_VICTIMS", "2020", Decimal(38), Decimal(27 + 11), "agreed", "sum_agrees"),
        id="38 children killed",
    ),
    pytest.param(
        (
            "HCP_CHILD_LABOUR_RATE",
            "2022",
            Decimal("1.6"),
            (Decimal(127000) * 100 / 7690000).quantize(Decimal("1e-10")),
            "rounding",
            "share_within_rounding",
        ),
        id="1.65 percent is printed as 1.6",
    ),
    pytest.param(
        (
            "HCP_HOUSEHOLDS_CHILD_LABOUR",
            "2022",
            Decimal(89000),
            Decimal(69000 + 21000),
            "rounding",
            "parts_within_rounding",
        ),
        id="89000 households with 69000 and 21000",
    ),
    pytest.param(
        ("EPS_INSTITUTIONS", "2017-2019", Decimal(1092), Decimal(1092), "agreed", "parts_equal_total"),
        id="twelve regions are 1092",
    ),
    pytest.param(
        ("EPS_INSTITUTIONS", "2012-2016", Decimal(1051), Decimal(805 + 246), "agreed", "sum_agrees"),
        id="1051 institutions are 805 and 246",
    ),
    pytest.param(
        ("EPS_INSTITUTIONS", "2013 / 2012-2016", Decimal(1347), Decimal(1051), "not_compared", "different_scope"),
        id="1347 institutions beside 1051",
    ),
    pytest.param(
        ("EPS_INSTITUTIONS", "2013 / 2017-2019", Decimal(1347), Decimal(1092), "not_compared", "different_scope"),
        id="1347 institutions beside 1092",
    ),
]


@pytest.mark.parametrize("expected", CONTRADICTIONS)
def test_what_the_publications_say_against_each_other_is_shown_with_both_sides(
    shipped: Installation, expected: tuple[object, ...]
) -> None:
    rows = shipped.query(
        "select indicator_code, period_label, left_value, right_value, status, rule, difference, right_citation, "
        "explanation_ar, explanation_fr, explanation_en from marts.reconciliation "
        f"where indicator_code = '{expected[0]}' and kind <> 'printed_vs_computed'"
    )
    (found,) = (row for row in rows if row[:6] == expected)
    difference = found[6]
    assert difference == (None if expected[4] == "not_compared" else found[3] - found[2])
    assert all(found[8:])
    # Places that were added have no citation of their own.
    assert found[7] or expected[5] == "parts_equal_total"


def test_a_speech_printed_in_two_languages_keeps_both_qualifiers(shipped: Installation) -> None:
    rows = shipped.query(
        "select left_value, left_label, right_value, right_label, rule from marts.reconciliation "
        "where indicator_code = 'STREET_CHILDREN_INTEGRATED' and kind = 'source_conflict'"
    )
    assert rows == [
        (Decimal(1400), "MSISF (exact), stands", Decimal(1400), "MSISF (approximate), hidden", "first_in_file")
    ]


def test_most_national_figures_are_recounted_by_the_audit(shipped: Installation) -> None:
    manifest = json.loads((shipped.current / "manifest.json").read_text(encoding="utf-8"))
    figures = manifest["marts"]["indicator_by_objective_year"]["rows"]
    assert figures / 2 < manifest["audit"]["figures_recounted"] <= figures
    assert manifest["audit"]["accepted"] == []


def test_each_asset_tells_in_dagster_what_it_cost_and_the_rooms_how_many_rows_they_had(shipped: Installation) -> None:
    import dagster as dg

    with dg.DagsterInstance.from_config(str(shipped.data / "dagster")) as instance:
        told = {
            key.to_user_string(): event.asset_materialization.metadata
            for key in instance.all_asset_keys()
            if (event := instance.get_latest_materialization_event(key)) is not None
            and event.asset_materialization is not None
        }
    assert {"receipts", "readings", "lake", "marts/indicator_by_objective_year", "release", "answers"} <= told.keys()
    for name, metadata in told.items():
        assert metadata["seconds"].value >= 0, name
        # No process that has imported Dagster, or runs dbt, takes less.
        assert metadata["peak_memory_mb"].value > 50, name
    rows = {name: metadata["rows"].value for name, metadata in told.items() if "rows" in metadata}
    families = {name for name in told if name.startswith("observations/")}
    assert families
    assert rows.keys() == {"readings", "release", *families}
    assert rows["readings"] == sum(rows[name] for name in families) > 0
    manifest = json.loads((shipped.current / "manifest.json").read_text(encoding="utf-8"))
    assert rows["release"] == sum(mart["rows"] for mart in manifest["marts"].values())
    for name in families:
        page = told[name]["quality"]
        assert isinstance(page, dg.PathMetadataValue)
        assert page.value == str(shipped.data / "work" / "quality" / "index.html")
