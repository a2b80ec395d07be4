"""What Dagster looks after between the nights: reports that came, loads that failed, runs that died."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from orchestration import lock
from orchestration.assets.resource import Hasila
from orchestration.check import days
from orchestration.check.rulings import Rulings
from orchestration.dead_runs import STARTED_BY
from orchestration.jobs import NIGHTLY_LOAD, OVERDUE_REPORTS, REREAD
from orchestration.receive import receipts
from orchestration.receive.room import receive
from orchestration.schedules import nightly
from orchestration.sensors import ATTEMPTS, RETRY_AFTER, TOLD, WORK, inbox, watch
from orchestration.settings import Settings
from tests.integration.conftest import figures
from tests.servers import Mailbox, Service, free_port

REPORT = figures("PPO_VIOLENCE_CASES,2017,5 980,https://example.org")


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings, as the sensors find them: in the environment."""
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    monkeypatch.setenv("HASILA_INBOX", str(settings.inbox))
    monkeypatch.setenv("HASILA_SETTLE_SECONDS", "0")
    return settings


def put(settings: Settings, path: str, content: bytes = REPORT) -> Path:
    file = settings.inbox / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def tick(instance: dg.DagsterInstance, sensor: dg.SensorDefinition = inbox, cursor: str | None = None) -> object:
    """What one look of a sensor ends with."""
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources={"hasila": Hasila()}) as context:
        return sensor(context)


def skipped(result: object) -> str:
    assert isinstance(result, dg.SkipReason), result
    return result.skip_message or ""


def requested(result: object) -> dg.RunRequest:
    assert isinstance(result, dg.RunRequest), result
    return result


def run_of(
    instance: dg.DagsterInstance,
    status: dg.DagsterRunStatus,
    *,
    job: str = NIGHTLY_LOAD,
    tags: dict[str, str] | None = None,
    ago: dt.timedelta = dt.timedelta(),
    message: str = "the run failed",
) -> str:
    """A run that went as far as `status`, that long ago."""

    @dg.op
    def nothing() -> None:
        """Is never run."""

    @dg.job(name=job)
    def made() -> None:
        nothing()

    run = instance.create_run_for_job(made, tags=tags or {}, status=dg.DagsterRunStatus.NOT_STARTED)
    events = {
        dg.DagsterRunStatus.NOT_STARTED: [],
        dg.DagsterRunStatus.STARTED: [dg.DagsterEventType.PIPELINE_START],
        dg.DagsterRunStatus.SUCCESS: [dg.DagsterEventType.PIPELINE_START, dg.DagsterEventType.PIPELINE_SUCCESS],
        dg.DagsterRunStatus.FAILURE: [dg.DagsterEventType.PIPELINE_START, dg.DagsterEventType.PIPELINE_FAILURE],
    }[status]
    for event in events:
        instance.handle_new_event(
            dg.EventLogEntry(
                error_info=None,
                user_message=message,
                level="debug",
                run_id=run.run_id,
                timestamp=(dt.datetime.now(dt.UTC) - ago).timestamp(),
                job_name=job,
                dagster_event=dg.DagsterEvent(event.value, job, message=message),
            )
        )
    return run.run_id


def receive_all(settings: Settings, day: dt.date = dt.date(2025, 1, 31)) -> None:
    receive(
        settings.inbox,
        settings.archive,
        settings.lake,
        today=day,
        now=dt.datetime(2025, 1, 31, 12),
        settle_seconds=0,
        organisation_of=lambda name: name,
    )


# --- the inbox


def test_a_report_that_is_complete_starts_a_load_and_one_key_means_one_content(
    here: Settings, instance: dg.DagsterInstance
) -> None:
    assert skipped(tick(instance)) == "nothing new in the inbox."
    put(here, "PPO/a.csv")
    first = requested(tick(instance))
    assert requested(tick(instance)).run_key == first.run_key
    # The same bytes in a second place are no second report.
    put(here, "PPO/copies/a (1).csv")
    assert requested(tick(instance)).run_key == first.run_key
    put(here, "HCP/b.csv")
    assert requested(tick(instance)).run_key != first.run_key


def test_nothing_starts_while_a_report_is_still_being_copied(here: Settings, instance: dg.DagsterInstance) -> None:
    path = put(here, "PPO/a.csv", REPORT[:20])
    with path.open("ab") as copying:
        copying.write(REPORT[20:])
        copying.flush()
        assert "PPO/a.csv: it is still being written" in skipped(tick(instance))
    assert requested(tick(instance)).run_key
    put(here, "PPO/b.csv.part")
    put(here, "HCP/2999-01-01/c.csv")
    path.unlink()
    told = skipped(tick(instance))
    assert "PPO/b.csv.part: it is still being written" in told
    assert "received date 2999-01-01 is in the future" in told


