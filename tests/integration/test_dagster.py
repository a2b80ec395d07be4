"""The code location: it loads, its graph reads as the way of the data, and its assets say what they are."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets.described import CODE, COLUMNS, LINEAGE
from orchestration.definitions import build_defs
from orchestration.jobs import NIGHTLY_LOAD, OVERDUE_REPORTS, REREAD


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


def test_the_lake_stands_between_the_families_and_the_models(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    lake = dg.AssetKey("lake")
    assert {key.path[0] for key in graph.get(lake).parent_keys} == {"observations"}
    assert {key.path[0] for key in graph.get(lake).child_keys} == {"staging"}
    families = {key for key in graph.get_all_asset_keys() if key.path[0] == "observations"}
    assert graph.get(lake).parent_keys == families


def test_every_asset_says_whose_it_is_what_it_is_made_with_and_where_its_code_stands(
    definitions: dg.Definitions,
) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert spec.owners == ["team:data-engineering"], spec.key
        assert spec.kinds, spec.key
        assert spec.description, spec.key
        assert spec.tags["hasila/room"] == spec.group_name, spec.key
        references = spec.metadata[CODE].code_references
        assert references, spec.key
        for reference in references:
            assert Path(reference.file_path).is_file(), reference


def test_a_family_links_to_its_contract_and_its_rules(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    found = specs[dg.AssetKey(["observations", "begging"])].metadata[CODE].code_references
    paths = {Path(reference.file_path) for reference in found}
    assert {path.parent.name for path in paths if path.name == "begging.yml"} == {"contracts", "expectations"}


def test_every_column_of_a_mart_has_its_type_its_meaning_and_what_it_is_made_from(
    definitions: dg.Definitions,
) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    marts = [spec for key, spec in specs.items() if key.path[0] == "marts"]
    assert len(marts) > 15
    for spec in marts:
        columns = {column.name: column for column in spec.metadata[COLUMNS].columns}
        for column in columns.values():
            assert column.type, (spec.key, column.name)
            assert column.description, (spec.key, column.name)
        made_from = spec.metadata[LINEAGE].deps_by_column
        assert set(made_from) == set(columns), spec.key
        for name, deps in made_from.items():
            for dep in deps:
                assert dep.asset_key in specs, (spec.key, name)
                schema = specs[dep.asset_key].metadata.get(COLUMNS)
                assert dep.asset_key == dg.AssetKey("lake") or dep.column_name in {
                    column.name for column in schema.columns
                }, (spec.key, name, dep)


def test_a_figure_can_be_followed_from_its_mart_to_the_lake(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    open_ends, reached = {(dg.AssetKey(["marts", "indicator_by_objective_year"]), "value")}, set()
    while open_ends:
        key, column = open_ends.pop()
        reached.add((key.to_user_string(), column))
        lineage = specs[key].metadata.get(LINEAGE)
        for dep in lineage.deps_by_column.get(column, ()) if lineage else ():
            if (dep.asset_key.to_user_string(), dep.column_name) not in reached:
                open_ends.add((dep.asset_key, dep.column_name))
    assert ("lake", "value") in reached


def test_what_is_due_and_what_is_looked_after_every_night_has_a_freshness_policy(definitions: dg.Definitions) -> None:
    fresh = {
        spec.key.to_user_string(): spec.freshness_policy.deadline_cron  # type: ignore[attr-defined]
        for spec in definitions.resolve_all_asset_specs()
        if spec.freshness_policy
    }
    assert fresh["release"] == "0 6 * * *"
    # Quarters with 30 days of grace; what has no rhythm is never late.
    assert fresh["observations/begging"] == "0 6 1 2,5,8,11 *"
    assert "observations/official_figures" not in fresh


def test_every_test_of_the_models_is_a_check(definitions: dg.Definitions) -> None:
    keys = definitions.resolve_asset_graph().asset_check_keys
    assert dg.AssetCheckKey(dg.AssetKey(["marts", "fct_observation"]), "grain_fct_observation") in keys
    assert dg.AssetCheckKey(dg.AssetKey(["observations", "begging"]), "critical") in keys


def test_only_the_job_of_overdue_reports_asks_for_them(definitions: dg.Definitions) -> None:
    nodes = {job: {node.name for node in definitions.resolve_job_def(job).nodes} for job in (NIGHTLY_LOAD, REREAD)}
    assert {name for names in nodes.values() for name in names if OVERDUE_REPORTS in name} == set()
    (only,) = definitions.resolve_job_def(OVERDUE_REPORTS).nodes
    assert OVERDUE_REPORTS in only.name
