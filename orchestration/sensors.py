"""Sensors: what is looked after between the nights.

`inbox` starts a load when reports came and are complete; it is off until somebody turns it on, as each
load makes a release. `watch` is on: it tells those who run hasila of loads that failed, or that nobody was told of
overdue reports, and ends runs that died without saying so.
"""

import datetime as dt
import hashlib
import json

import dagster as dg

from orchestration import alerts, lock
from orchestration.assets.resource import Hasila
from orchestration.check import days
from orchestration.dead_runs import STARTED_BY, end_dead_runs_if_idle
from orchestration.jobs import OVERDUE_REPORTS, WRITING, nightly_load
from orchestration.read.reference import load_reference
from orchestration.receive.inbox import InboxError
from orchestration.receive.room import Look, look, state_of
from orchestration.run_failures import step_reasons
from orchestration.settings import Settings

WORK = "hasila/work"
"""The tag that names what a run was started for, by its content."""
ATTEMPTS = 3
"""So often one and the same work is tried; after that it is the nightly load's."""
RETRY_AFTER = dt.timedelta(minutes=15)
TOLD = "hasila/alert"
"""The tag of a failed run that its alert was sent for."""
_LOOK_BACK = dt.timedelta(days=7)
_OPEN = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


# --- what came


@dg.sensor(
    job=nightly_load,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Starts a load when reports lie in the inbox complete, or a day that was received is not read yet. "
    "The nightly schedule stays; both wait for each other.",
)
def inbox(context: dg.SensorEvaluationContext, hasila: Hasila) -> dg.RunRequest | dg.SkipReason:
    settings = hasila.settings
    if reason := at_work(context.instance, settings):
        return dg.SkipReason(reason)
    try:
        state = state_of(settings.inbox, settings.today())
        if context.cursor == state and not days.unsealed(settings.lake):
            return dg.SkipReason("nothing new in the inbox")
        seen = look(
            settings.inbox,
            settings.lake,
            today=settings.today(),
            settle_seconds=settings.settle_seconds,
            organisation_of=load_reference(settings.seeds).organisations.find,
            gathered_folder=settings.gathered,
        )
    except InboxError as error:
        return dg.SkipReason(str(error))
    unread = sorted((day.isoformat(), digest) for day, digest in days.unread(settings.lake).items())
    if not seen.new and not unread:
        if not seen.waiting:
            # Until another file lies there nothing can be new, and a long history need not be read for that.
            context.update_cursor(state)
        return dg.SkipReason(_nothing(seen))
    work = hashlib.sha256(json.dumps([seen.new, unread]).encode()).hexdigest()[:32]
    earlier = context.instance.get_run_records(dg.RunsFilter(tags={WORK: work}))
    if len(earlier) >= ATTEMPTS:
        return dg.SkipReason(f"tried {len(earlier)} times; the nightly load tries again. {_waiting(seen)}".strip())
    if earlier and (ended := earlier[0].end_time) is not None:
        again = dt.datetime.fromtimestamp(ended, dt.UTC) + RETRY_AFTER
        if dt.datetime.now(dt.UTC) < again:
            return dg.SkipReason(f"it failed; it is tried again at {again.astimezone(settings.zone):%H:%M}")
    attempt = len(earlier) + 1
    # The attempt is part of the key: Dagster starts one run a key, and a retry would be swallowed.
    return dg.RunRequest(run_key=f"{work}:{attempt}", tags={WORK: work, "hasila/attempt": str(attempt)})


def at_work(instance: dg.DagsterInstance, settings: Settings) -> str | None:
    """Who works on the runtime state, or is about to; None where nobody does."""
    holder = lock.holder(settings)
    if holder is not None and holder.is_alive:
        return f"a load is at work: {holder.name}"
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=list(_OPEN))):
        if run.job_name in WRITING:
            return f"a run of {run.job_name} is {run.status.value.lower()}: {run.run_id}"
    return None


def _nothing(seen: Look) -> str:
    return f"nothing new in the inbox. {_waiting(seen)}".strip()


def _waiting(seen: Look) -> str:
    told = [f"{entry.path}: {entry.reason}" for entry in seen.waiting[:5]]
    more = f", and {len(seen.waiting) - 5} more" if len(seen.waiting) > 5 else ""
    return f"Waiting: {'; '.join(told)}{more}" if told else ""


# --- what failed


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells those who run hasila of every load that failed, and of a check of overdue reports that did, by "
    "mail and to a web service, until somebody took it; ends runs whose process died.",
)
def watch(context: dg.SensorEvaluationContext, hasila: Hasila) -> dg.SkipReason:
    settings, instance = hasila.settings, context.instance
    said = []
    try:
        if ended := end_dead_runs_if_idle(instance, settings):
            said.append(f"ended {len(ended)} dead runs")
    except Exception as error:  # noqa: BLE001  a full disk, say: of what failed somebody is to be told all the same
        said.append(f"dead runs could not be ended: {error}")
    if not alerts.is_set_up(settings):
        return dg.SkipReason("; ".join([*said, "alerts go nowhere; set HASILA_ALERT_TO or HASILA_ALERT_WEBHOOK_URL"]))
    untold = _untold(instance)
    for record in untold:
        taken, problems = alerts.hand_over(settings, _alert(instance, settings, record))
        for problem in problems:
            context.log.error(f"the alert could not be sent: {problem}")
        run_id = record.dagster_run.run_id
        if not taken:
            said.append(f"the alert of run {run_id} reached nobody and is tried again: {'; '.join(problems)}")
            break
        instance.add_run_tags(run_id, {TOLD: dt.datetime.now(dt.UTC).isoformat(timespec="seconds")})
        said.append(f"told of run {run_id}")
    return dg.SkipReason("; ".join(said) or "no load failed")


_TOLD_OF = WRITING | {OVERDUE_REPORTS}


def _untold(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    """Failed runs that nobody was told of, the earliest first. The command line tells of its own."""
    since = dt.datetime.now(dt.UTC) - _LOOK_BACK
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)
    records = instance.get_run_records(filters=failed, limit=100)
    return [
        record
        for record in reversed(records)
        if record.dagster_run.job_name in _TOLD_OF
        and TOLD not in record.dagster_run.tags
        and not STARTED_BY.items() <= record.dagster_run.tags.items()
        and record.create_timestamp >= since
    ]


def _alert(instance: dg.DagsterInstance, settings: Settings, record: dg.RunRecord) -> alerts.Alert:
    run_id = record.dagster_run.run_id
    events = [
        entry.dagster_event
        for entry in instance.all_logs(
            run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
        )
        if entry.dagster_event is not None
    ]
    reasons = step_reasons(events) or [event.message for event in events if event.message]
    reason = "\n".join(reasons) or "the run failed"
    began = record.start_time or record.create_timestamp.timestamp()
    began_at = dt.datetime.fromtimestamp(began, dt.UTC)
    if record.dagster_run.job_name == OVERDUE_REPORTS:
        return alerts.overdue_failed(settings, reason, run_id=run_id, began_at=began_at)
    made = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return alerts.load_failed(
        settings,
        reason,
        run_id=run_id,
        began_at=began_at,
        released=any(
            entry.dagster_event is not None and entry.dagster_event.asset_key == dg.AssetKey("release")
            for entry in made
        ),
    )


sensors = (inbox, watch)
