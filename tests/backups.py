"""A small runtime state, and a load of it as a series of single writes between which anything may look."""

import datetime as dt
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration import night, storage
from orchestration.answer import outbox
from orchestration.check import days, lake
from orchestration.check.rulings import Rulings, SealedReport
from orchestration.receive import archive, receipts
from orchestration.receive.receipts import Receipt
from orchestration.release import publish
from orchestration.settings import Settings
from tests.helpers import RECEIVED, receipt_of

FAMILIES = ("activity_report", "begging")


def received(settings: Settings, content: bytes, position: int, day: dt.date = RECEIVED) -> Receipt:
    """The receipt of a report that is not in the archive yet."""
    sha256 = hashlib.sha256(content).hexdigest()
    made = receipt_of(content, received=day)
    return replace(
        made,
        file_sha256=sha256,
        receipt_id=receipts.receipt_id(sha256, day, made.organisation_code),
        archive_path=f"received={day.isoformat()}/{sha256}.csv",
        received_at=made.received_at + dt.timedelta(microseconds=position),
    )


def store(settings: Settings, content: bytes, receipt: Receipt) -> None:
    """Put a report into the archive."""
    archive.store(io.BytesIO(content), receipt.file_name, settings.archive, receipt.received_date, receipt.file_sha256)


def unit(table: str, family: str, given: Sequence[Receipt], words: str) -> pa.Table:
    """A unit's table with one row a receipt; `words` tell what it was made under."""
    schema = lake.UNIT_TABLES[table]
    rows = []
    for receipt in given:
        row: dict[str, Any] = dict.fromkeys(schema.names)
        row |= {"receipt_id": receipt.receipt_id, "family": family, "received_date": receipt.received_date}
        row |= {"file_name": words} if table == "reports" else {}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=schema)


def writes(
    settings: Settings, contents: Sequence[bytes], release_id: str, *, words: str = ""
) -> Iterator[Callable[[], object]]:
    """A load after which a day has the reports `contents`, as the single writes that it is made of, in order.

    The same reports under other `words` are a load after a correction of them.
    """
    folder = settings.lake
    given = [received(settings, content, position) for position, content in enumerate(contents)]
    rulings = Rulings((), {given[0].receipt_id: frozenset({words})} if words else {})
    for content, receipt in zip(contents, given, strict=True):
        yield lambda content=content, receipt=receipt: store(settings, content, receipt)
    yield lambda: receipts.write_day(folder, RECEIVED, given)
    news = [(receipt.receipt_id, RECEIVED.isoformat()) for receipt in given]
    yield lambda: outbox.remember(settings.outbox, news)
    reading = {"days": {RECEIVED.isoformat(): "digest"}}
    yield lambda: storage.write_text(night.summary_path(settings, "read"), json.dumps(reading))
    for family in FAMILIES:
        for table in lake.UNIT_TABLES:
            path = lake.unit_path(folder, table, family, RECEIVED)
            made = unit(table, family, given, words)
            yield lambda path=path, made=made: storage.write_table(path, made)
    reports = [SealedReport(receipt.receipt_id, receipt.organisation_code, "begging", None, None) for receipt in given]
    digest = hashlib.sha256
    yield lambda: days.seal(folder, RECEIVED, days.receipts_digest(folder, RECEIVED), reports, rulings)
    manifest = {"release_id": release_id, "receipt_ids": [receipt.receipt_id for receipt in given]}

    def write(place: Path) -> dict[str, Any]:
        (place / publish.WAREHOUSE).write_bytes(release_id.encode())
        (place / publish.PUBLIC / "portal").mkdir(parents=True)
        (place / publish.PUBLIC / "portal" / "index.html").write_bytes(release_id.encode())
        sums = {publish.WAREHOUSE: {"sha256": digest(release_id.encode()).hexdigest()}}
        return manifest | {"files": sums}

    yield lambda: publish.publish(settings.published, release_id, write)
    yield lambda: publish.retire(settings.published, 1, None, dt.datetime.now(dt.UTC))
    for receipt in given:
        name = settings.outbox / receipt.organisation_code / "2025-01-31" / f"{receipt.receipt_id[:12]}"
        yield lambda name=name: storage.write_bytes(name.with_suffix(".xlsx"), release_id.encode())
        yield lambda name=name, receipt=receipt: storage.write_text(
            name.with_suffix(".json"), json.dumps({"receipt_id": receipt.receipt_id})
        )
    yield lambda: outbox.forget(settings.outbox, news)
