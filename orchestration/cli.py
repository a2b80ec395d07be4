"""The command line: `hasila`.

Thin: what a command does stands in the rooms. Heavy imports happen inside the commands that need
them, so that help and a night without news are quick.
"""

import atexit
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration import __version__
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    import duckdb

FAILED, USAGE, SENT_BACK = 1, 2, 3

app = typer.Typer(
    name="hasila",
    help="The tally of what was done for the protection of children: receive, read, check, model, release.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DataOption = Annotated[Path | None, typer.Option("--data", help="Runtime state (HASILA_DATA).", show_default=False)]


class Language(StrEnum):
    """The languages of messages."""

    ar = "ar"
    fr = "fr"
    en = "en"


class Format(StrEnum):
    """The forms of a query's answer."""

    table = "table"
    csv = "csv"
    json = "json"


def _say(message: str) -> None:
    print(message, file=sys.stderr)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what a user or a machine can get wrong into one clear message and exit code 1."""
    import duckdb

    from orchestration.answer.outbox import OutboxError
    from orchestration.as_of import NothingKnownError
    from orchestration.check.correction_log import CorrectionLogError
    from orchestration.check.corrections import CorrectionError
    from orchestration.check.decisions import DecisionError
    from orchestration.check.suites import SuiteError
    from orchestration.findings import CatalogueError
    from orchestration.model import ModelError
    from orchestration.night import BusyError
    from orchestration.read.contracts import ContractError
    from orchestration.read.reference import RegisterError
    from orchestration.receive.inbox import InboxError
    from orchestration.release.access import NoReleaseError
    from orchestration.release.audit import AuditError

    try:
        yield
    except ContractError as error:
        _say("hasila: the load stops, a contract is wrong:")
        _say(str(error))
        raise typer.Exit(FAILED) from None
    except CorrectionError as error:
        _say("hasila: the load stops, a correction is wrong:")
        _say(str(error))
        raise typer.Exit(FAILED) from None
    except BusyError as error:
        _say(f"hasila: another load is running: {error}. Wait for it to end, or set HASILA_LOCK_WAIT_SECONDS.")
        raise typer.Exit(FAILED) from None
    except NoReleaseError as error:
        _say(f"hasila: nothing was released yet in {error}. Run `hasila load` first.")
        raise typer.Exit(FAILED) from None
    except ModelError as error:
        _say(f"hasila: the warehouse could not be built:\n{error}")
        raise typer.Exit(FAILED) from None
    except AuditError as error:
        _say(f"hasila: the warehouse that was built is not sound: {error}")
        raise typer.Exit(FAILED) from None
    except (InboxError, RegisterError, CatalogueError, SuiteError, OutboxError) as error:
        _say(f"hasila: {error}")
        raise typer.Exit(FAILED) from None
    except (DecisionError, CorrectionLogError, NothingKnownError) as error:
        _say(f"hasila: {error}")
        raise typer.Exit(FAILED) from None
    except duckdb.Error as error:
        _say(f"hasila: {str(error).strip()}")
        raise typer.Exit(FAILED) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _say(f"hasila: {place}{error.strerror or error}. What was released before stands.")
        raise typer.Exit(FAILED) from None


# --- load


@app.command()
def load(
    inbox: Annotated[
        Path | None, typer.Option(help="Where reports arrive, one folder an organisation.", show_default=False)
    ] = None,
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    strict: Annotated[bool, typer.Option(help="Exit with 3 when a report was sent back or unreadable.")] = False,
    lang: Annotated[Language | None, typer.Option(help="Language of the findings.", show_default=False)] = None,
) -> None:
    """Load what is new in the inbox and publish a release.

    Exit codes: 0 released, or nothing new; 1 failed, and what was released before stands: the whole
    release, or the figures of a family that failed while the others were released; 2 wrong usage;
    3 with --strict when a report was sent back or unreadable.
    """
    settings = load_settings(data=data, inbox=inbox, language=lang.value if lang else None)
    with _told():
        result = _load(settings, quiet=as_json)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print_outcome(result, settings)
    if result["failure"]:
        raise typer.Exit(FAILED)
    again = any(change["after"] == "sent_back" for change in result["changed"])
    if strict and (result["reports"]["sent_back"] or result["reports"]["unreadable"] or again):
        raise typer.Exit(SENT_BACK)


def _load(settings: Settings, *, quiet: bool) -> dict[str, Any]:
    """The nightly load. A night without news ends before Dagster, dbt or Great Expectations is imported."""
    from orchestration import night

    with night.one_at_a_time(settings, f"hasila load (process {os.getpid()})"):
        night.clear_summaries(settings)
        rulebook = night.load_rulebook(settings)
        failure = None
        with _progress(quiet):
            night.receive(settings)
            if night.has_news(settings, rulebook):
                failure = _run_job(settings)
        result = night.outcome(settings)
        reasons = [failure, *(_family_failure(failed, result) for failed in result["failed_families"])]
        return result | {"failure": "\n".join(reason for reason in reasons if reason) or None}


def _family_failure(failed: dict[str, str], result: dict[str, Any]) -> str:
    """Why a family failed as a whole, and what became of the rest."""
    rest = f"; the others are in release {result['release_id']}" if result["released"] else ""
    return f"the family {failed['family']} failed: {failed['reason'].rstrip('.')}. Its earlier figures stand{rest}."


def _run_job(settings: Settings) -> str | None:
    """Run the nightly job in this process; returns why it failed, or None."""
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    configuration = settings.dagster_home / "dagster.yaml"
    if not configuration.exists():
        shutil.copy(settings.dbt_project.parent / "dagster.yaml", configuration)

    from sqlalchemy.exc import SQLAlchemyError

    from orchestration.definitions import build_defs
    from orchestration.model import ModelError

    try:
        definitions = build_defs(data=str(settings.data), inbox=str(settings.inbox), lock_held=True)
        return _execute(definitions, settings)
    except ModelError as error:
        return f"the dbt project cannot be used:\n{error}"
    except SQLAlchemyError as error:
        return f"Dagster's storage in {settings.dagster_home} cannot be written: {str(error).splitlines()[0]}"


def _execute(definitions: Any, settings: Settings) -> str | None:
    import dagster as dg

    from orchestration.jobs import NIGHTLY_LOAD

    # dbt's and Dagster's own words go to a file: the terminal is for the summary and the rooms.
    with (
        (settings.work / "load.log").open("w", encoding="utf-8") as log,
        redirect_stdout(log),
        redirect_stderr(log),
        dg.DagsterInstance.get() as instance,
    ):
        done = definitions.resolve_job_def(NIGHTLY_LOAD).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "ops": {"receipts": {"config": {"received": True}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
        if done.success:
            return None
        return _failure(done, settings)


def _failure(done: Any, settings: Settings) -> str | None:
    """What went wrong in a run, in the words of the error that a room raised.

    None where everything was released but families that failed as a whole: they are told of apart.
    """
    from orchestration import night

    reasons = []
    for event in done.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            if error is not None and error.cls_name == "Failure" and night.failed_families(settings):
                continue
            while error is not None and error.cause is not None:
                error = error.cause
            if error is not None:
                reasons.append(f"{event.step_key}: {error.message.strip()}")
    if reasons or night.failed_families(settings):
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
def _progress(quiet: bool) -> Iterator[None]:
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
        if room == "news" or _is_idle(room, content):
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
        told = f"{content['received']} new of {content['files_seen']} files, {len(content['waiting'])} waiting"
    elif room == "read":
        told = f"{sum(content['reports'].values())} reports, {sum(content['observations'].values())} values"
    elif room == "model":
        told = f"the marts as of {content['as_of_date']}"
    elif room == "release":
        told = str(content["release_id"])
    elif room == "answer":
        told = f"{content['written']} answers in the outbox, {len(content['failed'])} could not be written"
    else:
        room, family = room.split("-", 1)
        if content["not_judged"]:
            return f"{room:<8} {family}: not judged, {content['failure']}"
        counts, reports = content["observations"], content["reports"]
        sent_back = reports["sent_back"] + reports["unreadable"]
        told = f"{family}: {counts['accepted']} accepted, {counts['quarantined']} quarantined, {sent_back} sent back"
    return f"{room:<8} {told} ({seconds})"


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


# --- before sending


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Reports to try, each as its sender would send it.")],
    organisation: Annotated[
        str | None, typer.Option(help="Who sends it: a code or a name; else the folder's name.", show_default=False)
    ] = None,
    lang: Annotated[
        Language | None,
        typer.Option(help="Language of the findings; else the organisation's, else the file's.", show_default=False),
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(help="Write the feedback workbook that the reporter would get.", show_default=False)
    ] = None,
) -> None:
    """Try reports before they are sent: what the nightly load would say of them, with nothing kept.

    Exit codes: 0 all acceptable; 3 at least one is not; 2 wrong usage.
    """
    settings = load_settings()
    if annotate is not None:
        _refuse_annotation(files, annotate)
    acceptable = True
    with _told():
        from orchestration import night
        from orchestration.check.dry_run import check_file

        rulebook = night.load_rulebook(settings)
        for path in files:
            if not path.is_file():
                _say(f"hasila: {path} is not a file")
                raise typer.Exit(USAGE)
            sender = organisation or path.resolve().parent.name
            code = rulebook.reference.organisations.find(sender)
            if code is None and organisation is None:
                _say(f"hasila: say who sends {path} with --organisation (its folder {sender!r} is no organisation)")
                raise typer.Exit(USAGE)
            result = check_file(path, code or sender, settings, rulebook)
            acceptable = acceptable and result.is_acceptable
            language = _language_of(result, rulebook, settings, lang)
            _print_dry_run(result, rulebook.catalogue, language)
            if annotate is not None:
                _annotate(result, rulebook, settings, language, annotate)
    if not acceptable:
        raise typer.Exit(SENT_BACK)


def _refuse_annotation(files: list[Path], out: Path) -> None:
    """Say why the feedback workbook cannot be written there, where it cannot."""
    reason = None
    if len(files) > 1:
        reason = "--annotate takes one report at a time"
    elif out.suffix.lower() != ".xlsx":
        reason = f"the feedback is a workbook: --annotate must end in .xlsx, not {out.suffix or 'nothing'}"
    elif out.exists() and files[0].exists() and out.samefile(files[0]):
        reason = f"{out} is the report itself; it is not overwritten"
    elif not out.parent.is_dir():
        reason = f"{out.parent} is no folder"
    if reason:
        _say(f"hasila: {reason}")
        raise typer.Exit(USAGE)


def _language_of(result: Any, rulebook: Any, settings: Settings, lang: Language | None) -> Any:
    from orchestration.answer.content import language_of

    if lang is not None:
        return lang.value
    report = result.report
    return language_of(report["organisation_code"], report["language"], rulebook.reference, settings.language)


def _print_dry_run(result: Any, catalogue: Any, language: Any) -> None:
    from orchestration.answer.content import in_order

    counts = result.counts.observations
    counted = f"{counts['accepted']} of {counts['read']} values count"
    print(f"{result.path.name}: {result.state} ({result.family}, {counted})")
    for finding in in_order(result.findings, catalogue):
        said = catalogue.message(finding, language)
        print(f"  {catalogue[finding.code].severity:<8} {finding.code}  {said}")


def _annotate(result: Any, rulebook: Any, settings: Settings, language: Any, out: Path) -> None:
    """Write the feedback workbook of a dry run."""
    from orchestration import storage
    from orchestration.answer.content import compose
    from orchestration.answer.workbook import feedback
    from orchestration.read.formats.document import Limits

    said = compose(
        result.report,
        result.findings,
        language=language,
        contracts=rulebook.contracts,
        reference=rulebook.reference,
        catalogue=rulebook.catalogue,
    )
    limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
    storage.write_bytes(out.resolve(), feedback(said, result.content, limits))
    print(f"{out}: the report with its findings marked")


# --- answering


@app.command()
def outbox(
    organisation: Annotated[
        str | None, typer.Option(help="Only this organisation's: a code or a name.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Hand the answers over, as HASILA_NOTIFY says.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --send: say what would be sent.")] = False,
    data: DataOption = None,
) -> None:
    """List the answers to reporters that wait to be sent, or send them.

    Exit codes: 0 listed, or all sent; 1 at least one was not sent, and waits; 2 wrong usage.
    """
    settings = load_settings(data=data)
    if dry_run and not send:
        _say("hasila: --dry-run goes with --send")
        raise typer.Exit(USAGE)
    from orchestration.answer import outbox as box
    from orchestration.read.reference import load_reference

    with _told():
        code = None
        if organisation is not None:
            register = load_reference(settings.seeds).organisations
            code = register.find(organisation) or organisation
        if send and not dry_run:
            with box.held(settings.outbox, settings.lock_wait_seconds):
                failed = _send_waiting(settings, code, dry_run=False, as_json=as_json)
        elif send:
            failed = _send_waiting(settings, code, dry_run=True, as_json=as_json)
        else:
            failed = False
            _list_waiting(settings, code, as_json=as_json)
    if failed:
        raise typer.Exit(FAILED)


def _waiting(settings: Settings, code: str | None) -> list[Any]:
    from orchestration.answer import outbox as box

    found, damaged = box.entries(settings.outbox)
    for path in damaged:
        _say(f"hasila: {path} is damaged; its answer is neither listed nor sent")
    return [entry for entry in found if entry.state == "waiting" and code in (None, entry.organisation_code)]


def _list_waiting(settings: Settings, code: str | None, *, as_json: bool) -> None:
    from orchestration.answer import outbox as box

    waiting = _waiting(settings, code)
    if as_json:
        groups: dict[str, list[dict[str, Any]]] = {}
        for entry in waiting:
            groups.setdefault(entry.organisation_code, []).append(box.as_json(entry))
        print(json.dumps({"waiting": len(waiting), "organisations": groups}, ensure_ascii=False))
        return
    if not waiting:
        print("no answer waits to be sent")
    last = None
    for entry in waiting:
        if entry.organisation_code != last:
            last = entry.organisation_code
            print(last)
        counts = ", ".join(f"{count} {severity}" for severity, count in entry.counts.items() if count)
        tried = f"  tried {entry.attempts} times: {entry.error}" if entry.error else ""
        print(
            f"  {entry.received_date}  {entry.verdict}  {entry.language}  {entry.file_name}"
            f"{f'  ({counts})' if counts else ''}{tried}"
        )
        print(f"    {entry.workbook_path(settings.outbox)}")


def _send_waiting(settings: Settings, code: str | None, *, dry_run: bool, as_json: bool) -> bool:
    """Send what waits, and say so; returns whether something could not be sent."""
    from orchestration.answer import send as sending

    notifier, waiting = sending.notifier(settings), _waiting(settings, code)
    sent: list[dict[str, str]] = []
    failed: list[dict[str, str]] = []
    outcomes = sending.rehearse(waiting, notifier) if dry_run else sending.send(settings, waiting, notifier)
    for outcome in outcomes:
        entry = outcome.entry
        (sent if outcome.is_sent else failed).append({"workbook": entry.workbook, "reason": outcome.reason})
        if not as_json:
            word = ("would be sent" if dry_run else "sent") if outcome.is_sent else "not sent"
            reason = f": {outcome.reason}" if outcome.reason else ""
            print(f"{word:<8} {entry.organisation_code}  {entry.file_name}  {entry.verdict}{reason}")
    if as_json:
        print(json.dumps({"sent": sent, "failed": failed, "dry_run": dry_run}, ensure_ascii=False))
    elif not waiting:
        print("no answer waits to be sent")
    return bool(failed)


@app.command()
def template(
    family: Annotated[str, typer.Argument(help="The family of reports.")],
    out: Annotated[Path, typer.Option("--out", help="The workbook to write.")],
    lang: Annotated[Language, typer.Option(help="Language of the workbook.")] = Language.fr,
) -> None:
    """Write the workbook that a reporter fills in."""
    settings = load_settings()
    with _told():
        from orchestration import night
        from orchestration.read.contracts import in_force
        from orchestration.read.template import TemplateError, write_template

        rulebook = night.load_rulebook(settings)
        contracts = {contract.family: contract for contract in in_force(rulebook.contracts, settings.today())}
        if family not in contracts:
            _say(f"hasila: there is no family {family}. Known: {', '.join(sorted(contracts))}.")
            raise typer.Exit(USAGE)
        if out.suffix.lower() != ".xlsx":
            _say(f"hasila: the template is a workbook: --out must end in .xlsx, not {out.suffix or 'nothing'}")
            raise typer.Exit(USAGE)
        try:
            write_template(contracts[family], rulebook.reference, lang.value, out)
        except TemplateError as error:
            _say(f"hasila: {error}")
            raise typer.Exit(USAGE) from None
    print(f"{out}: {family}, version {contracts[family].version}")


contract_app = typer.Typer(help="Contracts: what a family's reports look like.", no_args_is_help=True)
app.add_typer(contract_app, name="contract")


@contract_app.command("new")
def contract_new(
    file: Annotated[Path, typer.Argument(help="A report of the new kind.")],
    organisation: Annotated[str, typer.Option(help="Who sends it.")],
    out: Annotated[
        Path | None, typer.Option(help="The contract to write; else standard output.", show_default=False)
    ] = None,
) -> None:
    """Propose a contract from a new reporter's file; a person decides what stands in it."""
    settings = load_settings()
    if not file.is_file():
        _say(f"hasila: {file} is not a file")
        raise typer.Exit(USAGE)
    if out is not None and out.exists():
        _say(f"hasila: {out} exists; a contract is not overwritten")
        raise typer.Exit(USAGE)
    with _told():
        from orchestration import night
        from orchestration.read.formats.document import Limits, UnreadableError
        from orchestration.read.formats.open import open_document
        from orchestration.read.propose import ProposalError, propose

        rulebook = night.load_rulebook(settings)
        code = rulebook.reference.organisations.find(organisation)
        if code is None:
            nearest = ", ".join(rulebook.reference.organisations.nearest(organisation)) or "none"
            _say(f"hasila: no organisation is registered as {organisation!r} (nearest: {nearest})")
            raise typer.Exit(USAGE)
        limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
        try:
            document = open_document(file.name, file.read_bytes(), limits)
            proposal = propose(document, code, rulebook.reference, rulebook.contracts)
        except (UnreadableError, ProposalError) as error:
            _say(f"hasila: {rulebook.catalogue.message(error.finding, settings.language)}")
            raise typer.Exit(FAILED) from None
    if out is None:
        print(proposal.yaml)
    else:
        out.write_text(proposal.yaml, encoding="utf-8")
        print(f"{out}: proposed; read it, decide, then try `hasila check {file} --organisation {code}`")


@contract_app.command("schema")
def contract_schema() -> None:
    """Print the JSON Schema of contracts, for editors that check YAML while it is written."""
    from orchestration.read.contracts import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))


