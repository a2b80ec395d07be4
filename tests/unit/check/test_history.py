"""What was reported before: an oracle that looks at one figure at a time, and one lake file however a day is read."""

import datetime as dt
import statistics
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from orchestration import storage
from orchestration.check import history, lake, room
from orchestration.check.history import NOTHING, Past
from orchestration.check.room import check_family
from orchestration.gathered import gather
from orchestration.read import candidates
from orchestration.read.candidates import ReadReport
from orchestration.read.reference import load_reference
from tests.helpers import OFFICIAL, PROJECT, Desk, csv_report
from tests.unit.check.rows import report, table

REFERENCE = load_reference(PROJECT / "dbt_project" / "seeds")
INDICATORS = ("PPO_VIOLENCE_CASES", "PPO_RAPE_CASES", "HCP_CHILD_LABOUR", "HCP_CHILD_LABOUR_RATE")
FIRST = dt.datetime(2025, 1, 1)

# A report states one value for some indicators and years.
Stated = dict[tuple[str, int], int]
REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["PPO", "HCP"]),
        st.dictionaries(
            st.tuples(st.sampled_from(INDICATORS), st.integers(2010, 2017)), st.integers(0, 40), min_size=1, max_size=12
        ),
    ),
    min_size=1,
    max_size=8,
)


def batch(reports: Sequence[tuple[str, Stated]]) -> tuple[Any, list[ReadReport]]:
    rows, read = [], []
    for number, (sender, stated) in enumerate(reports):
        read.append(report(f"r{number}", FIRST + dt.timedelta(hours=10 * number), sender))
        rows += [
            {
                "receipt_id": f"r{number}",
                "indicator_code": indicator,
                "period_start": dt.date(year, 1, 1),
                "period_end": dt.date(year, 12, 31),
                "value": Decimal(value),
            }
            for (indicator, year), value in stated.items()
        ]
    return table(rows), read


def known_before(reports: Sequence[tuple[str, Stated]], number: int) -> Stated:
    """What a report's sender had said before it, the last version of each."""
    known: Stated = {}
    for sender, stated in reports[:number]:
        if sender == reports[number][0]:
            known |= stated
    return known


@settings(max_examples=100)
@given(REPORTS)
def test_jumps_agree_with_an_oracle(reports: list[tuple[str, Stated]]) -> None:
    rows, read = batch(reports)
    frame = history.build(rows, np.arange(rows.num_rows), read, NOTHING, REFERENCE)
    at = 0
    for number, (_, stated) in enumerate(reports):
        known = known_before(reports, number)
        for (indicator, year), value in stated.items():
            others = [there for (one, when), there in known.items() if one == indicator and when != year]
            found = frame["jump"].get(at, np.nan) if frame is not None else np.nan
            if len(others) < 4:
                assert np.isnan(found)
            else:
                median = statistics.median(others)
                spread = 1.4826 * statistics.median([abs(other - median) for other in others])
                least = 1 if indicator == "HCP_CHILD_LABOUR_RATE" else max(1, median**0.5)
                assert found == pytest.approx(abs(value - median) / max(spread, median / 10, least))
            at += 1


def copies(earlier: Stated, later: Stated) -> list[tuple[float, str, str]]:
    rows, read = batch([("PPO", earlier), ("PPO", later)])
    frame = history.build(rows, np.arange(rows.num_rows), read, NOTHING, REFERENCE)
    if frame is None:
        return []
    told = frame[frame["copied_share"].notna()]
    return list(told[["copied_share", "copied", "copied_from"]].itertuples(index=False, name=None))


FLOWS = ("PPO_VIOLENCE_CASES", "PPO_RAPE_CASES", "PPO_HOMICIDE_VICTIMS", "ONDE_CALLS")


