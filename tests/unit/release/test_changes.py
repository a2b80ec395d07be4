"""What changed between two releases: which figures, by how much, and for which reason."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.release import changes

SCHEMA = """
    create schema marts;
    create table marts.indicator_by_objective_year (
        programme_code varchar, indicator_code varchar, data_status varchar, year int, period_start date,
        period_end date, period_label varchar, value decimal(28, 10), qualifier varchar
    );
    create table marts.fct_report (
        receipt_id varchar, report_key varchar, organisation_code varchar, family varchar, period_start date,
        period_end date
    );
    create table marts.fct_observation_version (
        receipt_id varchar, indicator_code varchar, data_status varchar, year int, deliverable_code varchar
    );
    create table marts.fct_deliverable (deliverable_code varchar, indicator_code varchar);
    create table marts.fct_decision (decision_id varchar, receipt_id varchar);
    create table marts.dim_correction (
        correction_code varchar, organisation_code varchar, family varchar, period_start date, period_end date,
        receipt_id varchar, row_key varchar, action varchar, value decimal(28, 10), numerator decimal(28, 10),
        denominator decimal(28, 10), qualifier varchar, factor decimal(28, 10), expected varchar, reported_to varchar,
        status varchar
    );
"""
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a release file of figures `(indicator, year, value)`, receipts and other rows."""

    def make_release(
        name: str,
        figures: list[tuple[Any, ...]],
        receipts: list[tuple[str, str, list[tuple[Any, ...]]]] = (),  # type: ignore[assignment]
        decisions: list[tuple[str, str]] = (),  # type: ignore[assignment]
        corrections: list[dict[str, Any]] = (),  # type: ignore[assignment]
        deliverables: list[tuple[str, str]] = (),  # type: ignore[assignment]
    ) -> Path:
        path = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(SCHEMA)
            for indicator, year, value, *qualifier in figures:
                connection.execute(
                    "insert into marts.indicator_by_objective_year values "
                    "('P', ?, 'reported', ?, make_date(?, 1, 1), make_date(?, 12, 31), ?::varchar, ?, ?)",
                    [indicator, year, year, year, year, value, *(qualifier or ["exact"])],
                )
            for receipt_id, key, observations in receipts:
                connection.execute(
                    "insert into marts.fct_report values (?, ?, 'ORG', 'family', '2019-01-01', '2019-12-31')",
                    [receipt_id, key],
                )
                for indicator, year, *deliverable in observations:
                    connection.execute(
                        "insert into marts.fct_observation_version values (?, ?, 'reported', ?, ?)",
                        [receipt_id, indicator, year, *(deliverable or [None])],
                    )
            for row in deliverables:
                connection.execute("insert into marts.fct_deliverable values (?, ?)", list(row))
            for row in decisions:
                connection.execute("insert into marts.fct_decision values (?, ?)", list(row))
            for correction in corrections:
                content = {"organisation_code": "ORG", "family": "family", "status": "confirmed"} | correction
                connection.execute(
                    f"insert into marts.dim_correction ({', '.join(content)}) values ({', '.join('?' * len(content))})",
                    list(content.values()),
                )
        return path

    return make_release


def write(warehouse: Path, previous: Path | None, previous_release_id: str | None) -> bool:
    """Compare and write; whether there was something to compare with."""
    found = changes.compare(warehouse, previous, previous_release_id)
    changes.write(warehouse, found)
    return found is not None


def written(warehouse: Path, columns: str = "indicator_code, year, change, reason") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(f"select {columns} from marts.release_change order by all").fetchall()


def test_values_qualifiers_and_what_came_and_went(make: Make) -> None:
    before = make("before", [("SAME", 2019, 1), ("VALUE", 2019, 10), ("BOUND", 2019, 5), ("GONE", 2019, 2)])
    after = make(
        "after", [("SAME", 2019, 1), ("VALUE", 2019, "7.5"), ("BOUND", 2019, 5, "at_least"), ("NEW", 2020, None)]
    )
    assert write(after, before, "R1")
    columns = "indicator_code, change, old_value, new_value, difference, previous_release_id"
    assert written(after, columns) == [
        ("BOUND", "qualifier", 5, 5, 0, "R1"),
        ("GONE", "removed", 2, None, None, "R1"),
        ("NEW", "added", None, None, None, "R1"),
        ("VALUE", "value", 10, Decimal("7.5"), Decimal("-2.5"), "R1"),
    ]
    assert written(after, "distinct programme_code, data_status, reason") == [("P", "reported", "rule_change")]


def test_each_figure_has_the_reason_that_concerns_it(make: Make) -> None:
    old = [("r1", "k1", [("REPORT", 2019), ("DROPPED", 2019)]), ("r2", "k2", [("RIGHT", 2019)]), ("r3", "k3", [])]
    new = [*old, ("r4", "k1", [("REPORT", 2019)])]
    new[2] = ("r3", "k3", [("ACCEPTED", 2019)])
    names = ("ACCEPTED", "DROPPED", "REPORT", "RIGHT", "RULE")
    before = make("before", [(name, 2019, 1) for name in names], old)
    after = make(
        "after",
        [(name, 2019, 2) for name in names if name != "DROPPED"],
        new,
        [("d1", "r3")],
        [{"correction_code": "C1", "receipt_id": "r2"}],
    )
    write(after, before, "R1")
    assert written(after) == [
        ("ACCEPTED", 2019, "value", "decision"),
        # The version that stands now does not state it any more.
        ("DROPPED", 2019, "removed", "revision"),
        ("REPORT", 2019, "value", "revision"),
        ("RIGHT", 2019, "value", "correction"),
        ("RULE", 2019, "value", "rule_change"),
    ]