# --- deciding about reports

correction_app = typer.Typer(help="Corrections: known errors in reports, put right as data.", no_args_is_help=True)
app.add_typer(correction_app, name="correction")


@correction_app.command("schema")
def correction_schema() -> None:
    """Print the JSON Schema of corrections, for editors that check YAML while it is written."""
    from orchestration.check.corrections import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))


ReceiptArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECEIPT", help="The report's receipt: its id, 8 characters of it, or its path in the inbox."
    ),
]
RuleOption = Annotated[str, typer.Option("--rule", help="The rule's code, as the finding names it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for whoever asks later.")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="Who decides (HASILA_USER, else the login name).", show_default=False)
]


@app.command()
def accept(
    receipt: ReceiptArgument, rule: RuleOption, reason: ReasonOption, by: ByOption = None, data: DataOption = None
) -> None:
    """Let a report stand that a rule sent back. Recorded for good; takes effect in the next load."""
    _decide("accept", receipt, rule, reason, by, data)


@app.command()
def revoke(
    receipt: ReceiptArgument, rule: RuleOption, reason: ReasonOption, by: ByOption = None, data: DataOption = None
) -> None:
    """Take an acceptance back. Recorded for good; takes effect in the next load."""
    _decide("revoke", receipt, rule, reason, by, data)


