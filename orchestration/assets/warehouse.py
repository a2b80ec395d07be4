"""Model: the dbt project's models as assets, built by one call of dbt."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from packaging.version import Version

from orchestration import earlier_build, model, night, processes
from orchestration.assets.described import CODE, COLUMNS, LINEAGE, OWNERS, references
from orchestration.assets.observations import LAKE
from orchestration.assets.resource import POOL, Hasila, measured
from orchestration.lineage import Lineage


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes as hasila names its assets, hangs the lake's sources on the check room, links to the SQL."""

    def __init__(self, project: Path, lineage: Lineage):
        super().__init__()
        self._project = project
        self._lineage = lineage

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = manifest["nodes"].get(unique_id) or manifest["sources"].get(unique_id) or {}
        if props.get("resource_type") not in ("model", "seed"):
            return spec
        lake_sources = [name for name in props.get("depends_on", {}).get("nodes", ()) if name.startswith("source.")]
        deps = [dep for dep in spec.deps if not _is_lake(dep.asset_key)]
        if lake_sources:
            deps.append(dg.AssetDep(LAKE))
        layer = "framework" if props["resource_type"] == "seed" else props["fqn"][1]
        return spec.replace_attributes(
            key=dg.AssetKey([layer, props["name"]]),
            group_name="model",
            owners=list(OWNERS),
            tags={**spec.tags, "hasila/room": "model", "hasila/layer": layer},
            deps=deps,
            metadata={
                **spec.metadata,
                CODE: references([], [self._project / props["original_file_path"]]),
                **self._columns(manifest, unique_id, spec.metadata.get(COLUMNS)),
            },
        )

    def _columns(
        self, manifest: Mapping[str, Any], unique_id: str, declared: dg.TableSchema | None
    ) -> dict[str, dg.TableSchema | dg.TableColumnLineage]:
        """The columns and what each is made from: as lineage for programs, and in its description for people."""
        made_from = self._lineage.get(unique_id)
        if not made_from:
            return {}
        known = {column.name: column for column in declared.columns} if declared else {}
        columns = []
        for name, origins in made_from.items():
            column = known.get(name) or dg.TableColumn(name, "")
            said = [column.description.rstrip(".") + "."] if column.description else []
            if origins:
                said.append(f"From {', '.join(f'{_name(manifest, key)}.{origin}' for key, origin in origins)}.")
            columns.append(dg.TableColumn(name, column.type, " ".join(said) or None, column.constraints, column.tags))
        deps = {
            name: [dg.TableColumnDep(self._asset_key(manifest, key), origin) for key, origin in origins]
            for name, origins in made_from.items()
        }
        return {
            COLUMNS: dg.TableSchema(columns=columns),
            LINEAGE: dg.TableColumnLineage(deps_by_column=deps),
        }

    def _asset_key(self, manifest: Mapping[str, Any], unique_id: str) -> dg.AssetKey:
        props = manifest["nodes"].get(unique_id)
        if props is None:
            return LAKE
        return dg.AssetKey(["framework" if props["resource_type"] == "seed" else props["fqn"][1], props["name"]])


def _name(manifest: Mapping[str, Any], unique_id: str) -> str:
    props = manifest["nodes"].get(unique_id)
    return str(props["name"]) if props else f"lake {manifest['sources'][unique_id]['name']}"


def _is_lake(key: dg.AssetKey) -> bool:
    return key.path[0] == "lake"


class Dbt(DbtCliResource):
    """dagster-dbt's call of dbt, without what takes it seconds and is of no use here.

    It would start dbt to ask for its version, and load dbt into this process for a look into the warehouse.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002
        return None


def _told(built: dg.Output[Any], process: int) -> dg.Output[Any]:
    """A model that was built, with what it cost in the words of the other rooms; the memory is that of dbt so far.

    Its rows nobody can count meanwhile, as the file is dbt's: those of the marts stand on the release.
    """
    seconds = built.metadata["Execution Duration"].value if "Execution Duration" in built.metadata else None
    cost = measured(seconds, processes.peak_of(process)) if isinstance(seconds, float) else {}
    return built.with_metadata({**built.metadata, **cost})


def warehouse_assets(manifest: Path, project: Path, lineage: Lineage) -> dg.AssetsDefinition:
    """All models and seeds as one multi-asset, with dbt's tests as their checks."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(project, lineage), name="warehouse", pool=POOL)
    def warehouse(context: dg.AssetExecutionContext, hasila: Hasila) -> Iterator[Any]:
        run_settings = hasila.settings
        night.begin(run_settings, "model")
        watch = night.Stopwatch()
        with hasila.at_work(context):
            builds_upon_earlier = model.prepare(run_settings)
        as_of_date = night.last_received_date(run_settings)
        os.environ.update(model.environment(run_settings, with_most_memory=context.retry_number > 0))
        os.environ.update(model.of_night(as_of_date, builds_upon_earlier=builds_upon_earlier))
        dbt = Dbt(
            project_dir=str(run_settings.dbt_project),
            profiles_dir=str(run_settings.dbt_project),
            dbt_executable=model.executable(),
            global_config_flags=["--no-use-colors"],
        )
        try:
            building = dbt.cli(
                [*model.BUILD, "--log-path", str(run_settings.work / "dbt_logs")],
                context=context,
                target_path=model.target_folder(run_settings),
            )
            for event in building.stream():
                yield _told(event, building.process.pid) if isinstance(event, dg.Output) else event
        except DagsterDbtCliRuntimeError as error:
            if not model.ran_out_of_memory(error):
                raise
            if context.retry_number or run_settings.memory_limit is not None:
                given = os.environ["HASILA_BUILD_MEMORY"]
                raise model.ModelError(
                    f"building the warehouse takes more memory than {given}; HASILA_MEMORY_LIMIT sets what it may use"
                ) from None
            context.log.warning("DuckDB ran out of the memory it was given. It is tried again with the most there is.")
            raise dg.RetryRequested(max_retries=1, seconds_to_wait=0) from error
        years = earlier_build.changed_years(run_settings) if builds_upon_earlier else None
        night.write_summary(
            run_settings,
            "model",
            {"as_of_date": as_of_date.isoformat(), "built_years": years, "seconds": watch.seconds},
        )

    return warehouse
