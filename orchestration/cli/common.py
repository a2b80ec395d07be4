"""What the commands share: the application, exit codes, and one clear message for what can go wrong."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

FAILED, USAGE, SENT_BACK = 1, 2, 3
STOPPED = "hasila: stopped; what was released stands."

app = typer.Typer(
    name="hasila",
    help="The tally of what was done for the protection of children: receive, read, check, model, release.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ByOption = Annotated[
    str | None, typer.Option("--by", help="Who decides (HASILA_USER, else the login name).", show_default=False)
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", help="Runtime state (HASILA_DATA): a folder, or s3://bucket/prefix.", show_default=False),
]


class Language(StrEnum):
    """The languages of messages."""

    ar = "ar"
    fr = "fr"
    en = "en"


class LogFormat(StrEnum):
    """What a load says on standard error."""

    text = "text"
    json = "json"


class Format(StrEnum):
    """The forms of a query's answer."""

    table = "table"
    csv = "csv"
    json = "json"


speakers: list[Callable[[str], None]] = []
"""Who says what goes to standard error, the last one; the terminal itself where there is none."""


def say(message: str) -> None:
    """Tell the user something on standard error."""
    if speakers:
        speakers[-1](message)
    else:
        print(message, file=sys.stderr)


_PIPED = 10_000
"""Characters in a line of a table that no terminal shows."""
_LEAST = 8
"""Characters that a column has, with its frame, in a terminal however narrow: a column without any shows nothing."""


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table on standard output, as wide as the terminal or, in a pipe, as its lines."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else _PIPED, highlight=False)
    console.width = max(console.width, _LEAST * len(head) + 1)
    console.print(table(head, rows))


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> "Table":
    """A table of texts as they stand, every character of them: what a reporter wrote is no markup and no command."""
    from rich.table import Column, Table
    from rich.text import Text

    from orchestration.findings import visible

    def shown(cell: Any) -> Text:
        return Text("" if cell is None else visible(str(cell)))

    made = Table(*(Column(shown(name), overflow="fold") for name in head))
    for row in rows:
        made.add_row(*map(shown, row))
    return made


@contextmanager
def told(*, makes_release: bool = False) -> Iterator[None]:
    """Turn what a user or a machine can get wrong into one clear message and exit code 1.

    `makes_release` says that a release was to be made, so that whoever reads it asks what became of the one before.
    """
    import duckdb

    from orchestration.answer.outbox import OutboxError
    from orchestration.as_of import NothingKnownError
    from orchestration.backup import BackupError
    from orchestration.check.correction_log import CorrectionLogError
    from orchestration.check.corrections import CorrectionError
    from orchestration.check.decisions import DecisionError
    from orchestration.check.suites import SuiteError
    from orchestration.findings import CatalogueError
    from orchestration.lock import BusyError
    from orchestration.model import ModelError
    from orchestration.portal.branding import BrandingError
    from orchestration.read.contracts import ContractError
    from orchestration.read.reference import RegisterError
    from orchestration.receive.inbox import InboxError
    from orchestration.receive.receipts import ReceiptsError
    from orchestration.release.access import NoReleaseError
    from orchestration.release.audit import AuditError
    from orchestration.release.disclosure.policy import DisclosureError
    from orchestration.release.publish import DamagedReleaseError, UnknownReleaseError
    from orchestration.release.rollback import HeldError, RollbackError
    from orchestration.reproduce import NotReproducibleError

    as_they_are = (
        *(BackupError, CatalogueError, CorrectionLogError, DecisionError, DisclosureError, HeldError, InboxError),
        *(NothingKnownError, NotReproducibleError, OutboxError, ReceiptsError, RegisterError, RollbackError),
        *(SuiteError, UnknownReleaseError),
    )
    try:
        yield
    except ContractError as error:
        say("hasila: the load stops, a contract is wrong:")
        say(str(error))
        raise typer.Exit(FAILED) from None
    except CorrectionError as error:
        say("hasila: the load stops, a correction is wrong:")
        say(str(error))
        raise typer.Exit(FAILED) from None
    except BrandingError as error:
        say("hasila: the load stops, the portal's branding is wrong:")
        say(str(error))
        raise typer.Exit(FAILED) from None
    except BusyError as error:
        say(f"hasila: another run is at work: {error}. Wait for it to end, or set HASILA_LOCK_WAIT_SECONDS.")
        raise typer.Exit(FAILED) from None
    except NoReleaseError as error:
        say(f"hasila: nothing was released yet in {error}. Run `hasila load` first.")
        raise typer.Exit(FAILED) from None
    except ModelError as error:
        say(f"hasila: the warehouse could not be built:\n{error}")
        raise typer.Exit(FAILED) from None
    except AuditError as error:
        say(f"hasila: the warehouse that was built is not sound: {error}")
        raise typer.Exit(FAILED) from None
    except as_they_are as error:
        say(f"hasila: {error}")
        raise typer.Exit(FAILED) from None
    except DamagedReleaseError as error:
        say(f"hasila: {error}. `hasila rollback ID` goes to a whole one, `hasila releases` lists them.")
        raise typer.Exit(FAILED) from None
    except duckdb.Error as error:
        say(f"hasila: {str(error).strip()}")
        raise typer.Exit(FAILED) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        stands = " What was released before stands." if makes_release else ""
        say(f"hasila: {place}{error.strerror or error}.{stands}")
        raise typer.Exit(FAILED) from None


def json_value(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def nearest(word: str, codes: list[str]) -> str:
    from rapidfuzz import process

    near = [code for code, _, _ in process.extract(word.upper(), codes, limit=3, score_cutoff=60)]
    return f" Did you mean {', '.join(near)}?" if near else ""
