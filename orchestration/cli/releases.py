"""`hasila releases`, `rollback`, `resume`, `diff`, `reproduce`: what was published, and going back to it."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.common import FAILED, USAGE, ByOption, DataOption, app, json_value, print_table, say, told
from orchestration.cli.load import progress
from orchestration.settings import Settings, load_settings

ReleaseArgument = Annotated[
    str,
    typer.Argument(
        metavar="RELEASE", help="A release: its id, the beginning of it, `current` or `previous`.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
_TOLD = 20


@app.command()
def releases(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the releases that are kept, the newest first, and every rollback."""
    settings = load_settings(data=data)
    with told():
        from orchestration.release import publish, rollback

        current = publish.current_folder(settings.published)
        found = [_described(folder, current) for folder in reversed(publish.kept(settings.published))]
        log = rollback.read_log(settings.published)
        stopped = rollback.in_force(settings.published)
    if as_json:
        notes = [_note(entry, is_in_force=entry == stopped) for entry in log]
        print(json.dumps({"releases": found, "rollbacks": notes}, ensure_ascii=False))
        return
    if not found:
        print(f"nothing was released yet in {settings.data}; run `hasila load`")
        return
    print_table(
        ["release", "made", "as of", "reports", "rows", "size", "changed", ""],
        [
            [
                entry["release_id"],
                (entry["created_at"] or "")[:16].replace("T", " "),
                entry["as_of_date"],
                entry["reports"],
                entry["rows"],
                _size(entry["bytes"]),
                entry["figures_changed"],
                entry["error"] or ("current" if entry["is_current"] else ""),
            ]
            for entry in found
        ],
    )
    for entry in log:
        print(f"{entry.told}{_end(entry, is_in_force=entry == stopped)}")


def _described(folder: Path, current: Path | None) -> dict[str, Any]:
    """A release as the list has it."""
    from orchestration.release import changes, inputs, publish

    described: dict[str, Any] = {
        "release_id": folder.name,
        "is_current": current is not None and folder.name == current.name,
        "error": None,
    }
    try:
        manifest = publish.read_manifest(folder)
        described |= {name: manifest.get(name) for name in ("created_at", "as_of_date", "previous_release_id")}
        marts, files = manifest.get("marts", {}), manifest.get("files", {})
        reports = inputs.count(manifest)
    except publish.DamagedReleaseError as error:
        described |= {"created_at": None, "as_of_date": None, "previous_release_id": None, "error": str(error)}
        marts, files, reports = {}, {}, 0
    changed = marts.get(changes.TABLE, {}).get("rows")
    return described | {
        "reports": reports,
        "rows": sum(mart["rows"] for mart in marts.values()),
        "bytes": sum(file["bytes"] for file in files.values()),
        "figures_changed": changed if described["previous_release_id"] else None,
    }


def _note(entry: Any, *, is_in_force: bool) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(entry) | {"is_in_force": is_in_force}


def _end(entry: Any, *, is_in_force: bool) -> str:
    if entry.resumed_at:
        return f"; resumed by {entry.resumed_by}"
    return f"; {'held' if entry.is_hold else 'in force'}" if is_in_force else ""


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


# --- going back


@app.command("rollback")
def roll_back(
    release: ReleaseArgument,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.", show_default=False)] = "",
    by: ByOption = None,
    hold: Annotated[bool, typer.Option("--hold", help="No load releases anything until `hasila resume`.")] = False,
    data: DataOption = None,
) -> None:
    """Make an earlier release the current one, at once and whole. Recorded for good.

    No load makes again what is taken back, from the same files; the next load with something new releases
    again, unless it is held. Exit codes: 0 done; 1 refused (no such release, a damaged one), nothing changed.
    """
    settings = load_settings(data=data)
    with told():
        from orchestration import lock
        from orchestration.release import rollback

        person = _person(settings, by)
        with lock.one_at_a_time(settings, f"hasila rollback (process {os.getpid()})"):
            done = rollback.roll_back(settings.published, release, by=person, reason=reason.strip(), hold=hold)
    print(f"{done.to_release_id} is the current release: {done.told}")
    if hold:
        print("it is held: loads receive files and release nothing until `hasila resume`")
    else:
        print("it stands until a load has something new; to keep it whatever comes: --hold")


@app.command()
def resume(by: ByOption = None, data: DataOption = None) -> None:
    """Let the next load release again after a rollback, what was taken back too."""
    settings = load_settings(data=data)
    with told():
        from orchestration import lock
        from orchestration.release import rollback

        person = _person(settings, by)
        with lock.one_at_a_time(settings, f"hasila resume (process {os.getpid()})"):
            done = rollback.resume(settings.published, by=person)
    print(f"the next `hasila load` releases again what there is ({done.told})")


def _person(settings: Settings, by: str | None) -> str:
    person = (by or settings.person() or "").strip()
    if not person:
        say("hasila: say who decides: give --by")
        raise typer.Exit(USAGE)
    return person


