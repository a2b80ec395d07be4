"""`hasila load` and `hasila reread`: the nightly load, and how its rooms are shown while it runs."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration import storage
from orchestration.cli.common import FAILED, SENT_BACK, USAGE, ByOption, DataOption, Language, LogFormat, app, say, told
from orchestration.cli.journal import Journal, journal
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.reread import Reread


@app.command()
def load(
    inbox: Annotated[
        Path | None, typer.Option(help="Where reports arrive, one folder an organisation.", show_default=False)
    ] = None,
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    strict: Annotated[bool, typer.Option(help="Exit with 3 when a report was sent back or unreadable.")] = False,
    lang: Annotated[Language | None, typer.Option(help="Language of the findings.", show_default=False)] = None,
    accept_audit: Annotated[
        list[str] | None,
        typer.Option("--accept-audit", metavar="CODE", help="Let a failed check of the audit through this time."),
    ] = None,
    reason: Annotated[str, typer.Option(help="With --accept-audit: why.", show_default=False)] = "",
    by: ByOption = None,
    full_refresh: Annotated[
        bool,
        typer.Option(
            "--full-refresh",
            help="Where something is new: build the whole warehouse anew, also the years without news.",
        ),
    ] = False,
    log_format: Annotated[
        LogFormat | None,
        typer.Option(
            help="On standard error: text, or one JSON object a line (HASILA_LOG_FORMAT).", show_default=False
        ),
    ] = None,
) -> None:
    """Load what is new in the inbox and publish a release.

    Exit codes: 0 released, or nothing new; 1 failed, and what was released before stands: the whole
    release, or the figures of a family that failed while the others were released; 2 wrong usage;
    3 with --strict when a report was sent back or unreadable.
    """
    settings = load_settings(
        data=data,
        inbox=inbox,
        language=lang.value if lang else None,
        log_format=log_format.value if log_format else None,
    )
    with journal(settings) as kept:
        with _told_in_json(kept, as_json), told(makes_release=True):
            accepted = _accepted(settings, accept_audit or [], reason.strip(), by)
            result = _load(kept, accepted, partial(_receive, full_refresh=full_refresh), quiet=as_json)
        _tell(kept, result, as_json=as_json)
        again = any(change["after"] == "sent_back" for change in result["changed"])
        if strict and (result["reports"]["sent_back"] or result["reports"]["unreadable"] or again):
            raise typer.Exit(SENT_BACK)


@app.command()
def reread(
    family: Annotated[
        list[str] | None, typer.Option("--family", help="Only days with reports of this family; several may be given.")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First received day.", show_default=False)
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last received day.", show_default=False)
    ] = None,
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output, as of a load.")] = False,
) -> None:
    """Read received days again from the archive, judge them by the contracts and rules of now, and release.

    Nothing is received. A day is read whole, with all its families. Where nothing changed, its lake files come out
    as they were. Exit codes: 0 released, or no day to read; 1 failed; 2 wrong usage.
    """
    from orchestration import night
    from orchestration.reread import Reread, RereadError, check

    settings = load_settings(data=data)
    wanted = Reread(tuple(family or ()), first.date() if first else None, last.date() if last else None)
    with journal(settings) as kept:
        with _told_in_json(kept, as_json), told(makes_release=True):
            try:
                check(settings, night.load_rulebook(settings), wanted)
            except RereadError as error:
                say(f"hasila: {error}")
                raise typer.Exit(USAGE) from None
            result = _load(kept, {}, partial(_open_days, wanted=wanted), quiet=as_json)
        _tell(kept, result, as_json=as_json)


def _open_days(settings: Settings, *, wanted: "Reread") -> None:
    """Unseal the days that are to be read again, and say how many they are."""
    from orchestration.reread import open_days

    say(f"hasila: {wanted.told(open_days(settings, wanted))}")


def _receive(settings: Settings, *, full_refresh: bool) -> None:
    """Receive what is new in the inbox: how the nightly load begins. `full_refresh` leaves it nothing to build upon."""
    from orchestration import lock, night

    if full_refresh:
        lock.clear_warehouse(settings)
    night.receive(settings, judging_follows=True)


@contextmanager
def _told_in_json(kept: Journal, as_json: bool) -> Iterator[None]:
    """Put on standard output what became of a load that ends with 1 before it has an outcome of its own."""
    from orchestration import night

    try:
        yield
    except typer.Exit as end:
        if as_json and end.exit_code == FAILED:
            # What another run is about belongs to that one; where nothing can be read, nothing is known of this one.
            result = night.nothing_done(kept.settings)
            if kept.has_lock:
                with suppress(Exception):
                    result = night.outcome(kept.settings)
            print(json.dumps(result | {"failure": kept.said}, ensure_ascii=False))
        raise


def _tell(kept: Journal, result: dict[str, Any], *, as_json: bool) -> None:
    """Tell the outcome of a load; exit with 1 where it failed."""
    kept.end(result)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    elif not kept.is_json:
        _print_outcome(result, kept.settings)
    if result["failure"]:
        raise typer.Exit(FAILED)


def _accepted(settings: Settings, codes: list[str], reason: str, by: str | None) -> dict[str, Any]:
    """What a person lets through, as the release asset is configured; empty where it is nothing."""
    if not codes:
        return {}
    from orchestration.release.audit import load_declared

    checks = load_declared(settings.expectations / "audit.yml").checks
    acceptable = [code for code, check in checks.items() if check.is_acceptable]
    person = (by or settings.person() or "").strip()
    missing = None
    if wrong := [code for code in codes if code not in acceptable]:
        missing = f"{', '.join(wrong)} cannot be accepted, only {', '.join(acceptable)}"
    elif not reason:
        missing = "say why the audit is overruled: --reason"
    elif not person:
        missing = "say who decides: give --by"
    if missing:
        say(f"hasila: {missing}")
        raise typer.Exit(USAGE)
    return {"accepted": sorted(set(codes)), "reason": reason, "by": person}


def _load(kept: Journal, accepted: dict[str, Any], begin: Callable[[Settings], None], *, quiet: bool) -> dict[str, Any]:
    """The nightly load. A night without news ends before Dagster, dbt or Great Expectations is imported."""
    from orchestration import lock, night

    settings = kept.settings
    with lock.one_at_a_time(settings, f"hasila load (process {os.getpid()})") as interrupted:
        if interrupted is not None:
            say(f"hasila: {interrupted}, was killed; what it left half-done is cleared.")
        kept.begin()
        night.clear_summaries(settings)
        try:
            return _load_what_is_new(kept, accepted, begin, quiet=quiet)
        except Exception as error:
            # For `hasila status`; where nothing can be written, it has nothing to say.
            with suppress(OSError):
                night.write_summary(settings, "failure", {"failure": str(error)})
            raise


def _load_what_is_new(
    kept: Journal, accepted: dict[str, Any], begin: Callable[[Settings], None], *, quiet: bool
) -> dict[str, Any]:
    from orchestration import night

    settings = kept.settings

    rulebook = night.load_rulebook(settings)
    failure = None
    with progress(quiet or kept.is_json):
        begin(settings)
        if night.has_news(settings, rulebook):
            failure = _run_job(settings, accepted, kept.run_id)
    result = night.outcome(settings)
    reasons = [failure, *(family_failure(failed, result) for failed in result["failed_families"])]
    failures = "\n".join(reason for reason in reasons if reason) or None
    if failures:
        night.write_summary(settings, "failure", {"failure": failures})
    return result | {"failure": failures}


def family_failure(failed: dict[str, str], result: dict[str, Any]) -> str:
    """Why a family failed as a whole, and what became of the rest."""
    rest = f"; the others are in release {result['release_id']}" if result["released"] else ""
    return f"the family {failed['family']} failed: {failed['reason'].rstrip('.')}. Its earlier figures stand{rest}."


def _run_job(settings: Settings, accepted: dict[str, Any], run_id: str) -> str | None:
    """Run the nightly job in this process; returns why it failed, or None."""
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    configuration = settings.dagster_home / "dagster.yaml"
    if not configuration.exists():
        storage.write_bytes(configuration, (settings.dbt_project.parent / "dagster.yaml").read_bytes())

    from orchestration.definitions import build_defs
    from orchestration.model import ModelError

    try:
        definitions = build_defs(data=str(settings.data), inbox=str(settings.inbox), lock_held=True, for_people=False)
        return _execute(definitions, settings, accepted, run_id)
    except ModelError as error:
        return f"the dbt project cannot be used:\n{error}"
    except Exception as error:
        if (reason := _storage_failure(error)) is None:
            raise
        return f"Dagster's storage, as {configuration} sets it, cannot be used: {reason}"


def _storage_failure(error: BaseException) -> str | None:
    """Why Dagster's storage cannot be opened or went away in mid-run; None where the error is another."""
    from dagster import DagsterInvalidConfigError
    from sqlalchemy.exc import SQLAlchemyError

    is_of_storage = isinstance(error, SQLAlchemyError) or type(error).__module__.startswith("dagster_postgres.")
    if isinstance(error, DagsterInvalidConfigError):
        told = (one.message.split(" Expected: ")[0].split(" of original value ")[-1] for one in error.errors)
        return "; ".join(sorted(one.splitlines()[0].removesuffix(" failed:") for one in told))
    if not is_of_storage:
        return None
    # What the server, or the network, said stands at the end of the chain.
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().splitlines()[0]