def _decide(action: str, wanted: str, rule: str, reason: str, by: str | None, data: Path | None) -> None:
    settings = load_settings(data=data)
    with _told():
        from orchestration.check import decisions, lake
        from orchestration.findings import load_catalogue
        from orchestration.receive import receipts

        catalogue = load_catalogue(settings.expectations / "rules.yml")
        if rule not in catalogue:
            _say(f"hasila: there is no rule {rule}.{_nearest(rule, list(catalogue))}")
            raise typer.Exit(USAGE)
        person = by or settings.person()
        if not (person or "").strip() or not reason.strip():
            missing = "who decides: give --by" if reason.strip() else "why: --reason is empty"
            _say(f"hasila: say {missing}")
            raise typer.Exit(USAGE)
        known = (entry for day in receipts.days(settings.lake) for entry in receipts.read_day(settings.lake, day))
        found = decisions.find_receipts(known, wanted.removeprefix(f"{settings.inbox}/"))
        if len(found) != 1:
            several = [f"  {entry.receipt_id}  {entry.received_date}  {entry.inbox_path}" for entry in found]
            _say(f"hasila: {'several receipts are' if several else 'no receipt is'} known as {wanted}")
            _say("\n".join(several) or "  give the receipt's id (marts.fct_report), its beginning, or its inbox path")
            raise typer.Exit(USAGE)
        (receipt,) = found
        holding = decisions.in_force(decisions.read_decisions(settings.lake))
        earlier = holding.get((receipt.receipt_id, rule))
        others: list[str] = []
        if action == "accept":
            report = lake.reports_of(settings.lake, receipt.received_date).get(receipt.receipt_id)
            refusing = decisions.refusing_rules(settings.lake, report["family"], receipt, catalogue) if report else []
            decisions.judge_acceptance(rule, report, refusing, catalogue, earlier)
            accepted = {code for receipt_id, code in holding if receipt_id == receipt.receipt_id} | {rule}
            others = [code for code in refusing if code not in accepted and code != decisions.TOO_MANY]
        elif earlier is None:
            rules = [code for receipt_id, code in holding if receipt_id == receipt.receipt_id]
            held = f"; accepted despite {', '.join(rules)}" if rules else ""
            _say(f"hasila: {receipt.inbox_path} was not accepted despite {rule}{held}")
            raise typer.Exit(FAILED)
        decision = decisions.record(
            settings.lake,
            receipt_id=receipt.receipt_id,
            rule_code=rule,
            action="accept" if action == "accept" else "revoke",
            reason=reason,
            decided_by=person or "",
        )
    print(f"{decision.decision_id}  {action} {receipt.inbox_path} despite {rule}, by {decision.decided_by}")
    if others:
        print(f"it was also refused by {', '.join(others)}")
    print("takes effect in the next `hasila load`")