def test_copies_are_counted_against_the_period_before() -> None:
    old = {(indicator, 2016): 10 + number for number, indicator in enumerate(FLOWS)}
    new = {(indicator, 2017): value for (indicator, _), value in old.items()}
    year = "2016-01-01/2016-12-31"
    assert copies(old, new) == [(1.0, "4 / 4", year)] * 4
    assert copies(old, new | {("ONDE_CALLS", 2017): 99}) == [(0.75, "3 / 4", year)] * 4
    # Zeros tell nothing, nor does what there is at a moment, and two figures may be equal by chance.
    assert copies(old | {("ONDE_CALLS", 2016): 0}, new | {("ONDE_CALLS", 2017): 0}) == [(1.0, "3 / 3", year)] * 3
    few = [(indicator, at) for indicator in FLOWS[2:] for at in (2016, 2017)]
    assert copies({key: old[key] for key in few if key in old}, {key: new[key] for key in few if key in new}) == []
    stocks = ("HCP_CHILD_LABOUR", "EPS_INSTITUTIONS", "UPE_UNITS")
    assert (
        copies(dict.fromkeys([(one, 2016) for one in stocks], 5), dict.fromkeys([(one, 2017) for one in stocks], 5))
        == []
    )
    # The figures of the year before last are not those of the period before.
    assert (
        copies({key: value + 1 for key, value in old.items()} | {(one, 2015): new[one, 2017] for one in FLOWS}, new)
        == [(0.0, "0 / 4", year)] * 4
    )


def test_a_later_version_of_a_figure_stands_from_its_receipt_on() -> None:
    years = {("PPO_VIOLENCE_CASES", year): 100 for year in (2013, 2014, 2015, 2016)}
    better = dict.fromkeys(years, 1000)
    last: Stated = {("PPO_VIOLENCE_CASES", 2017): 1000}
    rows, read = batch([("PPO", years), ("PPO", last), ("PPO", better), ("PPO", last)])
    frame = history.build(rows, np.arange(rows.num_rows), read, NOTHING, REFERENCE)
    assert frame is not None
    assert (frame["usual"][4], frame["usual"][9]) == (100, 1000)
    assert frame["jump"][4] > 6 > frame["jump"][9]


def test_nobody_is_held_against_another_senders_figures_or_another_status() -> None:
    years = {("PPO_VIOLENCE_CASES", year): 100 for year in (2013, 2014, 2015, 2016)}
    rows, read = batch([("HCP", years), ("PPO", {("PPO_VIOLENCE_CASES", 2017): 1000})])
    assert history.build(rows, np.arange(rows.num_rows), read, NOTHING, REFERENCE) is None


