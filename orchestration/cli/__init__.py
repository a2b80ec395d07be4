"""The command line: `hasila`.

Thin: what a command does stands in the rooms, and here it is one module a room. Heavy imports happen
inside the commands that need them, so that help and a night without news are quick.
"""

import atexit
import os
import sys
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from orchestration import __version__
from orchestration.cli.common import FAILED, STOPPED, USAGE, app, say
from orchestration.settings import Settings, what_is_wrong

# Each module puts its commands on the application; help lists them in this order.
from orchestration.cli import load, check, outbox, contracts, decisions, docs, reading  # noqa: F401  # isort: skip
from orchestration.cli import serve, releases, watching, backup  # noqa: F401  # isort: skip


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


_NATIVE = frozenset({"dagster", "duckdb", "pyarrow"})


def main() -> None:
    """The entry point of the `hasila` command."""
    try:
        app()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else FAILED
    except KeyboardInterrupt:
        say(STOPPED)
        code = 130
    except (ValidationError, SettingsError) as error:
        if isinstance(error, ValidationError) and error.title != Settings.__name__:
            raise
        say(f"hasila: the environment is wrong: {what_is_wrong(error)}")
        code = USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process with this code.

    Threads of native libraries can abort a process that is being taken down, and whoever called it would read that as
    a failure: where there may be some, tidy up, then leave at once.
    """
    if not _NATIVE.isdisjoint(sys.modules):
        # Of a load that was stopped, or that Dagster broke off, processes may wait for work, and would be waited for.
        if (processes := sys.modules.get("multiprocessing.process")) is not None:
            for child in processes.active_children():
                child.kill()
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