def _execute(definitions: Any, settings: Settings, accepted: dict[str, Any], run_id: str) -> str | None:
    import dagster as dg

    from orchestration import event_log
    from orchestration.dead_runs import STARTED_BY, end_dead_runs
    from orchestration.jobs import NIGHTLY_LOAD
    from orchestration.run_failures import was_interrupted

    # dbt's and Dagster's own words go to a file: the terminal is for the summary and the rooms.
    with (
        (settings.work / "load.log").open("w", encoding="utf-8") as log,
        redirect_stdout(log),
        redirect_stderr(log),
        _without_a_word_of_helpers(),
        dg.DagsterInstance.get() as instance,
        event_log.kept_open(instance),
    ):
        end_dead_runs(instance, but=run_id)
        try:
            done = definitions.resolve_job_def(NIGHTLY_LOAD).execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_id=run_id,
                # Whoever started the command starts it again, and not Dagster's daemon.
                tags={**STARTED_BY, "dagster/max_retries": "0"},
                run_config={
                    "ops": {"receipts": {"config": {"received": True}}, "release": {"config": accepted}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )
        except dg.DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        if done.success:
            return None
        if was_interrupted(done.all_events):
            raise KeyboardInterrupt
        return _failure(done, settings)


@contextmanager
def _without_a_word_of_helpers() -> Iterator[None]:
    """Have the processes that Dagster starts to carry a step's output say nothing of Ctrl-C, which reaches them too."""
    from dagster._core.execution import compute_logs

    from orchestration.processes import deaf_to_ctrl_c

    carried = compute_logs.tail_to_stream

    @contextmanager
    def quietly(path: str, stream: Any) -> Iterator[Any]:
        with ExitStack() as ending:
            with deaf_to_ctrl_c():
                helpers = ending.enter_context(carried(path, stream))
            yield helpers

    compute_logs.tail_to_stream = quietly
    try:
        yield
    finally:
        compute_logs.tail_to_stream = carried


def _failure(done: Any, settings: Settings) -> str | None:
    """What went wrong in a run, in the words of the error that a room raised.

    None where everything was released but families that failed as a whole: they are told of apart.
    """
    from orchestration import night
    from orchestration.run_failures import step_reasons

    failed = bool(night.failed_families(settings))
    reasons = step_reasons(done.all_events, but=frozenset({"Failure"} if failed else ()))
    if reasons or failed:
        return "\n".join(reasons) or None
    return "the run failed"


_ROOM_WORDS = {
    "receive": "receiving",
    "read": "reading",
    "check": "checking",
    "model": "modelling",
    "release": "releasing",
    "answer": "answering",
}


@contextmanager
def progress(quiet: bool) -> Iterator[None]:
    """Show each room as it begins and ends: live on a terminal, plain lines elsewhere."""
    from orchestration import night

    if quiet:
        yield
        return
    # The stream as it is now: while Dagster and dbt run, sys.stderr is their log.
    stream = sys.stderr
    status = None
    if stream.isatty():
        from rich.console import Console

        status = Console(file=stream).status("receiving …")
        status.start()

    def watch(room: str, content: dict[str, Any]) -> None:
        if not (room in _ROOM_WORDS or room.startswith("check-")) or _is_idle(room, content):
            return
        if not content:
            if status is not None:
                status.update(f"{_ROOM_WORDS[room]} …")
            return
        line = _room_line(room, content)
        if status is not None:
            status.console.print(line, highlight=False, markup=False)
        else:
            print(line, file=stream, flush=True)

    night.watchers.append(watch)
    try:
        yield
    finally:
        night.watchers.remove(watch)
        if status is not None:
            status.stop()


def _is_idle(room: str, content: dict[str, Any]) -> bool:
    return room.startswith("check-") and not (any(content["reports"].values()) or content["failure"])


def _room_line(room: str, content: dict[str, Any]) -> str:
    seconds = f"{content['seconds']:.1f} s"
    if room == "receive":
        said = f"{content['received']} new of {content['files_seen']} files, {len(content['waiting'])} waiting"
    elif room == "read":
        said = f"{sum(content['reports'].values())} reports, {sum(content['observations'].values())} values"
    elif room == "model":
        said = f"the marts as of {content['as_of_date']}"
    elif room == "release":
        said = str(content["release_id"])
    elif room == "answer":
        said = f"{content['written']} answers in the outbox, {len(content['failed'])} could not be written"
    else:
        room, family = room.split("-", 1)
        if content["not_judged"]:
            return f"{room:<8} {family}: not judged, {content['failure']}"
        counts, reports = content["observations"], content["reports"]
        sent_back = reports["sent_back"] + reports["unreadable"]
        said = f"{family}: {counts['accepted']} accepted, {counts['quarantined']} quarantined, {sent_back} sent back"
    return f"{room:<8} {said} ({seconds})"


def _print_outcome(result: dict[str, Any], settings: Settings) -> None:
    for entry in result["waiting"]:
        print(f"waiting  {entry['path']}: {entry['reason']}")
    for finding in result["findings"]:
        if finding["severity"] != "info":
            where = f"{finding['organisation_code']}/{finding['file_name']}"
            print(f"finding  {finding['severity']} {finding['code']} {where}: {finding[settings.language]}")
    for change in result["changed"]:
        where = f"{change['organisation_code']}/{change['file_name']}"
        print(f"changed  {where}: {change['before']} before, now {change['after']}")
    for entry in result["answers"]["failed"]:
        print(f"answer   {entry['organisation_code']}/{entry['file_name']}: not written: {entry['reason']}")
    if result["answers"]["error"]:
        print(f"answer   no more answers could be written: {result['answers']['error']}")
    reports = result["reports"]
    for reason in (result["failure"] or "").splitlines():
        print(f"failed   {reason}")
    if result["released"]:
        print(
            f"reports  {reports['received']} received, {reports['accepted']} accepted, "
            f"{reports['sent_back']} sent back, {reports['unreadable']} unreadable"
        )
        print(f"released {result['release_id']} in {sum(result['seconds'].values()):.1f} s")
    elif result["failure"]:
        stands = f"release {result['release_id']} stands" if result["release_id"] else "nothing is released"
        print(f"failed   {stands}")
    else:
        print(f"nothing new, release {result['release_id']} stands")
    for entry in result["audit"]["accepted"]:
        print(f"accepted {entry['code']} by {entry['by']}: {entry['reason']}")
    if result["rollback"]:
        print(f"rollback {result['rollback']}")
