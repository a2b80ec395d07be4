"""`hasila status`, `hasila overdue`, `hasila alert`: what is released, what did not come, and telling of it."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.common import FAILED, USAGE, DataOption, Language, app, say, told
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.alerts import Alert


@app.command()
def status(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Show the current release, the state of the reports, and what the last load did."""
    from orchestration import lock, night
    from orchestration.release import publish

    settings = load_settings(data=data)
    with told():
        manifest = publish.current_manifest(settings.published)
        last = night.outcome(settings)
        failure = night.read_summary(settings, "failure").get("failure")
        at_work = lock.holder(settings)
        states: dict[str, int] = {}
        if manifest is not None:
            from orchestration.release.access import connection

            with connection(settings.published) as opened:
                rows = opened.execute("select state, count(*) from marts.fct_report group by state order by state")
                states = {str(state): int(count) for state, count in rows.fetchall()}
    if as_json:
        release = {name: manifest[name] for name in ("release_id", "created_at", "as_of_date")} if manifest else None
        running = {"holder": at_work.name, "is_alive": at_work.is_alive} if at_work else None
        told_of = {"release": release, "reports": states, "last_load": last | {"failure": failure}, "running": running}
        print(json.dumps(told_of, ensure_ascii=False))
        return
    if manifest is None:
        print(f"nothing was released yet in {settings.data}; run `hasila load`")
    else:
        print(f"release    {manifest['release_id']} (made {manifest['created_at']}, as of {manifest['as_of_date']})")
        print(f"previous   {manifest['previous_release_id'] or 'none'}")
        print(f"reports    {', '.join(f'{count} {state}' for state, count in states.items()) or 'none'}")
    reports = last["reports"]
    print(f"last load  {', '.join(f'{count} {name}' for name, count in reports.items())}")
    if last["rollback"]:
        print(f"rollback   {last['rollback']}")
    for entry in last["audit"]["failures"]:
        print(f"audit      {entry['code']}: {entry[settings.language]}")
    if failure and not last["audit"]["failures"]:
        for line in failure.splitlines():
            print(f"failed     {line}")
    if at_work is not None:
        word = "at work" if at_work.is_alive else "was killed, and the next load clears what it left"
        print(f"running    {at_work.name}: {word}")
    for entry in last["waiting"]:
        print(f"waiting    {entry['path']}: {entry['reason']}")


@app.command()
def overdue(
    send: Annotated[bool, typer.Option("--send", help="Send an alert that names them (HASILA_ALERT_TO, ...).")] = False,
    illustrative: Annotated[bool, typer.Option(help="Made-up enrolments too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    data: DataOption = None,
    lang: Annotated[Language | None, typer.Option(help="Language of names and alert.", show_default=False)] = None,
) -> None:
    """List the reports that are overdue today, or send an alert about them.

    Exit codes: 0 listed, or sent, or nothing to send; 1 the alert was not sent to everybody; 2 wrong usage.
    """
    from orchestration import alerts
    from orchestration.overdue import overdue_reports

    settings = load_settings(data=data, language=lang.value if lang else None)
    today = settings.today()
    with told():
        found = overdue_reports(settings, today, illustrative=illustrative)
    if as_json:
        content = {"day": today.isoformat(), "reports": [report.as_json() for report in found]}
        print(json.dumps(content, ensure_ascii=False))
    else:
        for report in found:
            mark = "  (illustrative)" if report.data_status == "illustrative" else ""
            print(
                f"{report.days_late:>5} days  {report.organisation_code}  {report.family}  "
                f"{report.period_start} to {report.period_end}  due by {report.due_date}{mark}"
            )
        if not found:
            print(f"no report is overdue on {today}")
    alert = alerts.reports_overdue(settings, found, today)
    if send and alert is not None:
        _send(settings, alert)


@app.command()
def alert(
    text: Annotated[str, typer.Argument(help="What is to be told.")],
) -> None:
    """Send a message where alerts go: to try the settings, and for a scheduler that must tell something.

    Exit codes: 0 sent to everybody, 1 not, 2 wrong usage, or no receiver is set.
    """
    from orchestration import alerts

    settings = load_settings()
    _send(settings, alerts.message(settings, text))


def _send(settings: Settings, alert: "Alert") -> None:
    from orchestration import alerts

    if not alerts.is_set_up(settings):
        say("hasila: alerts go nowhere; set HASILA_ALERT_TO or HASILA_ALERT_WEBHOOK_URL")
        raise typer.Exit(USAGE)
    if problems := alerts.send(settings, alert):
        for problem in problems:
            say(f"hasila: the alert could not be sent: {problem}")
        raise typer.Exit(FAILED)
