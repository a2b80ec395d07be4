"""`hasila outbox`: the answers that wait, and sending them."""

import json
from typing import Annotated, Any

import typer

from orchestration.cli.common import FAILED, USAGE, DataOption, app, say, told
from orchestration.settings import Settings, load_settings


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
        say("hasila: --dry-run goes with --send")
        raise typer.Exit(USAGE)
    from orchestration.answer import outbox as box
    from orchestration.read.reference import load_reference

    with told():
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
        say(f"hasila: {path} is damaged; its answer is neither listed nor sent")
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
