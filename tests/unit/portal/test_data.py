"""Reading for the portal: what is left out of a long history, and in which order the rest comes."""

import random
from pathlib import Path

import duckdb

from orchestration.portal import data
from orchestration.portal.data import LISTED


def test_of_an_indicators_restatements_the_newest_are_read_in_their_order(tmp_path: Path) -> None:
    rows = [(code, day, f"{code}{day:03}") for code, days in (("B", 90), ("A", 7)) for day in range(days)]
    random.Random(1).shuffle(rows)  # noqa: S311
    with duckdb.connect(str(tmp_path / "hasila.duckdb")) as made:
        made.execute("create schema marts")
        made.execute(
            "create table marts.restatement (indicator_code text, restated_at timestamp, restatement_id text, why text)"
        )
        made.executemany("insert into marts.restatement values (?, date '2024-01-01' + ?::int, ?, 'late')", rows)
    with data.opened(tmp_path / "hasila.duckdb") as source:
        found = source.framework().restatements
    assert {code: excerpt.left_out for code, excerpt in found.items()} == {"A": 0, "B": 90 - LISTED}
    newest = {"A": range(6, -1, -1), "B": range(89, 89 - LISTED, -1)}
    for code, days in newest.items():
        assert [row["restatement_id"] for row in found[code].rows] == [f"{code}{day:03}" for day in days]
        assert found[code].rows[0].keys() == {"indicator_code", "restated_at", "restatement_id", "why"}
