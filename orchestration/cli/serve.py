"""`hasila serve`: the portal of the current release, on this machine."""

import contextlib
from typing import Annotated

import typer

from orchestration.cli.common import FAILED, DataOption, app, say, told
from orchestration.settings import load_settings


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 8042,
    data: DataOption = None,
) -> None:
    """Show the portal of the current release on this machine (127.0.0.1), until Ctrl+C."""
    from orchestration.portal.serve import HOST, Server

    published = load_settings(data=data).published
    try:
        server = Server(published, port)
    except OSError as error:
        why = f"{HOST}:{port} cannot be opened ({error.strerror or error}); --port takes another, 0 a free one"
        say(f"hasila: {why}")
        raise typer.Exit(FAILED) from error
    with told():
        has_portal = server.has_portal
    if not has_portal:
        say("hasila: there is no portal yet; `hasila load` makes it with the first release")
    print(f"the portal is at {server.address} (Ctrl+C ends it)", flush=True)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
