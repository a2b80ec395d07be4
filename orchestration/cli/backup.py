"""`hasila backup` and `hasila restore`: the runtime state, kept and brought back."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.common import FAILED, DataOption, app, say, told
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from orchestration.backup import Snapshot


@app.command()
def backup(
    destination: Annotated[Path, typer.Argument(help="The backup folder; each call adds a snapshot to it.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Keep only so many snapshots, the newest.", show_default=False)
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read all of it again and compare the sums.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    data: DataOption = None,
) -> None:
    """Back up the archive, the lake, the releases and the outbox; a load may be running.

    Exit codes: 0 backed up and whole; 1 not backed up, or something is damaged, which is named; 2 wrong usage.
    """
    from orchestration import backup as backing

    settings = load_settings(data=data)
    with told():
        made = backing.back_up(settings, destination.expanduser().resolve(), keep=keep, verify=verify)
    if as_json:
        print(json.dumps(asdict(made), ensure_ascii=False))
    else:
        print(f"snapshot {made.name}: {made.files} files, {_size(made.bytes)}")
        print(f"new      {made.copied} files, {_size(made.copied_bytes)}; {made.linked} as in the snapshot before")
        print(f"release  {made.release_id or 'none yet'}")
        _say_apart(made, "from")
        if made.open_days:
            print(f"open     {', '.join(made.open_days)}: the first load after a restore reads these days again")
        for name in made.retired:
            print(f"removed  {name}")
    for path in made.damaged:
        say(f"hasila: {path} is damaged: its content is not what it was")
    if made.damaged:
        raise typer.Exit(FAILED)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A snapshot, or a backup folder: then its newest one.")],
    verify_only: Annotated[bool, typer.Option("--verify", help="Restore nothing; compare the sums.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    data: DataOption = None,
) -> None:
    """Bring a snapshot back into an empty folder; every file is compared with its sum.

    The outbox and Dagster's files go where HASILA_WORK and HASILA_DAGSTER_HOME say, where these are set.

    Exit codes: 0 restored, or whole; 1 not, and nothing was changed; 2 wrong usage.
    """
    from orchestration import backup as backing

    settings = load_settings(data=data)
    with told():
        snapshot = backing.find(source.expanduser().resolve())
        if verify_only:
            damaged = backing.verify(snapshot)
        else:
            made = backing.restore(snapshot, settings)
    if verify_only:
        if as_json:
            print(json.dumps({"name": snapshot.name, "damaged": damaged}, ensure_ascii=False))
        elif not damaged:
            print(f"snapshot {snapshot.name} is whole")
        for path in damaged:
            say(f"hasila: {snapshot}: {path} is missing or damaged")
        if damaged:
            raise typer.Exit(FAILED)
        return
    if as_json:
        print(json.dumps(asdict(made), ensure_ascii=False))
        return
    print(f"restored {made.name} in {settings.data}: {made.files} files, {_size(made.bytes)}")
    print(f"release  {made.release_id or 'none yet'}")
    _say_apart(made, "in")
    if made.open_days:
        print(f"open     {', '.join(made.open_days)}: the next load reads these days again")


def _say_apart(made: "Snapshot", word: str) -> None:
    """Say where a part lies that is not in the folder of the rest."""
    for name, place in made.apart.items():
        print(f"apart    {name} {word} {place}")


def _size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1_000_000:.1f} MB" if count < 1_000_000_000 else f"{count / 1_000_000_000:.2f} GB"