@pytest.mark.xdist_group("great_expectations")
def test_a_day_gives_the_same_lake_file_read_alone_or_in_a_batch_and_judged_whole_or_in_parts(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five days of two senders, with jumps, a copy, a correction and a year beside its halves."""
    values = {"PPO": (100, 104, 98, 101, 1030), "HCP": (7, 7, 7, 7, 7)}
    readings = []
    for day in range(5):
        for sender, of in values.items():
            rows = [
                OFFICIAL | {"indicator_code": indicator, "period": str(2012 + day), "value": str(of[day] + number)}
                for number, indicator in enumerate(FLOWS)
            ]
            rows.append(
                OFFICIAL
                | {"indicator_code": "PPO_SUSPECTED_PERSONS"}
                | (
                    {"period": "2020", "value": "5"}
                    if day == 2
                    else {"period": f"S{1 + day % 2} 2020", "value": str(6 - day % 2)}
                )
            )
            rows.append(OFFICIAL | {"period": "2012", "place": "MA-01", "value": str(day)})
            name = f"{sender}-{day}.csv"
            readings.append(desk.read(csv_report(rows), sender, name, received=dt.date(2025, 1, 1 + day)))

    def check(days: set[int], folder: UPath, gathered_folder: Path | None = None) -> None:
        chosen = [reading for reading in readings if reading.receipt.received_date.day in days]
        dates = frozenset(reading.receipt.received_date for reading in chosen)
        checked = check_family(
            "official_figures",
            [candidates.report_of(reading) for reading in chosen],
            candidates.rows_table(chosen),
            contracts=desk.contracts,
            reference=desk.reference,
            catalogue=desk.catalogue,
            expectations=PROJECT / "expectations",
            past=Past(folder, dates, gathered_folder),
        )
        for date, tables in checked.units.items():
            lake.write_unit(folder, "official_figures", date, tables)

    def files(folder: UPath) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(str(folder)).rglob("*.parquet"))
        }

    together, apart = UPath(tmp_path / "together"), UPath(tmp_path / "apart")
    check({1, 2, 3, 4, 5}, together)
    for day in range(1, 6):
        check({day}, apart)
    assert files(together) == files(apart)
    check({2, 4}, together)
    assert files(together) == files(apart)
    in_parts = UPath(tmp_path / "in_parts")
    with monkeypatch.context() as patched:
        # Each sender by itself; what the second has before it is told from what the first has.
        patched.setattr(room, "MOST_ROWS", 1)
        check({1, 2, 3}, in_parts)
        check({4, 5}, in_parts)
    assert files(in_parts) == files(apart)
    # The same from what lies gathered; the last day changes the month after it was.
    read_gathered, gathered_folder = UPath(tmp_path / "read_gathered"), tmp_path / "gathered"
    for days in ({1}, {2, 3}, {4}):
        check(days, read_gathered, gathered_folder)
        gather(read_gathered, gathered_folder)
    check({2}, read_gathered, gathered_folder)
    check({5}, read_gathered, gathered_folder)
    assert files(read_gathered) == files(apart)
    told = {
        row["rule_code"]
        for path in sorted((tmp_path / "apart" / "rejections").rglob("*.parquet"))
        for row in lake.storage.read_table(path, lake.REJECTIONS).to_pylist()
    }
    assert told == {"VALUE_JUMPS", "REPORT_COPIED", "FLOW_GIVEN_AS_STOCK"}


FAMILIES = ("begging", "official_figures")
DAYS = [dt.date(2024, 1, 30), dt.date(2024, 1, 31), dt.date(2024, 2, 1), dt.date(2024, 3, 1)]
UNITS = st.dictionaries(
    st.tuples(st.sampled_from(FAMILIES), st.sampled_from(DAYS)),
    st.lists(st.sampled_from(["PPO", "HCP"]), min_size=1, max_size=4),
    max_size=8,
)


def write(folder: UPath, family: str, day: dt.date, senders: Sequence[str]) -> None:
    """A unit of one report a sender, each of one figure."""
    tables = {name: schema.empty_table() for name, schema in lake.UNIT_TABLES.items()}
    both = [
        {
            "receipt_id": f"{family} {day} {number} {sender}",
            "organisation_code": sender,
            "family": family,
            "received_date": day,
            "received_at": dt.datetime.combine(day, dt.time(second=number)),
            "value": Decimal(number),
        }
        for number, sender in enumerate(senders)
    ]
    for name in ("observations", "reports"):
        tables[name] = pa.Table.from_pylist(both, schema=lake.UNIT_TABLES[name])
    lake.write_unit(folder, family, day, tables)


@given(UNITS, UNITS, st.sampled_from(FAMILIES), st.sampled_from(DAYS), st.frozensets(st.sampled_from(DAYS), max_size=1))
def test_the_past_is_the_same_gathered_or_not(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[tuple[str, dt.date], list[str]],
    then: dict[tuple[str, dt.date], list[str]],
    family: str,
    before: dt.date,
    reread: frozenset[dt.date],
) -> None:
    """Some units are gathered; others come, or take their place, after that."""
    root = tmp_path_factory.mktemp("past")
    folder = UPath(root / "lake")
    for (of, day), senders in first.items():
        write(folder, of, day, senders)
    gather(folder, root / "gathered")
    for (of, day), senders in then.items():
        write(folder, of, day, senders)
    expected = [
        (f"{family} {day} {number} {sender}", dt.datetime.combine(day, dt.time(second=number)))
        for (of, day), senders in sorted((first | then).items())
        if of == family and day < before and day not in reread
        for number, sender in enumerate(senders)
        if sender == "PPO"
    ]
    for gathered_folder in (None, root / "gathered"):
        found = Past(folder, reread, gathered_folder).load(family, {"PPO"}, before)
        rows = zip(found.column("receipt_id").to_pylist(), found.column("received_at").to_pylist(), strict=True)
        assert list(rows) == expected
        assert found.schema.names == NOTHING.schema.names


def test_a_past_that_lies_gathered_is_read_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = UPath(tmp_path / "lake")
    for day in DAYS:
        write(folder, "begging", day, ["PPO"])
    gather(folder, tmp_path / "gathered")
    monkeypatch.setattr(storage, "read_columns", lambda *_: pytest.fail("a day's file was opened"))
    past = Past(folder, frozenset(), tmp_path / "gathered")
    assert past.load("begging", {"PPO"}, DAYS[-1]).num_rows == 3
    monkeypatch.undo()
    (tmp_path / "gathered" / "observations" / "received=2024-01.parquet").write_bytes(b"damaged")
    assert past.load("begging", {"PPO"}, DAYS[-1]).num_rows == 3
