"""`hasila docs`: pages that are made on request."""

import os
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.common import FAILED, USAGE, DataOption, app, say, told
from orchestration.settings import load_settings

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
    folder = (out or settings.quality).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        say(f"hasila: {folder} is no folder")
        raise typer.Exit(USAGE)
    if folder.exists() and any(folder.iterdir()) and not (folder / "index.html").exists():
        say(f"hasila: {folder} holds something else; name a new or an empty folder")
        raise typer.Exit(USAGE)
    with told():
        from orchestration import lock, night

        page = None
        if (settings.work / "readings").exists():
            with lock.one_at_a_time(settings, f"hasila docs quality (process {os.getpid()})"):
                page = night.quality_docs(settings, night.load_rulebook(settings), folder)
        if page is None:
            say(f"hasila: no rows of a load in {settings.data}. They stay after a load that read something.")
            raise typer.Exit(FAILED)
    print(page)