@app.command("decisions")
def list_decisions(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """List every acceptance and revocation, the first one first."""
    settings = load_settings(data=data)
    with _told():
        from orchestration.check import decisions

        taken = decisions.read_decisions(settings.lake)
    if as_json:
        print(json.dumps([decision.model_dump(mode="json") for decision in taken], ensure_ascii=False))
        return
    if not taken:
        print("no decision was taken yet")
    holding = {decision.decision_id for decision in decisions.in_force(taken).values()}
    for decision in taken:
        mark = "in force" if decision.decision_id in holding else ""
        print(
            f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC  {decision.action:<6}  {decision.receipt_id[:12]}  "
            f"{decision.rule_code}  {decision.decided_by}: {decision.reason}  {mark}".rstrip()
        )


# --- pages that are made on request

docs_app = typer.Typer(help="Pages that are made on request.", no_args_is_help=True)
app.add_typer(docs_app, name="docs")


@docs_app.command("quality")
def docs_quality(
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder to write into; else in the data.", show_default=False)
    ] = None,
    data: DataOption = None,
) -> None:
    """Write Great Expectations' Data Docs of the last load: each family's rules, and how its rows fared."""
    settings = load_settings(data=data)
    folder = (out or settings.work / "quality").expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        _say(f"hasila: {folder} is no folder")
        raise typer.Exit(USAGE)
    if folder.exists() and any(folder.iterdir()) and not (folder / "index.html").exists():
        _say(f"hasila: {folder} holds something else; name a new or an empty folder")
        raise typer.Exit(USAGE)
    with _told():
        from orchestration import night

        page = None
        if (settings.work / "readings").exists():
            with night.one_at_a_time(settings, f"hasila docs quality (process {os.getpid()})"):
                page = night.quality_docs(settings, night.load_rulebook(settings), folder)
        if page is None:
            _say(f"hasila: no rows of a load in {settings.data}. They stay after a load that read something.")
            raise typer.Exit(FAILED)
    print(page)


