"""Receipts: the lake's record of what was received, one Parquet file a received day.

A receipt is made once and never changed; a day's file only grows.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from upath import UPath

from orchestration import storage

SCHEMA = pa.schema(
    [
        pa.field("receipt_id", pa.string(), nullable=False),
        pa.field("organisation_code", pa.string(), nullable=False),
        pa.field("organisation_folder", pa.string(), nullable=False),
        pa.field("file_name", pa.string(), nullable=False),
        pa.field("inbox_path", pa.string(), nullable=False),
        pa.field("file_sha256", pa.string(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("archive_path", pa.string(), nullable=False),
        pa.field("received_date", pa.date32(), nullable=False),
        pa.field("received_at", pa.timestamp("us"), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
    ]
)


class ReceiptsError(Exception):
    """The receipts of a day cannot be read; says which."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One file, received once from one organisation.

    `organisation_code` is the register's code, or the folder's name where the register does not
    know it. `archive_path` is relative to the archive. `received_at` (UTC) lies on `received_date`
    and grows in the order of arrival within that day.
    """

    receipt_id: str
    organisation_code: str
    organisation_folder: str
    file_name: str
    inbox_path: str
    file_sha256: str
    size_bytes: int
    archive_path: str
    received_date: dt.date
    received_at: dt.datetime
    mtime_ns: int


def receipt_id(file_sha256: str, received_date: dt.date, organisation_code: str) -> str:
    """The stable identity of a receipt: the file, the day, and who sent it.

    The sender belongs to it because two organisations may send the same bytes on one day.
    """
    return hashlib.sha256(f"{file_sha256} {received_date.isoformat()} {organisation_code}".encode()).hexdigest()


def day_path(lake: UPath, received_date: dt.date) -> UPath:
    """The lake file of one day's receipts."""
    return lake / "receipts" / f"received={received_date.isoformat()}.parquet"


def read_day(lake: UPath, received_date: dt.date) -> list[Receipt]:
    """The receipts of one day in the order of arrival; none where nothing was received.

    Raises ReceiptsError for a file that this version cannot read: a receipt is never guessed at.
    """
    rows = _read(lake, received_date, SCHEMA).to_pylist()
    return sorted((Receipt(**row) for row in rows), key=lambda receipt: receipt.received_at)


def table_of_day(lake: UPath, received_date: dt.date) -> pa.Table:
    """The receipts of one day as they were written: in the order of arrival. Raises ReceiptsError as `read_day`."""
    return _read(lake, received_date, SCHEMA)


def read_columns(lake: UPath, received_date: dt.date, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Some fields of the receipts of one day, in the order of arrival, in a third of the time.

    Raises ReceiptsError as `read_day` does.
    """
    table = _read(lake, received_date, pa.schema([SCHEMA.field(name) for name in names]))
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _read(lake: UPath, received_date: dt.date, schema: pa.Schema) -> pa.Table:
    path = day_path(lake, received_date)
    if not path.exists():
        return schema.empty_table()
    try:
        return storage.read_table(path, schema)
    except (KeyError, ValueError) as error:
        raise ReceiptsError(f"{path} was written by another version of hasila, or is damaged: {error}") from error


def days(lake: UPath) -> list[dt.date]:
    """The days on which something was received, earliest first."""
    folder = lake / "receipts"
    if not folder.exists():
        return []
    names = (path.name for path in folder.iterdir())
    return sorted(
        dt.date.fromisoformat(name.removeprefix("received=").removesuffix(".parquet"))
        for name in names
        if name.startswith("received=") and name.endswith(".parquet")
    )


def write_day(lake: UPath, received_date: dt.date, receipts: Iterable[Receipt]) -> None:
    """Replace the lake file of one day's receipts."""
    rows = [asdict(receipt) for receipt in sorted(receipts, key=lambda receipt: receipt.received_at)]
    storage.write_table(day_path(lake, received_date), pa.Table.from_pylist(rows, schema=SCHEMA))
