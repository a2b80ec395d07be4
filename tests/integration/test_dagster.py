"""The code location: it loads, its graph reads as the way of the data, and the load is one job."""

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.jobs import NIGHTLY_LOAD


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_defs(data=str(tmp_path_factory.mktemp("unused")), inbox="no-such-inbox")


def test_the_code_location_loads_without_inbox_or_warehouse(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_groups_are_the_five_rooms_and_the_answer(definitions: dg.Definitions) -> None:
    specs = definitions.resolve_all_asset_specs()
    assert {spec.group_name for spec in specs} == {"receive", "read", "check", "model", "release", "answer"}


def test_every_family_has_its_asset_and_its_checks(definitions: dg.Definitions) -> None:
    keys = {key.to_user_string() for key in definitions.resolve_all_asset_keys()}
    families = {"official_figures", "activity_report", "sdmx_csv"}
    assert {f"observations/{family}" for family in families} <= keys


def test_the_release_comes_after_every_mart_and_the_marts_after_every_family(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = {key.to_user_string() for key in graph.get_ancestor_asset_keys(dg.AssetKey("release"))}
    assert {"receipts", "readings", "marts/indicator_by_objective_year", "observations/official_figures"} <= upstream


def test_the_answers_come_after_the_release_and_nothing_waits_for_them(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert graph.get(dg.AssetKey("answers")).parent_keys == {dg.AssetKey("release")}
    assert not graph.get(dg.AssetKey("answers")).child_keys


def test_the_nightly_schedule_runs_the_jobs_load_at_two_in_morocco(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly")
    assert schedule.job_name == NIGHTLY_LOAD
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Africa/Casablanca"
