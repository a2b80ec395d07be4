"""The public file: what each mart loses on its way out."""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.release import public
from orchestration.release.disclosure import protect, record
from orchestration.release.disclosure.policy import Policy
from tests.releases import figure, group, indicator, place, write_release

DIMENSIONS = {
    "dim_indicator": [indicator("CASES"), indicator("SCHOOLS", is_sensitive=False)],
    "dim_place": [place("MA", None), place("MA-01", "MA"), place("MA-02", "MA")],
}
AS_SHIPPED = Policy()
YEAR = {"year": 2024, "period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 12, 31)}
NATIONAL = {"programme_code": "P", "baseline": 10, "target": 100, "progress": 0.5, "rating": "on_track"}


def released(
    root: Path,
    rows: Mapping[str, Iterable[Mapping[str, Any]]],
    policy: Policy = AS_SHIPPED,
    kept: Iterable[Path] = (),
) -> Path:
    """The folder of a release with these rows, its public part written."""
    warehouse = write_release(root / "warehouse.duckdb", {**DIMENSIONS, **rows})
    public.write(root, warehouse, policy, list(kept))
    return root


def read(root: Path, select: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(root / "public" / "hasila.duckdb"), read_only=True) as connection:
        return connection.execute(select).fetchall()


def national(code: str, value: float, **given: Any) -> dict[str, Any]:
    row = figure(code, "MA", value)
    del row["place_code"]
    return row | NATIONAL | given


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """3 cases, all in one region, from one cell of a report."""
    observed = {"observation_id": "o1", "receipt_id": "r1", "place_code": "MA-01", "remark": "the 3 sisters", **group()}
    observation = (
        figure("CASES", "MA-01", 3) | observed | {"source_sheet": "S", "source_cell": "B7", "source_text": "3"}
    )
    observation |= {"numerator": 3, "denominator": 40, "value_as_reported": 2}
    rows = {
        "indicator_by_objective_year": [national("CASES", 3), national("SCHOOLS", 3)],
        "indicator_by_place_year": [figure("CASES", "MA", 3), figure("CASES", "MA-01", 3), figure("SCHOOLS", "MA", 3)],
        "indicator_by_group_year": [figure("CASES", "MA", 3) | group(sex="F")],
        "fct_observation": [observation, observation | {"indicator_code": "SCHOOLS", "observation_id": "o2"}],
        "fct_target": [
            {"indicator_code": "CASES", "baseline": 4, "target": 100},
            {"indicator_code": "SCHOOLS", "baseline": 4, "target": 100},
        ],
        "restatement": [
            {"restatement_id": "1", "indicator_code": code, "old_value": 2, "new_value": 3, "difference": 1}
            for code in ("CASES", "SCHOOLS")
        ],
        "reconciliation": [
            {"reconciliation_id": code, "kind": "date_conflict", "indicator_code": code, "data_status": "published"}
            | {"indicator_codes": code, "left_value": 3, "right_value": 3, "difference": 0}
            for code in ("CASES", "SCHOOLS")
        ],
        "fct_report": [{"receipt_id": "r1", "file_name": "f.xlsx", "inbox_path": "ORG/f.xlsx", "archive_path": "x/y"}],
        "quarantine": [{"receipt_id": "r1"}],
        "fct_observation_version": [{"observation_id": "o1", "value": 3}],
    }
    return released(tmp_path, rows)


def test_a_small_count_has_no_value_and_says_so_wherever_it_stands(small: Path) -> None:
    for mart, rows in (
        ("indicator_by_objective_year", 1),
        ("indicator_by_place_year", 2),
        ("indicator_by_group_year", 1),
    ):
        found = read(small, f"select value, qualifier from marts.{mart} where indicator_code = 'CASES'")
        assert found == [(None, "suppressed")] * rows


def test_what_is_not_sensitive_stays(small: Path) -> None:
    assert read(small, "select value from marts.indicator_by_place_year where indicator_code = 'SCHOOLS'") == [(3,)]
    kept = "select value, source_text, remark from marts.fct_observation where indicator_code = 'SCHOOLS'"
    assert read(small, kept) == [(3, "3", "the 3 sisters")]
    assert read(small, "select old_value, new_value from marts.restatement where indicator_code = 'SCHOOLS'") == [
        (2, 3)
    ]
    assert read(small, "select baseline from marts.fct_target where indicator_code = 'SCHOOLS'") == [(4,)]


def test_a_progress_does_not_give_the_value_away(small: Path) -> None:
    found = "select progress, rating, baseline, target from marts.indicator_by_objective_year"
    assert read(small, f"{found} where indicator_code = 'CASES'") == [(None, "unknown", 10, 100)]


def test_where_it_stood_is_told_and_not_what_stood_there(small: Path) -> None:
    found = (
        "select receipt_id, source_sheet, source_cell, value, qualifier, source_text, remark, numerator, denominator, "
        "value_as_reported from marts.fct_observation where indicator_code = 'CASES'"
    )
    assert read(small, found) == [("r1", "S", "B7", None, "suppressed", *[None] * 5)]


def test_neither_history_nor_comparison_gives_it_away(small: Path) -> None:
    restated = "select old_value, new_value, difference from marts.restatement where indicator_code = 'CASES'"
    assert read(small, restated) == [(None, None, None)]
    assert read(small, "select indicator_code from marts.reconciliation") == [("SCHOOLS",)]
    assert read(small, "select baseline from marts.fct_target where indicator_code = 'CASES'") == [(None,)]


def test_official_figures_are_compared_where_nothing_of_their_indicator_is_withheld(tmp_path: Path) -> None:
    compared = [
        {"reconciliation_id": code, "kind": "date_conflict", "indicator_code": code, "data_status": "published"}
        | {"indicator_codes": code, "left_value": 40, "right_value": 40, "difference": 0}
        for code in ("CASES", "OTHER")
    ]
    # The region's 3 would follow from the 40 of the other one, were they to be read here.
    figures = [figure("CASES", "MA", 43), figure("CASES", "MA-01", 3), figure("CASES", "MA-02", 40)]
    rows = {
        "dim_indicator": [indicator("CASES"), indicator("OTHER")],
        "indicator_by_place_year": [*figures, figure("OTHER", "MA", 40)],
        "reconciliation": compared,
    }
    assert read(released(tmp_path, rows), "select indicator_code from marts.reconciliation") == [("OTHER",)]


@pytest.mark.parametrize("relation", ["sum_agrees", "share_differs", "not_compared"])
def test_a_comparison_of_several_indicators_gives_none_of_them_away(tmp_path: Path, relation: str) -> None:
    """27 homicides and 3 fatal assaults are 30: beside the 27 the sum would tell the 3."""
    row = {"kind": "published_comparison", "data_status": "published", "rule": relation, "difference": 8}
    school = indicator("SCHOOLS", is_sensitive=False)
    rows = {
        "dim_indicator": [indicator("CASES"), indicator("OTHER"), indicator("THIRD"), school],
        "indicator_by_place_year": [figure("CASES", "MA", 3), figure("OTHER", "MA", 27), figure("THIRD", "MA", 40)],
        "reconciliation": [
            row
            | {"reconciliation_id": codes, "indicator_code": codes.split("|")[0], "indicator_codes": codes}
            | {"left_value": 38, "right_value": 30}
            for codes in ("OTHER|CASES", "SCHOOLS|CASES", "OTHER|THIRD")
        ],
    }
    assert read(released(tmp_path, rows), "select reconciliation_id from marts.reconciliation") == [("OTHER|THIRD",)]


def test_marts_and_columns_that_are_not_public_are_not_there(small: Path) -> None:
    tables = {name for (name,) in read(small, "select table_name from duckdb_tables()")}
    assert tables == set(public.MARTS)
    columns = {
        name for (name,) in read(small, "select column_name from duckdb_columns() where table_name = 'fct_report'")
    }
    assert columns.isdisjoint({"inbox_path", "archive_path"})
    assert "file_name" in columns


def test_a_value_that_the_figure_shows_stands_beside_its_cell(tmp_path: Path) -> None:
    observation = figure("CASES", "MA", 40, status="published") | group() | {"source_text": "40", "remark": "page 3"}
    rows = {
        "indicator_by_place_year": [figure("CASES", "MA", 40, status="published")],
        "fct_observation": [observation, observation | {"value": 39, "source_text": "39"}],
    }
    shown = "select value, source_text, remark from marts.fct_observation order by value nulls last"
    assert read(released(tmp_path, rows), shown) == [(40, "40", "page 3"), (None, None, None)]


def test_rounded_figures_say_that_they_are(tmp_path: Path) -> None:
    rows = {
        "indicator_by_objective_year": [national("CASES", 12), national("SCHOOLS", 12)],
        "indicator_by_place_year": [
            figure("CASES", "MA", 12),
            figure("CASES", "MA-01", 0),
            figure("SCHOOLS", "MA", 12),
        ],
    }
    root = released(tmp_path, rows, Policy(rounding_base=5))
    found = "select indicator_code, value, qualifier from marts.indicator_by_place_year order by all"
    assert read(root, found) == [("CASES", 0, "exact"), ("CASES", 10, "approximate"), ("SCHOOLS", 12, "exact")]
    # A progress of 12 would tell that it is 12.
    assert read(root, "select progress from marts.indicator_by_objective_year order by 1") == [(0.5,), (None,)]


@pytest.mark.parametrize(("qualifier", "bound"), [("less_than", 5), ("at_most", 4), ("at_most", 10)])
def test_less_than_five_boys_do_not_follow_from_all_children_and_the_girls(
    tmp_path: Path, qualifier: str, bound: int
) -> None:
    """40 children and 37 girls are 3 boys, whatever was said of them."""
    girls, boys = figure("CASES", "MA", 37) | group(sex="F"), figure("CASES", "MA", bound) | group(sex="M")
    rows = {
        "dim_indicator": [indicator("CASES")],
        "indicator_by_place_year": [figure("CASES", "MA", 40)],
        "indicator_by_group_year": [girls, boys | {"qualifier": qualifier}],
    }
    root = released(tmp_path, rows)
    shown = read(
        root,
        "select value from marts.indicator_by_place_year union all select value from marts.indicator_by_group_year "
        "where sex = 'F'",
    )
    assert (None,) in shown
    assert read(root, "select value, qualifier from marts.indicator_by_group_year where sex = 'M'") == [
        (None, "suppressed")
    ]


@pytest.mark.parametrize(("status", "is_real"), [("published", True), ("illustrative", False)])
def test_a_published_total_does_not_give_a_reported_part_away(tmp_path: Path, status: str, is_real: bool) -> None:
    """40 in two years, as published, less 37 in the first, as reported, are the 3 of the second."""
    two_years = figure("CASES", "MA", 40, status=status) | {"period_start": dt.date(2023, 1, 1)}
    rows = {
        "dim_indicator": [indicator("CASES")],
        "indicator_by_place_year": [figure("CASES", "MA", 37, 2023), figure("CASES", "MA", 3, 2024), two_years],
    }
    for name, kept in (("first", []), ("second", [tmp_path / "first"])):
        root = released(tmp_path / name, rows, kept=kept)
        shown = {value for (value,) in read(root, "select value from marts.indicator_by_place_year")}
        assert 3 not in shown
        assert (shown >= {37, 40}) is not is_real


@pytest.mark.parametrize(
    ("qualifier", "shown"),
    [("more_than", 10), ("at_least", 10), ("less_than", 15), ("at_most", 15), ("approximate", 15)],
)
def test_a_bound_that_is_rounded_stays_true(tmp_path: Path, qualifier: str, shown: int) -> None:
    """More than 13 is more than 10; that it were more than 15 nobody said."""
    rows = {"indicator_by_place_year": [figure("CASES", "MA", 13) | {"qualifier": qualifier}]}
    root = released(tmp_path, rows, Policy(rounding_base=5))
    assert read(root, "select value, qualifier from marts.indicator_by_place_year") == [(shown, qualifier)]


def test_a_change_of_rounded_figures_says_so(tmp_path: Path) -> None:
    changed = {"programme_code": "P", "indicator_code": "CASES", "data_status": "reported", **YEAR, "change": "value"}
    changed |= {"old_value": 40, "new_value": 52, "difference": 12, "new_qualifier": "exact"}
    rows = {"indicator_by_objective_year": [national("CASES", 52)], "release_change": [changed]}
    root = released(tmp_path, rows, Policy(rounding_base=5))
    assert read(root, "select new_value, new_qualifier from marts.release_change") == [(50, "approximate")]


def test_a_change_is_told_as_both_releases_showed_it(tmp_path: Path) -> None:
    def rows(cases: float, others: float) -> dict[str, list[dict[str, Any]]]:
        changed = [
            {"programme_code": "P", "indicator_code": code, "data_status": "reported", **YEAR, "change": "value"}
            | {"old_value": old, "new_value": new, "difference": new - old, "old_qualifier": "exact"}
            for code, old, new in (("CASES", 3, cases), ("OTHER", 50, others))
        ]
        return {
            "dim_indicator": [indicator("CASES"), indicator("OTHER")],
            "indicator_by_objective_year": [national("CASES", cases), national("OTHER", others)],
            "indicator_by_place_year": [figure("CASES", "MA", cases), figure("OTHER", "MA", others)],
            "release_change": changed,
        }

    before = released(tmp_path / "1", rows(3, 50))
    after = released(tmp_path / "2", rows(33, 90), kept=[before])
    told = "select indicator_code, old_value, old_qualifier, new_value, difference from marts.release_change order by 1"
    assert read(after, told) == [("CASES", None, "suppressed", 33, None), ("OTHER", 50, "exact", 90, 40)]


def test_figures_that_did_not_change_are_decided_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.release.disclosure import control

    rows = {
        "indicator_by_place_year": [
            figure("CASES", "MA", 50),
            figure("CASES", "MA-01", 2),
            figure("CASES", "MA-02", 48),
        ]
    }
    before = released(tmp_path / "1", rows)
    monkeypatch.setattr(control, "protect", lambda _: pytest.fail("searched again"))
    after = released(tmp_path / "2", rows, kept=[before])
    withheld = "select place_code from marts.indicator_by_place_year where qualifier = 'suppressed' order by 1"
    assert read(after, withheld) == read(before, withheld) == [("MA-01",), ("MA-02",)]
    assert record.read(after) == record.read(before)


def test_only_what_is_tied_to_a_change_is_searched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(small: float) -> dict[str, list[dict[str, Any]]]:
        figures = [
            figure("CASES", code, value, year)
            for year, few in ((2023, 2), (2024, small))
            for code, value in (("MA", 50 + few), ("MA-01", few), ("MA-02", 50))
        ]
        return {"indicator_by_place_year": figures}

    before = released(tmp_path / "1", rows(2))
    searched = []
    sink = protect._Search.sink
    monkeypatch.setattr(
        protect._Search,
        "sink",
        lambda search, index: (searched.append(search._system.at[index]), sink(search, index))[1],
    )
    after = released(tmp_path / "2", rows(20), kept=[before])
    assert {at.period_start.year for at in searched if at} == {2024}
    withheld = "select year, place_code from marts.indicator_by_place_year where qualifier = 'suppressed' order by all"
    assert read(after, withheld)[:2] == read(before, withheld)[:2] == [(2023, "MA-01"), (2023, "MA-02")]


def test_a_release_that_had_no_public_part_showed_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    root = released(tmp_path / "new", {"indicator_by_place_year": [figure("CASES", "MA", 50)]}, kept=[tmp_path / "old"])
    assert read(root, "select value from marts.indicator_by_place_year") == [(50,)]
