"""The command `hasila serve`, for the command line to take in."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from orchestration.settings import load_settings


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 8042,
    data: Annotated[
        Path | None, typer.Option("--data", help="Runtime state (HASILA_DATA).", show_default=False)
    ] = None,
) -> None:
    """Show the portal of the current release on this machine (127.0.0.1), until Ctrl+C."""
    from orchestration.portal.serve import HOST, Server

    try:
        server = Server(load_settings(data=data).published, port)
    except OSError as error:
        told = f"{HOST}:{port} cannot be opened ({error.strerror or error}); --port takes another, 0 a free one"
        typer.echo(f"hasila: {told}", err=True)
        raise typer.Exit(1) from error
    if not server.has_portal:
        typer.echo("hasila: there is no portal yet; `hasila load` makes it with the first release", err=True)
    typer.echo(f"the portal is at {server.address} (Ctrl+C ends it)")
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
