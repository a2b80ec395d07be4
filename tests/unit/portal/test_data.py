"""Reading for the portal: what is left out of a long history, and in which order the rest comes."""

import random
from pathlib import Path

import duckdb

from orchestration.portal import data
from orchestration.portal.data import LISTED
from tests.unit.portal import made


def test_of_an_indicators_restatements_the_newest_are_read_in_their_order(tmp_path: Path) -> None:
    rows = [(code, day, f"{code}{day:03}") for code, days in (("B", 90), ("A", 7)) for day in range(days)]
    random.Random(1).shuffle(rows)  # noqa: S311
    with duckdb.connect(str(tmp_path / "hasila.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.restatement (indicator_code text, restated_at timestamp, restatement_id text, why text)"
        )
        connection.executemany("insert into marts.restatement values (?, date '2024-01-01' + ?::int, ?, 'late')", rows)
    with data.opened(tmp_path / "hasila.duckdb") as source:
        found = source.framework().restatements
    assert {code: excerpt.left_out for code, excerpt in found.items()} == {"A": 0, "B": 90 - LISTED}
    newest = {"A": range(6, -1, -1), "B": range(89, 89 - LISTED, -1)}
    for code, days in newest.items():
        assert [row["restatement_id"] for row in found[code].rows] == [f"{code}{day:03}" for day in days]
        assert found[code].rows[0].keys() == {"indicator_code", "restated_at", "restatement_id", "why"}


def test_a_statement_brings_what_is_told_of_its_report(tmp_path: Path) -> None:
    database = made.write_public(tmp_path) / "hasila.duckdb"

    def reports() -> set[tuple[object, ...]]:
        with data.opened(database) as source:
            (children,) = source.by_indicator(source.framework(), ["CHILDREN"])
        return {(row.receipt_id, row.file_name, row.received_date) for row in children.observations}

    day = made.RECEIVED.date()
    assert reports() == {("r1", f"{made.HOSTILE}.xlsx", day), ("r2", "تقرير.xlsx", day)}
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from marts.fct_report where receipt_id = 'r1'")
    assert reports() == {("r1", None, None), ("r2", "تقرير.xlsx", day)}
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table marts.fct_report")
    assert reports() == {("r1", None, None), ("r2", None, None)}
