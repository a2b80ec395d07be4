"""Where dbt's manifest is made: with the project, or in the runtime state where the project cannot be written."""

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import lineage, memory, model, storage
from orchestration.settings import Settings, load_settings
from tests.helpers import PROJECT


@pytest.fixture
def project(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A project of one model; compiling leaves a manifest and is counted by what it leaves in `work/`."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "one.sql").write_text("select 1", encoding="utf-8")

    def compiled(settings: Settings, arguments: list[str], target: Path, **variables: str) -> None:
        assert arguments == ["compile"]
        # A load may be building the warehouse at this moment.
        assert Path(variables["HASILA_WAREHOUSE"]) == target / settings.warehouse.name
        target.mkdir(parents=True, exist_ok=True)
        count = len(list(target.glob("compiled-*")))
        (target / f"compiled-{count}").touch()
        (target / "manifest.json").write_text("{}", encoding="utf-8")

    monkeypatch.setattr(model, "run", compiled)
    return load_settings(data=settings.data, dbt_project=folder)


def compilations(folder: Path) -> int:
    return len(list(folder.glob("compiled-*")))


def test_it_is_made_once_and_again_when_the_project_changed(project: Settings) -> None:
    target = project.dbt_project / "target"
    assert model.manifest_path(project) == model.manifest_path(project) == target / "manifest.json"
    assert compilations(target) == 1
    (project.dbt_project / "one.sql").write_text("select 2", encoding="utf-8")
    model.manifest_path(project)
    assert compilations(target) == 2


def test_a_project_that_cannot_be_written_is_compiled_into_the_runtime_state(
    project: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model.os, "access", lambda *_: False)
    own = project.work / "dbt_manifest"
    assert model.manifest_path(project) == model.manifest_path(project) == own / "manifest.json"
    assert compilations(own) == 1
    assert not (project.dbt_project / "target").exists()


def test_one_that_was_compiled_when_it_was_installed_is_used_as_it_is(
    project: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model.manifest_path(project)
    monkeypatch.setattr(model.os, "access", lambda *_: False)
    assert model.manifest_path(project) == made
    assert not (project.work / "dbt_manifest").exists()


@pytest.mark.slow
def test_two_processes_that_need_it_at_once_both_get_it(tmp_path: Path) -> None:
    own = tmp_path / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", own, ignore=shutil.ignore_patterns("target", "logs"))
    command = (
        "from orchestration import model\n"
        "from orchestration.settings import load_settings\n"
        "print(model.manifest_path(load_settings()).stat().st_mtime_ns)\n"
    )
    environment = {**os.environ, "HASILA_DBT_PROJECT": str(own), "HASILA_DATA": str(tmp_path / "data")}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", command],
            cwd=PROJECT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    said = [one.communicate() for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    # The second one found what the first had made.
    assert said[0] == said[1]


def test_the_lineage_of_columns_is_found_once_for_each_manifest(
    project: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def found(manifest: object, _: object) -> dict[str, dict[str, list[tuple[str, str]]]]:
        asked.append(manifest)
        return {"model.hasila.one": {"value": [("source.hasila.lake.observations", "value")]}}

    monkeypatch.setattr(lineage, "column_lineage", found)
    made = model.manifest_path(project)
    assert model.column_lineage(made) == model.column_lineage(made) == found({}, {})
    assert len(asked) == 2
    (project.dbt_project / "one.sql").write_text("select 2", encoding="utf-8")
    model.column_lineage(model.manifest_path(project))
    assert len(asked) == 3
    # What was half written is found again; what cannot be kept is found each time.
    made.with_name("column_lineage.json").write_text('{"digest": ', encoding="utf-8")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(storage, "write_text", refuse)
    for expected in (4, 5):
        model.column_lineage(made)
        assert len(asked) == expected


def test_a_build_without_memory_is_made_again_with_half_the_machine_unless_somebody_set_how_much(
    project: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    def runs_out(settings: Settings, arguments: list[str], target: Path, **variables: str) -> None:
        limits.append((model.environment(settings) | variables)["HASILA_BUILD_MEMORY"])
        if len(limits) == 1:
            raise model.ModelError("Runtime Error in model fct_report\n  Out of Memory Error: could not allocate")

    monkeypatch.setattr(model, "run", runs_out)
    monkeypatch.setattr(memory, "most_megabytes", lambda: 9000)
    assert model.build(project, dt.date(2024, 1, 1)) is None
    assert limits == ["800MiB", "9000MiB"]
    limits.clear()
    bounded = project.model_copy(update={"memory_limit": "100MB"})
    with pytest.raises(model.ModelError):
        model.build(bounded, dt.date(2024, 1, 1))
    assert limits == ["100MB"]
