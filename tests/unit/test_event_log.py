"""Dagster's event log kept open: the same events, for this process and for any other."""

import sqlite3
from pathlib import Path

import dagster as dg
import pytest

from orchestration import event_log

LINES = 30
OUTSIDE_THE_NET = {"telemetry": {"enabled": False}}


@dg.asset(check_specs=[dg.AssetCheckSpec("is_whole", asset="family")])
def family(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    for _ in range(LINES):
        context.log.info("read")
    return dg.MaterializeResult(
        metadata={"rows": 7}, tags={"language": "ar"}, check_results=[dg.AssetCheckResult(passed=True)]
    )


JOB = dg.Definitions(assets=[family]).resolve_implicit_global_asset_job_def()


def _instance(folder: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(str(folder), overrides=OUTSIDE_THE_NET)


def _events(folder: Path, run_id: str) -> list[tuple[object, ...]]:
    columns = "dagster_event_type, step_key, asset_key"
    found = []
    for file in ("index", run_id):
        with sqlite3.connect(folder / "history" / "runs" / f"{file}.db") as log:
            query = f"select {columns} from event_logs where run_id = ? order by id"
            found += [(file == "index", *row) for row in log.execute(query, [run_id])]
    return found


def _run(folder: Path, *, is_kept_open: bool) -> str:
    folder.mkdir()
    with _instance(folder) as instance:
        if not is_kept_open:
            return JOB.execute_in_process(instance=instance).run_id
        with event_log.kept_open(instance):
            return JOB.execute_in_process(instance=instance).run_id


def test_a_log_kept_open_holds_what_one_opened_for_each_event_holds(tmp_path: Path) -> None:
    kept, anew = (_run(tmp_path / name, is_kept_open=name == "kept") for name in ("kept", "anew"))
    assert (events := _events(tmp_path / "kept", kept))
    assert events == _events(tmp_path / "anew", anew)


def test_another_process_reads_and_writes_meanwhile(tmp_path: Path) -> None:
    with (
        _instance(tmp_path) as instance,
        _instance(tmp_path) as other,
        event_log.kept_open(instance),
    ):
        first = JOB.execute_in_process(instance=instance)
        event = other.get_latest_materialization_event(family.key)
        assert event is not None
        assert event.run_id == first.run_id
        second = JOB.execute_in_process(instance=other)
        event = instance.get_latest_materialization_event(family.key)
        assert event is not None
        assert event.run_id == second.run_id
        assert instance.all_logs(second.run_id)


def test_no_file_is_opened_for_every_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = sqlite3.connect

    def connect(file: str, *given: object, **named: object) -> sqlite3.Connection:
        opened.append(Path(file).name)
        return real(file, *given, **named)  # type: ignore[call-overload, no-any-return]

    with _instance(tmp_path) as instance, event_log.kept_open(instance):
        JOB.execute_in_process(instance=instance)
        monkeypatch.setattr("sqlite3.dbapi2.connect", connect)
        run = JOB.execute_in_process(instance=instance)
    assert "index.db" not in opened
    # Dagster itself lays out the new run's file, and opens it some times for that.
    assert opened.count(f"{run.run_id}.db") < LINES


def test_the_files_are_closed_whatever_happens(tmp_path: Path) -> None:
    with (
        _instance(tmp_path) as instance,
        pytest.raises(ZeroDivisionError),
        event_log.kept_open(instance),
    ):
        run = JOB.execute_in_process(instance=instance)
        raise ZeroDivisionError
    # SQLite keeps a second file for as long as the first is open.
    kept = tmp_path / "history" / "runs"
    assert {path.suffix for path in kept.iterdir()} == {".db"}
    # From then on Dagster opens and closes them itself.
    assert instance.all_logs(run.run_id)
    assert {path.suffix for path in kept.iterdir()} == {".db"}


def test_a_log_elsewhere_is_left_alone() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        before = dict(vars(instance.event_log_storage))
        with event_log.kept_open(instance):
            assert vars(instance.event_log_storage) == before
            assert JOB.execute_in_process(instance=instance).success
