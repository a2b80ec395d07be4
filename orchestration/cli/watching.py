"""`hasila status`: what is released, and what the last load did."""

import json
from typing import Annotated

import typer

from orchestration.cli.common import DataOption, app, told
from orchestration.settings import load_settings


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