# --- reading the release


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SQL query on the schema marts.")],
    output: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.table,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Ask what was known at the end of this day (2024-03-31): its reports, corrections, decisions.",
            formats=["%Y-%m-%d"],
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
) -> None:
    """Run SQL on the current release, or on the warehouse as known on a day; read-only.

    A day that nobody asked for yet is built first, which takes about as long as a load.
    """
    settings = load_settings(data=data)
    if as_of is not None and as_of.date() > settings.today():
        _say(f"hasila: nobody knows yet what will be known on {as_of.date()}")
        raise typer.Exit(USAGE)
    with _told(), _warehouse(settings, as_of.date() if as_of is not None else None) as opened:
        cursor = opened.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        _print_rows(names, cursor.fetchall(), output)


@contextmanager
def _warehouse(settings: Settings, day: date | None) -> "Iterator[duckdb.DuckDBPyConnection]":
    """The current release, or the warehouse as known on `day`."""
    from orchestration.release.access import connection, open_warehouse

    if day is None:
        with connection(settings.published) as opened:
            yield opened
        return
    from orchestration.as_of import known_on

    with _progress(quiet=False):
        found = known_on(settings, day, lambda sentence: _say(f"hasila: {sentence}"))
    for family in found.not_judged:
        _say(f"hasila: the family {family} could not be judged: its reports of some days are missing")
    with open_warehouse(found.warehouse) as opened:
        yield opened


