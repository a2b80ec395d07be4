"""What Dagster does with a room that fails, and with what a person asks for: real runs, in this process."""

import datetime as dt
import errno
import shutil
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy
from dagster._core.instance.config import PoolGranularity
from dagster._core.storage.tags import RETRY_STRATEGY_TAG
from sqlalchemy.exc import OperationalError

from orchestration import lock, memory, night, retries
from orchestration.assets.release import overdue_check
from orchestration.assets.resource import POOL, Hasila
from orchestration.definitions import build_defs
from orchestration.jobs import NIGHTLY_LOAD, OVERDUE_REPORTS, REREAD, overdue_reports
from orchestration.release import publish
from orchestration.settings import Settings
from tests.helpers import PROJECT
from tests.servers import Service, free_port
from tests.unit.test_metrics import parsed
from tests.unit.test_overdue import released as released

FIRST = [dg.AssetKey("receipts")]
RETRY = dg.DagsterEventType.STEP_UP_FOR_RETRY


@pytest.fixture
def definitions(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    monkeypatch.setattr(retries, "PASSING_SECONDS", (0.0, 0.1))
    monkeypatch.setattr(retries, "BUSY_SECONDS", (0.0, 0.1))
    return build_defs(data=str(settings.data), inbox=str(settings.inbox), for_people=False)


def run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, job: str = NIGHTLY_LOAD, config: object = None
) -> dg.ExecuteInProcessResult:
    """The first room of a job; what follows would cost more and show no more."""
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        asset_selection=FIRST,
        raise_on_error=False,
        run_config=config,  # type: ignore[arg-type]
    )


def retried(done: dg.ExecuteInProcessResult) -> int:
    return sum(event.event_type is RETRY for event in done.all_events)


def reason(done: dg.ExecuteInProcessResult) -> str:
    (failure,) = [event for event in done.all_events if event.is_step_failure]
    error = failure.step_failure_data.error
    assert error is not None
    description = failure.step_failure_data.user_failure_data
    return f"{description.description if description else ''} {error.to_string()}"