# --- comparing


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The first release: an id, `current` or `previous`.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The second one.")],
    figures: Annotated[bool, typer.Option("--figures", help="Every national figure that changed.")] = False,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Show what differs between two releases: tables, columns, rows, national figures, and why."""
    settings = load_settings(data=data)
    with told():
        from orchestration.release import publish
        from orchestration.release.comparison import compare

        published = settings.published
        folders = [publish.find(published, name) for name in (before, after)]
        found = compare(*(publish.bring(published, folder, publish.WAREHOUSE, publish.RECEIPTS) for folder in folders))
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False, default=json_value))
        return
    _print_marts(found)
    _print_figures(found, every=figures)
    _print_why(found)


def _print_marts(found: Any) -> None:
    changed = [mart for mart in found.marts if mart.change != "same"]
    print(f"{found.before} → {found.after}: {len(changed)} of {len(found.marts)} marts differ")
    if not changed:
        return
    print_table(
        ["mart", "change", "rows before", "rows after", "gone", "new", "columns"],
        [
            [
                mart.name,
                mart.change,
                mart.rows_before,
                mart.rows_after,
                mart.rows_gone,
                mart.rows_new,
                ", ".join(
                    [f"-{name}" for name in mart.columns_gone]
                    + [f"+{name}" for name in mart.columns_new]
                    + list(mart.columns_retyped)
                ),
            ]
            for mart in changed
        ],
    )


def _print_figures(found: Any, *, every: bool) -> None:
    if found.figures is None:
        print("figures  one of the two is of an older make: its figures cannot be compared")
        return
    print(f"figures  {len(found.figures)} national figures differ")
    shown = found.figures if every else found.figures[:_TOLD]
    if shown:
        print_table(
            ["indicator", "period", "status", "change", "before", "after", "difference", "why"],
            [
                [
                    row["indicator_code"],
                    row["period_label"],
                    row["data_status"],
                    row["change"],
                    _value(row["old_value"], row["old_qualifier"]),
                    _value(row["new_value"], row["new_qualifier"]),
                    _value(row["difference"], "exact"),
                    row["reason"],
                ]
                for row in shown
            ],
        )
    if len(shown) < len(found.figures):
        print(f"         and {len(found.figures) - len(shown)} more (--figures)")


def _value(value: Any, qualifier: str | None) -> str:
    from orchestration.explain import plain

    told_as = "" if value is None else str(plain(value))
    return told_as if qualifier in (None, "exact") else f"{told_as} {qualifier}".strip()


def _print_why(found: Any) -> None:
    for word, receipts in (("new", found.reports_new), ("gone", found.reports_gone)):
        print(f"reports  {len(receipts)} {word}")
        for receipt in receipts[:_TOLD]:
            print(
                f"         {receipt['organisation_code']}/{receipt['file_name']} (received {receipt['received_date']})"
            )
        if len(receipts) > _TOLD:
            print(f"         and {len(receipts) - _TOLD} more (--json)")
    for correction in found.corrections:
        states = (correction["status_before"] or "none", correction["status_after"] or "none")
        print(f"correction {correction['correction_code']}: {states[0]} → {states[1]}")
    for word, ids in (("new", found.decisions_new), ("gone", found.decisions_gone)):
        if ids:
            print(f"decisions {len(ids)} {word}: {', '.join(ids)}")
    _print_code(found.code)


def _print_code(differences: Any) -> None:
    for difference in differences:
        word = "package" if difference.kind == "package" else "code"
        print(f"{word:<8} {difference.name}: {difference.then or 'none'} → {difference.now or 'none'}")


# --- making it again


@app.command()
def reproduce(release: ReleaseArgument, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Make a release again from the archive and its manifest, and compare the marts with what was released.

    It works in a folder of its own and changes nothing. Exit codes: 0 every mart is the same; 1 not.
    """
    settings = load_settings(data=data)
    with told(), progress(as_json):
        from orchestration.reproduce import reproduce as make_again

        found = make_again(settings, release, lambda sentence: say(f"hasila: {sentence}"))
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _print_reproduction(found)
    if not found.is_equal:
        raise typer.Exit(FAILED)


def _print_reproduction(found: Any) -> None:
    compared = [mart for mart in found.compared if not mart.reason]
    differing = [mart for mart in compared if not mart.is_equal]
    for mart in differing:
        rows = f"{mart.rows_then} rows then, {mart.rows_now} now"
        print(f"differs  {mart.name}: {rows}; checksum {mart.then} then, {mart.now} now")
    for mart in found.compared:
        if mart.reason:
            print(f"left out {mart.name}: {mart.reason}")
    _print_code(found.differences)
    if not found.differences:
        print("code and packages are those of then")
    same = len(compared) - len(differing)
    print(f"{found.release_id}: {same} of {len(compared)} marts are the same")