def _print_rows(names: list[str], rows: list[tuple[Any, ...]], output: Format) -> None:
    from orchestration.explain import plain

    cells = [[plain(value) for value in row] for row in rows]
    if output is Format.csv:
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(cells)
    elif output is Format.json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, default=_json_value))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(*names)
        for row in cells:
            table.add_row(*("" if cell is None else str(cell) for cell in row))
        Console(width=None if sys.stdout.isatty() else 10_000).print(table)


def _json_value(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(help="An indicator's code.")],
    year: Annotated[int | None, typer.Option(help="Only the figures of this year.", show_default=False)] = None,
    place: Annotated[str, typer.Option(help="MA, a region's or a province's code.")] = "MA",
    every: Annotated[bool, typer.Option("--all", help="The whole tree, however long.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with the whole tree.")] = False,
    data: DataOption = None,
    lang: Annotated[Language | None, typer.Option(help="Language of names and rules.", show_default=False)] = None,
) -> None:
    """Show a figure down to the cells it was read from, what does not count, and the rules."""
    from orchestration import explain as explaining
    from orchestration.release.access import connection

    settings = load_settings(data=data, language=lang.value if lang else None)
    with _told(), connection(settings.published) as opened:
        _check_code(opened, "indicator", indicator)
        _check_code(opened, "place", place)
        found = explaining.figures(opened, indicator, year=year, place=place)
    if not found:
        _say(f"hasila: no figure of {indicator} for {place}{f' in {year}' if year else ''}.")
        raise typer.Exit(FAILED)
    if as_json:
        told = {"indicator_code": indicator, "figures": [explaining.as_json(figure) for figure in found]}
        print(json.dumps(told, ensure_ascii=False, default=_json_value))
        return
    _print_trees(found, settings.language, every=every)


