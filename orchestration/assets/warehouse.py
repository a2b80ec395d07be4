"""Model: the dbt project's models as assets, built by one call of dbt."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from orchestration import model, night
from orchestration.assets.observations import observations_key
from orchestration.assets.resource import Hasila


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes as hasila names its assets, and hangs the lake's sources on the check room."""

    def __init__(self, families: list[str]):
        super().__init__()
        self._families = families

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = manifest["nodes"].get(unique_id) or manifest["sources"].get(unique_id) or {}
        if props.get("resource_type") not in ("model", "seed"):
            return spec
        layer = "framework" if props["resource_type"] == "seed" else props["fqn"][1]
        lake_sources = [name for name in props.get("depends_on", {}).get("nodes", ()) if name.startswith("source.")]
        deps = [dep for dep in spec.deps if not _is_lake(dep.asset_key)]
        if lake_sources:
            deps += [dg.AssetDep(observations_key(family)) for family in self._families]
        return spec.replace_attributes(
            key=dg.AssetKey([layer, props["name"]]),
            group_name="model",
            owners=["team:data-engineering"],
            deps=deps,
        )


def _is_lake(key: dg.AssetKey) -> bool:
    return key.path[0] == "lake"


def warehouse_assets(manifest: Path, families: list[str]) -> dg.AssetsDefinition:
    """All models and seeds as one multi-asset."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(families), name="warehouse")
    def warehouse(context: dg.AssetExecutionContext, hasila: Hasila) -> Iterator[Any]:
        run_settings = hasila.settings
        night.begin("model")
        watch = night.Stopwatch()
        night.note_corrections(run_settings, hasila.rulebook)
        night.close_days(run_settings, hasila.rulebook)
        model.prepare(run_settings)
        os.environ.update(model.environment(run_settings))
        as_of_date = night.last_received_date(run_settings)
        dbt = DbtCliResource(
            project_dir=str(run_settings.dbt_project),
            profiles_dir=str(run_settings.dbt_project),
            dbt_executable=model.executable(),
            global_config_flags=["--no-use-colors"],
        )
        yield from dbt.cli(
            [
                *model.build_arguments(as_of_date),
                *("--log-path", str(run_settings.work / "dbt_logs")),
            ],
            context=context,
            target_path=model.target_folder(run_settings),
        ).stream()
        night.write_summary(run_settings, "model", {"as_of_date": as_of_date.isoformat(), "seconds": watch.seconds})

    return warehouse