def test_a_disk_that_failed_for_a_moment_is_tried_again(
    definitions: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, times = night.receive, []

    def fails_twice(settings: Settings) -> object:
        times.append(1)
        if len(times) < 3:
            raise OSError(errno.EIO, "Input/output error")
        return receive(settings)

    monkeypatch.setattr(night, "receive", fails_twice)
    done = run(definitions, instance)
    assert done.success
    assert retried(done) == 2


@pytest.mark.slow
def test_a_build_that_runs_out_of_memory_is_made_again_with_more(
    settings: Settings, definitions: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real dbt and DuckDB, which cannot build the smallest warehouse in so little."""
    monkeypatch.setattr(memory, "_BUILDING_MEGABYTES", 2)
    shutil.copytree(PROJECT / "raw" / "inbox" / "ENTRAIDE", settings.inbox / "ENTRAIDE")
    job = definitions.resolve_job_def(NIGHTLY_LOAD)
    done = job.execute_in_process(instance=instance, raise_on_error=False)
    assert done.success
    assert retried(done) == 1
    assert publish.current_folder(settings.published) is not None


@pytest.mark.slow
def test_a_build_that_may_not_take_enough_memory_says_which_setting_it_is(
    settings: Settings, definitions: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_MEMORY_LIMIT", "2MB")
    shutil.copytree(PROJECT / "raw" / "inbox" / "ENTRAIDE", settings.inbox / "ENTRAIDE")
    done = definitions.resolve_job_def(NIGHTLY_LOAD).execute_in_process(instance=instance, raise_on_error=False)
    assert retried(done) == 0
    assert "more memory than 2MB; HASILA_MEMORY_LIMIT sets" in reason(done)
    assert publish.current_folder(settings.published) is None


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), PermissionError(errno.EACCES, "Permission denied")],
)
def test_what_somebody_must_mend_is_not_tried_again(
    definitions: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fails(_: Settings) -> None:
        raise error

    monkeypatch.setattr(night, "receive", fails)
    done = run(definitions, instance)
    assert not done.success
    assert retried(done) == 0


def test_a_contract_that_is_wrong_is_not_tried_again(
    settings: Settings, instance: dg.DagsterInstance, definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.data / "contracts"
    folder.mkdir(parents=True)
    (folder / "begging.yml").write_text("family: begging\n", encoding="utf-8")
    monkeypatch.setenv("HASILA_CONTRACTS", str(folder))
    done = run(definitions, instance)
    assert not done.success
    assert retried(done) == 0
    assert "begging.yml:1" in reason(done)


def test_a_run_holds_the_lock_from_its_first_room_to_its_end(
    settings: Settings, definitions: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, said = night.receive, []

    def looks(given: Settings) -> object:
        with pytest.raises(lock.BusyError) as busy, lock.one_at_a_time(settings, "hasila load"):
            pass
        said.append(str(busy.value))
        return receive(given)

    monkeypatch.setattr(night, "receive", looks)
    done = run(definitions, instance)
    assert done.success
    (holder,) = said
    assert holder.startswith(f"Dagster run {done.run_id} (process ")
    assert lock.holder(settings) is None


@pytest.fixture
def metrics_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where loads leave their metrics."""
    path = tmp_path / "hasila.prom"
    monkeypatch.setenv("HASILA_METRICS_FILE", str(path))
    return path


def test_a_run_leaves_the_metrics_of_a_load(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    metrics_file: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(definitions, instance).success
    told = parsed(metrics_file)
    assert told["hasila_load_exit_code"] == 0
    succeeded_at = told["hasila_load_last_success_timestamp_seconds"]

    with lock.one_at_a_time(settings, "hasila load (process 1)"):
        run(definitions, instance)
    assert parsed(metrics_file) == told, "a run that waited in vain was no load"

    def fails(_: Settings) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(night, "receive", fails)
    assert not run(definitions, instance).success
    told = parsed(metrics_file)
    assert told["hasila_load_exit_code"] == 1
    assert told["hasila_load_last_success_timestamp_seconds"] == succeeded_at


def test_a_run_that_fails_outside_a_room_or_is_stopped_is_no_success_in_its_metrics(
    definitions: dg.Definitions, instance: dg.DagsterInstance, metrics_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def breaks(*_: object) -> dict[str, object]:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(night, "has_news", lambda *_: True)
        patched.setattr("orchestration.assets.receipts.measured", breaks)
        assert not run(definitions, instance).success
    told = parsed(metrics_file)
    assert told["hasila_load_exit_code"] == 1
    assert "hasila_load_last_success_timestamp_seconds" not in told
    metrics_file.unlink()

    def stopped(_: Settings) -> None:
        raise DagsterExecutionInterruptedError

    monkeypatch.setattr(night, "receive", stopped)
    assert not run(definitions, instance).success
    assert parsed(metrics_file)["hasila_load_exit_code"] == 1


def away(*_: object, **__: object) -> None:
    raise OperationalError("select", None, ConnectionRefusedError("connection refused"))


def test_a_storage_that_cannot_say_whether_something_failed_is_no_success_and_keeps_no_lock(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    settings: Settings,
    metrics_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(dg.DagsterInstance, "all_logs", away)
        run(definitions, instance)
    told = parsed(metrics_file)
    assert told["hasila_load_exit_code"] == 1
    assert "hasila_load_last_success_timestamp_seconds" not in told
    assert lock.holder(settings) is None


def test_a_storage_that_takes_no_words_of_the_metrics_keeps_no_lock(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    settings: Settings,
    metrics_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(night, "outcome", away)
        patched.setattr(dg.DagsterLogManager, "warning", away)
        run(definitions, instance)
    assert parsed(metrics_file)["hasila_load_exit_code"] == 1
    assert lock.holder(settings) is None


def test_a_run_whose_process_died_is_started_anew_from_its_first_room(definitions: dg.Definitions) -> None:
    # Whoever takes the lock after a dead load clears what that one left half-done: there is nothing to go on with.
    for name in (NIGHTLY_LOAD, REREAD):
        tags = definitions.resolve_job_def(name).tags
        assert ReexecutionStrategy(tags[RETRY_STRATEGY_TAG]) is ReexecutionStrategy.ALL_STEPS


def test_so_is_one_of_assets_that_somebody_chose_by_hand(
    definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    job = definitions.resolve_implicit_global_asset_job_def()
    done = job.execute_in_process(instance=instance, asset_selection=FIRST)
    tags = instance.get_run_by_id(done.run_id).tags  # type: ignore[union-attr]
    assert ReexecutionStrategy(tags[RETRY_STRATEGY_TAG]) is ReexecutionStrategy.ALL_STEPS


def test_metrics_that_cannot_be_written_change_nothing(
    definitions: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_METRICS_FILE", str(Path(__file__) / "hasila.prom"))
    assert run(definitions, instance).success


def test_a_run_waits_for_the_lock_and_then_fails_with_the_name_of_who_holds_it(
    settings: Settings, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    with lock.one_at_a_time(settings, "hasila load (process 1)"):
        done = run(definitions, instance)
    assert not done.success
    assert retried(done) == len(retries.BUSY_SECONDS)
    assert "hasila load (process 1), since" in reason(done)
    # The run that failed holds nothing.
    assert run(definitions, instance).success
    assert lock.holder(settings) is None


def test_a_night_without_news_says_that_the_release_stands_and_does_nothing_else(
    definitions: dg.Definitions, settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.published / "releases" / "one"
    folder.mkdir(parents=True)
    (folder / publish.MANIFEST).write_text("{}", encoding="utf-8")
    publish.switch(settings.published, "one")
    monkeypatch.setattr(night, "has_news", lambda *_: False)
    done = definitions.resolve_job_def(NIGHTLY_LOAD).execute_in_process(instance=instance)
    assert done.success
    made = [event.asset_key for event in done.all_events if event.is_step_materialization]
    assert made == [dg.AssetKey("release")]
    (stands,) = done.asset_materializations_for_node("receipts")
    assert stands.metadata["release_id"].value == "one"
    # That is what keeps it fresh.
    record = instance.get_latest_materialization_event(dg.AssetKey("release"))
    assert record is not None
    assert record.run_id == done.run_id


def test_every_room_is_in_the_pool_that_lets_one_run_in(definitions: dg.Definitions) -> None:
    for job in (NIGHTLY_LOAD, REREAD):
        nodes = definitions.resolve_job_def(job).nodes
        pools = {node.name: node.definition.pool for node in nodes}  # type: ignore[attr-defined]
        assert set(pools) == {"receipts", "readings", "check", "warehouse", "release", "answers"}
        assert set(pools.values()) == {POOL}


@pytest.mark.parametrize("name", ["dagster.yaml", "deploy/dagster.postgres.yaml"])
def test_the_shipped_settings_let_one_run_into_a_pool(name: str, tmp_path: Path) -> None:
    given = yaml.safe_load((PROJECT / name).read_text(encoding="utf-8"))
    # As Dagster takes them; where the runs are stored changes nothing of it.
    given.pop("storage", None)
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        pools = made.get_concurrency_config().pool_config
    assert pools.pool_granularity is PoolGranularity.RUN
    assert pools.default_pool_limit == 1


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"families": ["oficial_figures"]}, "Did you mean official_figures?"),
        ({"from": "2020-01-02", "to": "2020-01-01"}, "lies after"),
        ({"from": "01/02/2020"}, "from: '01/02/2020' is no day, written as YYYY-MM-DD"),
        ({"from": "9999-01-01"}, "lies in the future"),
    ],
)
def test_a_reread_that_cannot_be_meant_ends_with_its_reason(
    definitions: dg.Definitions, instance: dg.DagsterInstance, config: dict[str, object], told: str
) -> None:
    done = run(definitions, instance, REREAD, config)
    assert not done.success
    assert retried(done) == 0
    assert told in reason(done)


@pytest.mark.parametrize("config", [{"since": "2020-01-01"}, {"families": "begging"}, {"from": 2020}])
def test_wrong_run_config_is_refused_before_a_run_begins(
    definitions: dg.Definitions, instance: dg.DagsterInstance, config: dict[str, object]
) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match=r"since|families|from"):
        run(definitions, instance, REREAD, config)
    assert instance.get_runs() == []


# --- the check of overdue reports


def overdue(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    only = dg.Definitions(
        assets=[dg.AssetSpec("release")],
        asset_checks=[overdue_check],
        jobs=[overdue_reports],
        resources={"hasila": Hasila()},
    )
    return only.resolve_job_def(OVERDUE_REPORTS).execute_in_process(instance=instance, raise_on_error=False)


@pytest.fixture
def there(released: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A release with reports that are overdue, as the environment names it."""
    monkeypatch.setenv("HASILA_DATA", str(released.data))
    monkeypatch.setenv("HASILA_DBT_PROJECT", str(released.dbt_project))
    monkeypatch.setattr(retries, "PASSING_SECONDS", (0.0, 0.1))
    monkeypatch.setattr(Settings, "today", lambda _: dt.date(2024, 11, 15))
    return released


def test_overdue_reports_are_a_failed_check_with_their_rows_and_an_alert(
    there: Settings, instance: dg.DagsterInstance, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_ALERT_WEBHOOK_URL", service.url)
    done = overdue(instance)
    assert done.success
    (result,) = done.get_asset_check_evaluations()
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    (row,) = result.metadata["reports"].records  # type: ignore[union-attr]
    assert (row.data["organisation_code"], row.data["period_start"]) == ("ENTRAIDE", "2024-04-01")
    assert row.data["days_late"] == 108
    ((_, document),) = service.taken
    assert (document["kind"], len(document["reports"])) == ("reports_overdue", 1)


def test_a_receiver_that_is_down_is_tried_again_and_then_the_run_says_so(
    there: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_ALERT_WEBHOOK_URL", f"http://127.0.0.1:{free_port()}/")
    monkeypatch.setenv("HASILA_NOTIFY_TIMEOUT_SECONDS", "2")
    done = overdue(instance)
    assert not done.success
    assert retried(done) == len(retries.PASSING_SECONDS)
    assert "The alert reached nobody" in reason(done)


def test_before_the_first_release_nothing_is_overdue(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    (result,) = overdue(instance).get_asset_check_evaluations()
    assert result.passed