def _check_code(opened: Any, kind: str, code: str) -> None:
    """Say so, with the nearest codes, when the release knows no such indicator or place."""
    known = [str(row[0]) for row in opened.execute(f"select {kind}_code from marts.dim_{kind} order by 1").fetchall()]
    if code not in known:
        _say(f"hasila: there is no {kind} {code}.{_nearest(code, known)}")
        raise typer.Exit(USAGE)


def _print_trees(found: list[Any], language: str, *, every: bool) -> None:
    """A tree where a terminal reads it, indented lines that nothing wraps in a pipe."""
    from orchestration import explain_text

    teller = explain_text.Teller(language, None if every else explain_text.FEW)
    branches = [teller.branch(figure) for figure in found]
    if sys.stdout.isatty():
        from rich.console import Console

        for branch in branches:
            Console(highlight=False).print(explain_text.rich_tree(branch))
        return
    for branch in branches:
        print("\n".join(explain_text.plain_lines(branch)))


def _nearest(word: str, codes: list[str]) -> str:
    from rapidfuzz import process

    near = [code for code, _, _ in process.extract(word.upper(), codes, limit=3, score_cutoff=60)]
    return f" Did you mean {', '.join(near)}?" if near else ""


# --- watching


@app.command()
def status(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Show the current release, the state of the reports, and what the last load did."""
    from orchestration import night
    from orchestration.release import publish

    settings = load_settings(data=data)
    with _told():
        manifest = publish.current_manifest(settings.published)
        last = night.outcome(settings)
        states: dict[str, int] = {}
        if manifest is not None:
            from orchestration.release.access import connection

            with connection(settings.published) as opened:
                rows = opened.execute("select state, count(*) from marts.fct_report group by state order by state")
                states = {str(state): int(count) for state, count in rows.fetchall()}
    if as_json:
        release = {name: manifest[name] for name in ("release_id", "created_at", "as_of_date")} if manifest else None
        print(json.dumps({"release": release, "reports": states, "last_load": last}, ensure_ascii=False))
        return
    if manifest is None:
        print(f"nothing was released yet in {settings.data}; run `hasila load`")
    else:
        print(f"release    {manifest['release_id']} (made {manifest['created_at']}, as of {manifest['as_of_date']})")
        print(f"previous   {manifest['previous_release_id'] or 'none'}")
        print(f"reports    {', '.join(f'{count} {state}' for state, count in states.items()) or 'none'}")
    reports = last["reports"]
    print(f"last load  {', '.join(f'{count} {name}' for name, count in reports.items())}")
    for failed in last["failed_families"]:
        print(f"failed     {_family_failure(failed, last)}")
    for entry in last["waiting"]:
        print(f"waiting    {entry['path']}: {entry['reason']}")


def _version(shown: bool) -> None:
    if shown:
        print(f"hasila {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """The entry point of the `hasila` command."""
    try:
        app()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else FAILED
    except KeyboardInterrupt:
        _say("hasila: stopped; the previous release stands.")
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    if "dagster" in sys.modules:
        # Threads of native libraries can abort a process that is being taken down, and a scheduler
        # would read that as a failed load: tidy up, then leave with the code at once.
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