def test_which_release_is_named_first_does_not_change_the_reason(make: Make) -> None:
    """What only one of two releases knows is why they differ, be it the older or the newer one.

    Of a new release it is no reason: a report that was lost must not explain a figure that moved.
    """
    old = make(
        "old", [("REPORT", 2019, 1), ("ACCEPTED", 2019, 1)], [("r1", "k1", []), ("r3", "k3", [("ACCEPTED", 2019)])]
    )
    new = make(
        "new",
        [("REPORT", 2019, 2), ("ACCEPTED", 2019, 2)],
        [("r1", "k1", []), ("r3", "k3", [("ACCEPTED", 2019)]), ("r4", "k1", [("REPORT", 2019)])],
        [("d1", "r3")],
    )
    found = changes.compare(old, new, "R1", either_way=True)
    assert found is not None
    assert sorted(zip(found["indicator_code"].to_pylist(), found["reason"].to_pylist(), strict=True)) == [
        ("ACCEPTED", "decision"),
        ("REPORT", "revision"),
    ]
    write(old, new, "R1")
    assert {reason for *_, reason in written(old)} == {"rule_change"}


def test_a_known_deliverable_concerns_the_indicator_under_which_it_is_counted(make: Make) -> None:
    """The report names another indicator than the framework has for the deliverable."""
    known = [("GUIDE", "GUIDES")]
    before = make("before", [("GUIDES", 2019, 1)], deliverables=known)
    report = [("r1", "k1", [("STUDIES", 2019, "GUIDE")])]
    after = make("after", [("GUIDES", 2019, 2)], report, deliverables=known)
    write(after, before, "R1")
    assert written(after) == [("GUIDES", 2019, "value", "revision")]


def test_several_reasons_are_all_named_and_the_figures_own_year_comes_first(make: Make) -> None:
    old = [("r1", "k1", [("A", 2019)])]
    new = [*old, ("r2", "k2", [("A", 2019)]), ("r3", "k3", [("A", 2020)])]
    before = make("before", [("A", 2018, 1), ("A", 2019, 1), ("A", 2020, 1)], old)
    after = make(
        "after",
        [("A", 2018, 2), ("A", 2019, 2), ("A", 2020, 2)],
        new,
        [],
        [{"correction_code": "C", "receipt_id": "r1"}],
    )
    write(after, before, "R1")
    assert written(after, "year, reason") == [
        (2018, "correction + revision"),
        (2019, "correction + revision"),
        (2020, "revision"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ({"value": 1}, {"value": 2}, "correction"),
        ({"value": 1}, None, "correction"),
        ({"value": 1}, {"value": 1, "status": "withdrawn"}, "correction"),
        ({"period_start": "2019-01-01", "period_end": "2019-12-31"}, None, "correction"),
        # Another report, one that was never applied, and who was told of it: none of them changes a figure.
        ({"period_start": "2018-01-01", "period_end": "2018-12-31"}, None, "rule_change"),
        ({"status": "proposed"}, {"status": "withdrawn"}, "rule_change"),
        ({"reported_to": "x"}, {"reported_to": "y"}, "rule_change"),
    ],
)
def test_a_correction_concerns_what_it_is_applied_to(
    make: Make, old: dict[str, Any], new: dict[str, Any] | None, reason: str
) -> None:
    receipts = [("r1", "k1", [("A", 2019)])]
    name = {"correction_code": "C"}
    before = make("before", [("A", 2019, 1)], receipts, [], [name | old])
    after = make("after", [("A", 2019, 2)], receipts, [], [name | new] if new is not None else [])
    write(after, before, "R1")
    assert written(after, "reason") == [(reason,)]


def test_a_first_release_and_a_damaged_one_before_it_leave_the_table_empty(make: Make, tmp_path: Path) -> None:
    first = make("first", [("A", 2019, 1)])
    assert not write(first, None, None)
    assert written(first) == []
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"no database")
    for number, previous in enumerate((damaged, tmp_path / "gone.duckdb")):
        fresh = make(f"fresh{number}", [("A", 2019, 1)])
        assert not write(fresh, previous, "R1")
        assert written(fresh) == []


def test_a_release_of_an_older_make_can_be_compared(make: Make) -> None:
    before = make("before", [("A", 2019, 1)])
    with duckdb.connect(str(before)) as connection:
        connection.execute("drop table marts.dim_correction")
    after = make("after", [("A", 2019, 2)], [("r1", "k1", [("A", 2019)])])
    assert write(after, before, "R1")
    assert written(after, "reason") == [("rule_change",)]


def test_every_column_says_what_it_means(make: Make) -> None:
    after = make("after", [])
    write(after, None, None)
    with duckdb.connect(str(after), read_only=True) as connection:
        said = connection.execute(
            "select column_name, comment from duckdb_columns() where table_name = 'release_change' "
            "order by column_index"
        ).fetchall()
        (table,) = connection.execute(
            "select comment from duckdb_tables() where table_name = 'release_change'"
        ).fetchall()
    assert said == [(name, meaning) for name, (_, meaning) in changes.COLUMNS.items()]
    assert table == (changes.DESCRIPTION,)
