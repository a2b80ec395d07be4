"""`hasila query`: whatever a reporter wrote is printed as it stands, in every form, under names of their own."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.cli.common import print_table, table
from orchestration.settings import Settings
from tests.unit.release.small import publish_number

WRITTEN = ("3 [sic] filles", "total [/]", "[bold]gras[/bold]", ":warning: 12", "[link=file:///etc/passwd]ici[/link]")
"""What rich would take for markup or for a picture."""


@pytest.fixture
def published(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small release in the installation that the commands see."""
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    publish_number(settings.published, 0)
    return settings.published


def asked(sql: str, *options: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["query", sql, *options])
    assert done.exit_code == code, done.output
    return done


def cells(printed: str) -> list[list[str]]:
    """The cells of a table as printed, its heading first."""
    rows = [line for line in printed.splitlines() if line[:1] in ("┃", "│")]
    return [[cell.strip() for cell in line.replace("┃", "│").split("│")[1:-1]] for line in rows]


@pytest.mark.usefixtures("published")
def test_what_a_reporter_wrote_is_in_the_table_as_it_stands() -> None:
    told = asked(f'select unnest({list(WRITTEN)!r}::varchar[]) as "source [/] text"').stdout
    assert cells(told) == [["source [/] text"], *([written] for written in WRITTEN)]


@pytest.mark.usefixtures("published")
def test_a_list_is_told_in_every_form() -> None:
    sql = (
        "select list(day) as days, map([date '2019-01-01'], [1.50]) as by_day, {'a': 'é [/]'} as one, 1.50 as two "
        "from (values (date '2019-01-01'), (null)) as told(day)"
    )
    row = ['["2019-01-01", null]', '{"2019-01-01": 1.5}', '{"a": "é [/]"}', "1.5"]
    assert cells(asked(sql).stdout)[1:] == [row]
    assert list(csv.reader(io.StringIO(asked(sql, "--format", "csv").stdout)))[1:] == [row]
    assert json.loads(asked(sql, "--format", "json").stdout) == [
        {"days": ["2019-01-01", None], "by_day": {"2019-01-01": 1.5}, "one": {"a": "é [/]"}, "two": 1.5}
    ]


@pytest.mark.usefixtures("published")
def test_columns_of_one_name_are_numbered_alike_in_every_form() -> None:
    sql = 'select 1 as value, 2 as value, 3 as "value_2", 4 as value, 5 as other, null as value'
    names = ["value", "value_3", "value_2", "value_4", "other", "value_5"]
    assert cells(asked(sql).stdout) == [names, ["1", "2", "3", "4", "5", ""]]
    assert list(csv.reader(io.StringIO(asked(sql, "--format", "csv").stdout))) == [names, ["1", "2", "3", "4", "5", ""]]
    (row,) = json.loads(asked(sql, "--format", "json").stdout)
    assert row == dict(zip(names, [1, 2, 3, 4, 5, None], strict=True))
    assert cells(asked("select 1 as value, 2 as value").stdout)[0] == ["value", "value_2"]


@pytest.mark.usefixtures("published")
def test_what_is_no_number_in_json_is_a_text_there() -> None:
    told = asked("select 'nan'::double as a, ['-inf'::double] as b", "--format", "json").stdout
    assert json.loads(told, parse_constant=lambda name: pytest.fail(name)) == [{"a": "nan", "b": ["-inf"]}]


@pytest.mark.usefixtures("published")
def test_true_and_false_are_told_alike_in_every_form() -> None:
    sql = "select true as a, false as b"
    assert cells(asked(sql).stdout) == [["a", "b"], ["true", "false"]]
    assert asked(sql, "--format", "csv").stdout == "a,b\ntrue,false\n"
    assert json.loads(asked(sql, "--format", "json").stdout) == [{"a": True, "b": False}]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("sql", ["", " ; ", "/* nothing */"])
def test_no_query_is_said_to_be_none(sql: str) -> None:
    assert "there is no query in what was given" in asked(sql, code=2).output


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="│"), min_size=1),
        min_size=1,
        max_size=12,
    ),
    st.integers(20, 200),
)
def test_a_terminal_however_narrow_shows_every_character(row: list[str], width: int) -> None:
    console = Console(file=io.StringIO(), width=max(width, 8 * len(row) + 1), color_system=None)
    console.print(table([f"c{number}" for number in range(len(row))], [row]))
    assert isinstance(console.file, io.StringIO)
    told = [line.split("│")[1:-1] for line in console.file.getvalue().splitlines() if line.startswith("│")]
    assert ["".join(part.strip() for part in column) for column in zip(*told, strict=True)] == row


def test_a_terminal_is_told_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a\x1b[2J"], [["\x1b]0;title\x07\x9b1m\rx"], ["one\r\ntwo\nthree"]])
    assert cells(capsys.readouterr().out) == [
        [r"a\x1b[2J"],
        [r"\x1b]0;title\x07\x9b1m\x0dx"],
        ["one"],
        ["two"],
        ["three"],
    ]