def test_a_retry_is_never_swallowed_and_comes_to_an_end(
    here: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(here, "PPO/a.csv")
    keys = []
    for attempt in range(1, ATTEMPTS + 1):
        with monkeypatch.context() as later:
            later.setattr("orchestration.sensors.RETRY_AFTER", -RETRY_AFTER)
            request = requested(tick(instance))
        assert request.tags["hasila/attempt"] == str(attempt)
        keys.append(request.run_key)
        run_of(instance, dg.DagsterRunStatus.FAILURE, tags=dict(request.tags))
        assert "tried" in skipped(tick(instance))
    assert len(set(keys)) == ATTEMPTS
    assert skipped(tick(instance)).startswith(f"tried {ATTEMPTS} times; the nightly load tries again")
    # Another report is other work.
    put(here, "HCP/b.csv")
    assert requested(tick(instance)).tags["hasila/attempt"] == "1"


def test_a_day_that_was_received_and_not_read_is_work_too(here: Settings, instance: dg.DagsterInstance) -> None:
    put(here, "PPO/a.csv")
    receive_all(here)
    request = requested(tick(instance))
    (day,) = receipts.days(here.lake)
    days.seal(here.lake, day, days.receipts_digest(here.lake, day), [], Rulings())
    with dg.build_sensor_context(instance=instance, resources={"hasila": Hasila()}) as context:
        assert isinstance(inbox(context), dg.SkipReason)
        cursor = context.cursor
    assert skipped(tick(instance, cursor=cursor)) == "nothing new in the inbox"
    days.unseal(here.lake, day)
    assert requested(tick(instance, cursor=cursor)).tags[WORK] == request.tags[WORK]


def test_an_inbox_in_which_nothing_moved_is_not_looked_through_again(
    here: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(here, "PPO/a.csv")
    receive_all(here)
    (day,) = receipts.days(here.lake)
    days.seal(here.lake, day, days.receipts_digest(here.lake, day), [], Rulings())
    with dg.build_sensor_context(instance=instance, resources={"hasila": Hasila()}) as context:
        inbox(context)
        assert context.cursor
    with monkeypatch.context() as patched:
        patched.setattr("orchestration.sensors.look", None)
        assert skipped(tick(instance, cursor=context.cursor)) == "nothing new in the inbox"
    put(here, "PPO/b.csv", REPORT + b"\n")
    assert requested(tick(instance, cursor=context.cursor))


def test_no_second_load_starts_beside_one_that_works_or_waits(here: Settings, instance: dg.DagsterInstance) -> None:
    put(here, "PPO/a.csv")
    with lock.one_at_a_time(here, "hasila load (process 1)"):
        assert skipped(tick(instance)).startswith("a load is at work: hasila load (process 1), since ")
    waiting_run = run_of(instance, dg.DagsterRunStatus.NOT_STARTED, job=REREAD)
    assert skipped(tick(instance)) == f"a run of reread is not_started: {waiting_run}"


def test_an_inbox_that_is_not_there_is_said(here: Settings, instance: dg.DagsterInstance) -> None:
    here.inbox.rmdir()
    assert str(here.inbox) in skipped(tick(instance))


def test_the_schedule_puts_no_second_load_behind_one_in_the_queue(instance: dg.DagsterInstance) -> None:
    with dg.build_schedule_context(instance=instance) as context:
        assert isinstance(nightly(context), dg.RunRequest)
        waiting_run = run_of(instance, dg.DagsterRunStatus.NOT_STARTED)
        told = nightly(context)
    assert isinstance(told, dg.SkipReason)
    assert waiting_run in (told.skip_message or "")


# --- loads that failed


@contextmanager
def alerts_to(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("HASILA_NOTIFY_TIMEOUT_SECONDS", "2")
        for name, value in variables.items():
            patched.setenv(f"HASILA_{name.upper()}", value)
        yield


def test_a_load_that_failed_is_told_once_by_mail_and_to_a_web_service(
    here: Settings,
    instance: dg.DagsterInstance,
    mailbox: tuple[Mailbox, int],
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mail = {"smtp_host": "127.0.0.1", "smtp_port": str(mailbox[1]), "smtp_security": "none"}
    with alerts_to(
        monkeypatch,
        **mail,
        smtp_sender="hasila@example.org",
        alert_to="one@example.org",
        alert_webhook_url=service.url,
    ):
        assert skipped(tick(instance, watch)) == "no load failed"
        failed = run_of(instance, dg.DagsterRunStatus.FAILURE, message="the contract is wrong")
        run_of(instance, dg.DagsterRunStatus.SUCCESS)
        # Told already, by the command itself; too long ago; none of hasila's.
        run_of(instance, dg.DagsterRunStatus.FAILURE, tags=STARTED_BY)
        run_of(instance, dg.DagsterRunStatus.FAILURE, job="somebody_elses")
        assert skipped(tick(instance, watch)) == f"told of run {failed}"
        assert skipped(tick(instance, watch)) == "no load failed"
    ((address, message),) = mailbox[0].messages
    assert address == "one@example.org"
    assert "the contract is wrong" in message.get_body().get_content()  # type: ignore[union-attr]
    ((_, document),) = service.taken
    assert (document["kind"], document["run_id"], document["is_released"]) == ("load_failed", failed, False)


def test_an_alert_that_nobody_took_is_sent_again_and_one_that_somebody_took_is_not(
    here: Settings,
    instance: dg.DagsterInstance,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = run_of(instance, dg.DagsterRunStatus.FAILURE)
    with alerts_to(monkeypatch, alert_webhook_url=f"http://127.0.0.1:{free_port()}/"):
        for _ in range(2):
            assert skipped(tick(instance, watch)).startswith(f"the alert of run {failed} reached nobody")
    with alerts_to(
        monkeypatch,
        alert_webhook_url=service.url,
        alert_to="one@example.org",
        smtp_host="127.0.0.1",
        smtp_port=str(free_port()),
        smtp_sender="hasila@example.org",
    ):
        # The mail server is away, the web service is not: somebody knows.
        assert skipped(tick(instance, watch)) == f"told of run {failed}"
        assert skipped(tick(instance, watch)) == "no load failed"
    assert len(service.taken) == 1
    run = instance.get_run_by_id(failed)
    assert run is not None
    assert TOLD in run.tags


def test_where_alerts_go_nowhere_the_sensor_says_what_to_set(here: Settings, instance: dg.DagsterInstance) -> None:
    run_of(instance, dg.DagsterRunStatus.FAILURE)
    assert "HASILA_ALERT_TO" in skipped(tick(instance, watch))


def test_a_run_that_died_is_ended_where_nobody_works_and_then_told(
    here: Settings, instance: dg.DagsterInstance, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = run_of(instance, dg.DagsterRunStatus.STARTED, ago=dt.timedelta(hours=5))
    waiting = run_of(instance, dg.DagsterRunStatus.STARTED, ago=dt.timedelta(minutes=20))
    with lock.one_at_a_time(here, "hasila load (process 1)"):
        assert "HASILA_ALERT_TO" in skipped(tick(instance, watch))
    assert instance.get_run_by_id(died).status is dg.DagsterRunStatus.STARTED  # type: ignore[union-attr]
    with alerts_to(monkeypatch, alert_webhook_url=service.url):
        assert skipped(tick(instance, watch)) == f"ended 1 dead runs; told of run {died}"
    assert instance.get_run_by_id(died).status is dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
    # Between its attempts to get the lock a run is as silent as a dead one.
    assert instance.get_run_by_id(waiting).status is dg.DagsterRunStatus.STARTED  # type: ignore[union-attr]
    assert "died" in json.dumps(service.taken[0][1])


def test_a_check_of_overdue_reports_that_failed_is_told_too(
    here: Settings, instance: dg.DagsterInstance, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = run_of(instance, dg.DagsterRunStatus.FAILURE, job=OVERDUE_REPORTS, message="the alert reached nobody")
    with alerts_to(monkeypatch, alert_webhook_url=service.url):
        assert skipped(tick(instance, watch)) == f"told of run {failed}"
        assert skipped(tick(instance, watch)) == "no load failed"
    ((_, document),) = service.taken
    assert (document["kind"], document["run_id"]) == ("overdue_failed", failed)
    assert document["reason"] == "the alert reached nobody"


def test_where_a_dead_run_cannot_be_ended_what_failed_is_told_all_the_same(
    here: Settings, instance: dg.DagsterInstance, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    died = run_of(instance, dg.DagsterRunStatus.STARTED, ago=dt.timedelta(hours=5))
    failed = run_of(instance, dg.DagsterRunStatus.FAILURE)
    with monkeypatch.context() as patched:
        # The lock's holder leaves its name on the disk.
        patched.setattr("orchestration.storage.write_text", full)
        with alerts_to(monkeypatch, alert_webhook_url=service.url):
            told = skipped(tick(instance, watch))
    assert told == f"dead runs could not be ended: [Errno 28] No space left on device; told of run {failed}"
    assert [document["run_id"] for _, document in service.taken] == [failed]
    with alerts_to(monkeypatch, alert_webhook_url=service.url):
        assert skipped(tick(instance, watch)) == f"ended 1 dead runs; told of run {died}"
