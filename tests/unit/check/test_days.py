"""A day is sealed for the receipts it had; one more receipt and it is pending again."""

import datetime as dt
from dataclasses import replace

from orchestration.check import days, lake
from orchestration.receive import receipts
from orchestration.settings import Settings
from tests.helpers import RECEIVED, receipt_of


def test_a_sealed_day_is_not_pending_until_it_gets_another_receipt(settings: Settings) -> None:
    first = receipt_of(b"1")
    receipts.write_day(settings.lake, RECEIVED, [first])
    assert days.pending(settings.lake) == [RECEIVED]
    days.seal(settings.lake, RECEIVED, days.receipts_digest(settings.lake, RECEIVED))
    assert days.pending(settings.lake) == []
    later = replace(receipt_of(b"2"), received_at=first.received_at + dt.timedelta(microseconds=1))
    receipts.write_day(settings.lake, RECEIVED, [first, later])
    assert days.pending(settings.lake) == [RECEIVED]


def test_pending_days_come_earliest_first(settings: Settings) -> None:
    found = [RECEIVED, RECEIVED - dt.timedelta(days=400), RECEIVED - dt.timedelta(days=1)]
    for day in found:
        receipts.write_day(settings.lake, day, [receipt_of(b"1", received=day)])
    assert days.pending(settings.lake) == sorted(found)


def test_an_empty_lake_has_no_days_and_a_glob_finds_every_table(settings: Settings) -> None:
    assert days.pending(settings.lake) == []
    lake.ensure_schemas(settings.lake)
    lake.ensure_schemas(settings.lake)
    tables = {path.parent.name for path in settings.lake.rglob("*.parquet")}
    assert tables == {"receipts", "reports", "observations", "rejections", "checks"}
    assert days.pending(settings.lake) == []


def test_a_unit_is_replaced_whole_and_removed_whole(settings: Settings) -> None:
    empty = {name: schema.empty_table() for name, schema in lake.UNIT_TABLES.items()}
    lake.write_unit(settings.lake, "visits", RECEIVED, empty)
    lake.write_unit(settings.lake, "visits", RECEIVED, empty)
    assert lake.families_of(settings.lake, RECEIVED) == {"visits"}
    lake.remove_unit(settings.lake, "visits", RECEIVED)
    assert lake.families_of(settings.lake, RECEIVED) == set()
    assert not list(settings.lake.rglob("*.parquet"))
