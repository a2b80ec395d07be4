"""`hasila explain`: every figure follows from its tree, and what does not count is shown with its rule."""

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest

from orchestration import explain
from tests.helpers import csv_report
from tests.integration.conftest import Installation

CITATION = "https://example.org/annual-report"


def stated(indicator: str, period: str, value: str, place: str = "") -> dict[str, str]:
    return {"indicator_code": indicator, "period": period, "value": value, "place": place, "citation": CITATION}


@pytest.fixture(scope="module")
def tangled(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One load of reports that hide each other in every way that a tree has to show."""
    installation = Installation(tmp_path_factory.mktemp("explain"))

    def drop(organisation: str, name: str, *rows: dict[str, str]) -> None:
        installation.drop(organisation, name, csv_report(rows))

    four_states = [
        stated("PPO_PROSECUTED_PERSONS", "2018", value, place)
        for place, value in (("MA-01", "12"), ("MA-02", "0"), ("MA-03", "sans objet"), ("MA-04", ""), ("MA-05", "*"))
    ]
    drop("PPO", "2024-01-01/states.csv", *four_states)
    drop(
        "PPO",
        "2024-01-01/spans.csv",
        stated("PPO_RAPE_CASES", "2018-01-01/2018-02-15", "10"),
        stated("PPO_RAPE_CASES", "2018-02", "4"),
        stated("PPO_RAPE_CASES", "2018-05", "7"),
        stated("PPO_RAPE_CASES", "2018-05-10/2018-05-12", "2"),
        stated("PPO_RAPE_CASES", "2017-2018", "99"),
        stated("PPO_RAPE_CASES", "2018-07", "-5"),
    )
    drop("PPO", "2024-01-01/revised.csv", stated("PPO_VIOLENCE_CASES", "2018", "50"))
    drop("PPO", "2024-02-01/revised.csv", stated("PPO_VIOLENCE_CASES", "2018", "60"))
    drop("PPO", "2024-02-02/refused.csv", stated("PPO_VIOLENCE_CASES", "2018", "-1"))
    drop(
        "MSISF",
        "2024-01-01/institutions.csv",
        stated("EPS_INSTITUTIONS", "2018", "20"),
        stated("EPS_INSTITUTIONS", "2018", "10", "MA-01"),
        stated("EPS_INSTITUTIONS", "2018", "5", "MA-02"),
    )
    drop(
        "PPO",
        "2024-01-01/breakdowns.csv",
        stated("PPO_PHYSICAL_ASSAULT_CASES", "2018", "4") | {"residence": "U"},
        stated("PPO_PHYSICAL_ASSAULT_CASES", "2018", "3") | {"residence": "R"},
        stated("PPO_PHYSICAL_ASSAULT_CASES", "2018", "5") | {"sex": "F"},
        stated("PPO_PHYSICAL_ASSAULT_CASES", "2018", "6") | {"sex": "M"},
    )
    drop("COUR_COMPTES", "2024-01-01/court.csv", stated("EPS_INSTITUTIONS", "2018", "12"))
    installation.load()
    return installation


def tree(installation: Installation, *arguments: str) -> dict[str, Any]:
    """The one figure that `explain --json` tells of."""
    done = installation.run("explain", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(done.stdout)["figures"]
    return dict(figure)


def parts(figure: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The steps right below, as value, use and rule."""
    return [(part["value"], part["part_use"], part["part_rule"]) for part in figure["parts"]]


# --- every figure follows from its tree


def recomputed(step: explain.Step) -> Decimal | None:
    """A step's value from its cells alone, by the rules that its tree names."""
    row = step.row
    if row["step"] == "deliverable":
        return Decimal(1)
    if row["step"] == "statement":
        values = [cell["value"] for cell in step.cells if cell["value"] is not None]
        return sum(values, Decimal(0)) if values else None
    counted = [part for part in step.parts if part.row["part_use"] == "counted"]
    found = [value for value in map(recomputed, counted) if value is not None]
    assert len(found) == len(counted)
    if row["rule"] == "deliverable_once":
        return Decimal(len(found))
    if row["rule"] == "ratio":
        numerator = sum(part.row["numerator"] for part in counted)
        return Decimal(numerator / sum(part.row["denominator"] for part in counted))
    if not found:
        return None
    if row["rule"] == "sum":
        return sum(found, Decimal(0))
    if row["rule"] == "avg":
        return (sum(found, Decimal(0)) / len(found)).quantize(Decimal("1e-10"), ROUND_HALF_UP)
    (chosen,) = found
    if row["rule"] == "max":
        assert chosen == max(filter(None, (part.row["value"] for part in step.parts)), default=chosen)
    return chosen


def check_figures(installation: Installation) -> int:
    """Every figure of a total in the release, recomputed from the cells of its tree; how many there were."""
    with duckdb.connect(str(installation.current / "warehouse.duckdb"), read_only=True) as release:
        shown = release.execute(
            "select indicator_code, place_code, period_start, period_end, data_status, value "
            "from marts.indicator_by_place_year union "
            "select indicator_code, 'MA', period_start, period_end, data_status, value "
            "from marts.indicator_by_objective_year"
        ).fetchall()
        told = {}
        for indicator, place in sorted({(row[0], row[1]) for row in shown}):
            for figure in explain.figures(release, indicator, place=place):
                row = figure.row
                key = (indicator, place, row["period_start"], row["period_end"], row["data_status"])
                told[key] = recomputed(figure.tree)
    assert told == {row[:5]: row[5] for row in shown}
    return len(told)


@pytest.mark.xdist_group("shipped")
def test_every_shipped_figure_is_what_its_cells_come_to(shipped: Installation) -> None:
    assert check_figures(shipped) > 150


@pytest.mark.xdist_group("explain")
def test_every_tangled_figure_is_what_its_cells_come_to(tangled: Installation) -> None:
    assert check_figures(tangled) > 5


# --- what does not count


@pytest.mark.xdist_group("explain")
def test_a_source_that_comes_later_in_the_list_and_places_below_a_stated_total_are_hidden(
    tangled: Installation,
) -> None:
    figure = tree(tangled, "EPS_INSTITUTIONS")
    assert (figure["value"], figure["rule"]) == (20, "priority")
    assert parts(figure) == [(20, "counted", "priority"), (12, "hidden", "source_priority")]
    chosen = figure["parts"][0]
    assert (chosen["organisation_code"], chosen["basis"]) == ("MSISF", "stated")
    assert parts(chosen) == [(20, "counted", "stated"), (15, "hidden", "stated_stands")]
    below = chosen["parts"][1]
    assert (below["basis"], below["rule"]) == ("places", "sum")
    assert [(part["place_code"], part["value"]) for part in below["parts"]] == [("MA-01", 10), ("MA-02", 5)]
    said = tangled.run("explain", "EPS_INSTITUTIONS").stdout
    assert "ranked: MSISF > COUR_COMPTES" in said
    assert "COUR_COMPTES  12: stated [another organisation comes first in the ranked list]" in said
    assert "15: from the places within, added [the value stated for the level above stands for it]" in said


@pytest.mark.xdist_group("explain")
def test_of_two_breakdowns_the_one_that_the_contract_names_first_gives_the_total(tangled: Installation) -> None:
    """`official_figures` adds up sexes before residences, whichever stand first in the file."""
    figure = tree(tangled, "PPO_PHYSICAL_ASSAULT_CASES")
    assert figure["value"] == 11
    assert (
        "7: sum of the categories by residence [another breakdown"
        in tangled.run("explain", "PPO_PHYSICAL_ASSAULT_CASES").stdout
    )


@pytest.mark.xdist_group("explain")
def test_overlapping_spans_are_never_added(tangled: Installation) -> None:
    """10 lies half within February and is left out; 2 lies within May, which was stated; -5 is refused."""
    done = tangled.run("explain", "PPO_RAPE_CASES", "--json")
    year = next(figure for figure in json.loads(done.stdout)["figures"] if figure["period_label"] == "2018")
    assert (year["value"], year["qualifier"]) == (11, "at_least")
    said = tangled.run("explain", "PPO_RAPE_CASES").stdout
    assert "2018-01-01/2018-02-15  10: stated [overlaps another part, so it is not added" in said
    assert "[the value stated for the level above stands for it]" in said
    assert "2017-2018  99 cases (published) [a span of years is shown apart" in said
    assert "[refused by the rule VALUE_NEGATIVE]" in said
    assert "spans.csv (received 2024-01-01)" in said


@pytest.mark.xdist_group("explain")
def test_a_replaced_version_and_a_refused_report_are_told(tangled: Installation) -> None:
    figure = tree(tangled, "PPO_VIOLENCE_CASES")
    assert figure["value"] == 60
    aside = {(entry["why"], entry["file_name"], entry["received_date"]) for entry in figure["does_not_count"]}
    assert ("superseded", "revised.csv", "2024-01-01") in aside
    assert ("quarantined", "refused.csv", "2024-02-02") in aside
    (replaced,) = (entry for entry in figure["does_not_count"] if entry["why"] == "superseded")
    assert (replaced["value"], replaced["replaced_on"]) == (50, "2024-02-01")
    said = tangled.run("explain", "PPO_VIOLENCE_CASES", "--lang", "fr").stdout
    assert "remplacé par revised.csv (reçu le 2024-02-01)" in said


# --- four states of a cell


STATES = {
    "MA-01": ("12", Decimal(12), "exact", "counted"),
    "MA-02": ("0", Decimal(0), "exact", "counted"),
    "MA-03": ("sans objet", None, "not_applicable", "left_out"),
    "MA-04": ("", None, "not_reported", "missing"),
    "MA-05": ("*", None, "suppressed", "missing"),
}


@pytest.mark.xdist_group("explain")
@pytest.mark.parametrize("place", STATES)
def test_a_state_is_kept_from_the_cell_to_the_marts_and_the_tree(tangled: Installation, place: str) -> None:
    text, value, qualifier, use = STATES[place]
    where = f"where indicator_code = 'PPO_PROSECUTED_PERSONS' and place_code = '{place}'"
    assert tangled.query(f"select coalesce(source_text, ''), value, qualifier from marts.fct_observation {where}") == [
        (text, value, qualifier)
    ]
    assert tangled.query(f"select value, qualifier from marts.indicator_by_place_year {where}") == [(value, qualifier)]
    assert tangled.query(
        f"select part_use from marts.figure_step {where} and step = 'node' and parent_id in "
        "(select step_id from marts.figure_step where basis = 'places')"
    ) == [(use,)]


@pytest.mark.xdist_group("explain")
def test_what_is_missing_makes_the_sum_a_minimum_and_what_does_not_apply_leaves_it(tangled: Installation) -> None:
    """12 and 0 are there; a blank and a suppressed value are missing; a region that never reported is no part."""
    figure = tree(tangled, "PPO_PROSECUTED_PERSONS")
    assert (figure["value"], figure["qualifier"]) == (12, "at_least")
    said = tangled.run("explain", "PPO_PROSECUTED_PERSONS").stdout
    assert "(MA-02)  0: stated" in said
    assert "(MA-03)  not applicable: stated [it has no value]" in said
    assert "(MA-04)  not reported: stated [it has no value, so the sum is a minimum]" in said
    assert "(MA-05)  suppressed: stated [it has no value, so the sum is a minimum]" in said
    assert "(MA-06)" not in said


# --- the command


@pytest.mark.xdist_group("explain")
def test_what_does_not_exist_is_said_with_what_is_near(tangled: Installation) -> None:
    wrong = tangled.run("explain", "PPO_RAPE_CASE")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Did you mean PPO_RAPE_CASES" in wrong.stderr
    nowhere = tangled.run("explain", "PPO_RAPE_CASES", "--place", "MA-1")
    assert nowhere.returncode == 2
    assert "there is no place MA-1" in nowhere.stderr
    never = tangled.run("explain", "PPO_RAPE_CASES", "--year", "1999")
    assert never.returncode == 1
    assert "no figure of PPO_RAPE_CASES for MA in 1999" in never.stderr
