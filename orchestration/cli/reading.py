"""`hasila query` and `hasila explain`: reading a release."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.common import (
    FAILED,
    USAGE,
    DataOption,
    Format,
    Language,
    app,
    json_value,
    nearest,
    print_table,
    say,
    told,
)
from orchestration.cli.load import progress
from orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    import duckdb


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SQL query on the schema marts.")],
    output: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.table,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Ask what was known at the end of this day (2024-03-31): its reports, corrections, decisions.",
            formats=["%Y-%m-%d"],
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
) -> None:
    """Run SQL on the current release, or on the warehouse as known on a day; read-only.

    A day that nobody asked for yet is built first, which takes about as long as a load.
    """
    settings = load_settings(data=data)
    if as_of is not None and as_of.date() > settings.today():
        say(f"hasila: nobody knows yet what will be known on {as_of.date()}")
        raise typer.Exit(USAGE)
    with told(), _warehouse(settings, as_of.date() if as_of is not None else None) as opened:
        answer: duckdb.DuckDBPyConnection | None = opened.execute(sql)
        if answer is None:
            say("hasila: there is no query in what was given")
            raise typer.Exit(USAGE)
        names = list(_numbered([column[0] for column in answer.description or ()]))
        _print_rows(names, answer.fetchall(), output)


@contextmanager
def _warehouse(settings: Settings, day: date | None) -> "Iterator[duckdb.DuckDBPyConnection]":
    """The current release, or the warehouse as known on `day`."""
    from orchestration.release.access import connection, open_warehouse

    if day is None:
        with connection(settings.published) as opened:
            yield opened
        return
    from orchestration.as_of import known_on

    with progress(quiet=False):
        found = known_on(settings, day, lambda sentence: say(f"hasila: {sentence}"))
    for family in found.not_judged:
        say(f"hasila: the family {family} could not be judged: its reports of some days are missing")
    with open_warehouse(found.warehouse) as opened:
        yield opened


def _print_rows(names: list[str], rows: list[tuple[Any, ...]], output: Format) -> None:
    if output is Format.json:
        print(_as_json([dict(zip(names, row, strict=True)) for row in rows]))
        return
    cells = [[_in_a_cell(value) for value in row] for row in rows]
    if output is Format.csv:
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(cells)
    else:
        print_table(names, cells)


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """The names of an answer's columns, each once: of two called `value` the second is `value_2`."""
    taken = set(names)
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        told, number = name, seen[name]
        while seen[name] > 1 and told in taken:
            told, number = f"{name}_{number}", number + 1
        taken.add(told)
        yield told


def _in_a_cell(value: Any) -> Any:
    """A value as a table and CSV show it: what holds several values, and true or false, as JSON writes it."""
    from orchestration.explain import plain

    return _as_json(value) if isinstance(value, bool | dict | list | tuple) else plain(value)


def _as_json(value: Any) -> str:
    return json.dumps(_known_to_json(value), ensure_ascii=False, default=json_value)


def _known_to_json(value: Any) -> Any:
    """A value with what it holds: keys are texts, and so is what JSON has no number for."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): _known_to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_known_to_json(inner) for inner in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(help="An indicator's code.")],
    year: Annotated[int | None, typer.Option(help="Only the figures of this year.", show_default=False)] = None,
    place: Annotated[str, typer.Option(help="MA, a region's or a province's code.")] = "MA",
    every: Annotated[bool, typer.Option("--all", help="The whole tree, however long.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with the whole tree.")] = False,
    data: DataOption = None,
    lang: Annotated[Language | None, typer.Option(help="Language of names and rules.", show_default=False)] = None,
) -> None:
    """Show a figure down to the cells it was read from, what does not count, and the rules."""
    from orchestration import explain as explaining
    from orchestration.release.access import connection

    settings = load_settings(data=data, language=lang.value if lang else None)
    with told(), connection(settings.published) as opened:
        _check_code(opened, "indicator", indicator)
        _check_code(opened, "place", place)
        found = explaining.figures(opened, indicator, year=year, place=place)
    if not found:
        say(f"hasila: no figure of {indicator} for {place}{f' in {year}' if year else ''}.")
        raise typer.Exit(FAILED)
    if as_json:
        answer = {"indicator_code": indicator, "figures": [explaining.as_json(figure) for figure in found]}
        print(json.dumps(answer, ensure_ascii=False, default=json_value))
        return
    _print_trees(found, settings.language, every=every)


def _check_code(opened: Any, kind: str, code: str) -> None:
    """Say so, with the nearest codes, when the release knows no such indicator or place."""
    known = [str(row[0]) for row in opened.execute(f"select {kind}_code from marts.dim_{kind} order by 1").fetchall()]
    if code not in known:
        say(f"hasila: there is no {kind} {code}.{nearest(code, known)}")
        raise typer.Exit(USAGE)


def _print_trees(found: list[Any], language: str, *, every: bool) -> None:
    """A tree where a terminal reads it, indented lines that nothing wraps in a pipe."""
    from orchestration import explain_text

    teller = explain_text.Teller(language, None if every else explain_text.FEW)
    branches = [teller.branch(figure) for figure in found]
    if sys.stdout.isatty():
        from rich.console import Console

        for branch in branches:
            Console(highlight=False).print(explain_text.rich_tree(branch))
        return
    for branch in branches:
        print("\n".join(explain_text.plain_lines(branch)))
