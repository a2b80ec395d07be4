"""The lake's many small files, gathered into one a table and received month for those who read them all.

A lake of ten years has a file for every family and day, and opening one costs some milliseconds. What
is gathered lies in the work folder and can be made again any time. A month is gathered anew, whole, when
one of its files is not the one that was gathered; so a night pays for its own month and not for the history.
"""

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from orchestration import storage
from orchestration.check import lake
from orchestration.receive import receipts

TABLES = {**lake.UNIT_TABLES, "receipts": receipts.SCHEMA}
_MADE_FROM = "made_from.json"
_ROWS_AT_ONCE = 100_000
"""A day may bring a million: as many as make a good row group are held at a time."""


def gather(lake_folder: UPath, folder: Path) -> list[Path]:
    """Bring what is gathered in `folder` up to date with the lake; returns the files that were made anew.

    Columns that an older file lacks are empty. Raises OSError, pyarrow.ArrowInvalid (a damaged file).
    """
    made = []
    for name, schema in TABLES.items():
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        # Whoever reads the folder always finds a file.
        empty = target / lake.EMPTY
        if not empty.exists() or pq.read_schema(empty).names != schema.names:
            storage.write_table(empty, schema.empty_table())
        known = _made_from(target)
        months = _months(lake_folder / name)
        wanted = {month: _signature(files, schema) for month, files in months.items()}
        for month in known.keys() - wanted.keys():
            _path(target, month).unlink(missing_ok=True)
        for month, signature in sorted(wanted.items()):
            path = _path(target, month)
            if known.get(month) == signature and path.exists():
                continue
            # A month that is half done is not taken for the one that was.
            if known.pop(month, None) is not None:
                _write_made_from(target, known)
            storage.write_tables(path, schema, _read([path for path, _ in months[month]], schema))
            made.append(path)
        _write_made_from(target, wanted)
    return made


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a lake table: the lake's `files`, and where they lie `gathered` if that is what they hold."""

    files: tuple[Path, ...]
    gathered: Path | None


def months(lake_folder: UPath, folder: Path | None, name: str) -> dict[str, Month]:
    """The months of the lake table `name`, earliest first; `folder` is what `gather` was given, if anything was."""
    known = _made_from(folder / name) if folder else {}
    found = {}
    for month, files in sorted(_months(lake_folder / name).items()):
        path = _path(folder / name, month) if folder and month in known else None
        if path is not None and known[month] != _signature(files, TABLES[name]):
            path = None
        found[month] = Month(tuple(file for file, _ in files), path)
    return found


def receipt_columns(lake_folder: UPath, folder: Path | None, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Some fields of all receipts, in the order of arrival: as they are gathered in `folder`, where that is the lake.

    Years of days are thousands of files, which a night without news would open for nothing. Raises ReceiptsError.
    """
    for month in months(lake_folder, folder, "receipts").values():
        if month.gathered is not None:
            # What is gathered can be made again any time; the lake decides.
            with contextlib.suppress(OSError, KeyError, pa.ArrowInvalid):
                table = storage.read_columns(month.gathered, names)
                yield from zip(*(column.to_pylist() for column in table.columns), strict=True)
                continue
        for path in month.files:
            day = dt.date.fromisoformat(path.stem.removeprefix("received="))
            yield from receipts.read_columns(lake_folder, day, names)


def observations(folder: Path) -> int:
    """How many observations are gathered in `folder`, quarantined ones not among them."""
    return sum(pq.read_metadata(path).num_rows for path in (folder / "observations").glob("*.parquet"))


def _path(folder: Path, month: str) -> Path:
    return folder / f"received={month}.parquet"


def _months(folder: UPath) -> dict[str, list[tuple[Path, str]]]:
    """The files of a lake table by received month, each with what tells it from the one it may replace."""
    months: dict[str, list[tuple[Path, str]]] = {}
    for path, version in storage.listing(folder):
        day = path.stem.removeprefix("received=")
        if path.suffix == ".parquet" and day != path.stem:
            months.setdefault(day[:7], []).append((path, version))
    return {month: sorted(files, key=lambda file: str(file[0])) for month, files in months.items()}


def _signature(files: Iterable[tuple[Path, str]], schema: pa.Schema) -> str:
    said = [str(schema), *(f"{path} {version}" for path, version in files)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _read(paths: Iterable[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of some files, file after file, many at a time."""
    tables: list[pa.Table] = []
    for path in paths:
        with path.open("rb") as file:
            # A small file is not worth the threads.
            table = pq.ParquetFile(file).read(use_threads=False)
        columns = [
            table.column(field.name).cast(field.type)
            if field.name in table.column_names
            else pa.nulls(table.num_rows, field.type)
            for field in schema
        ]
        tables.append(pa.table(columns, schema=schema))
        if sum(part.num_rows for part in tables) >= _ROWS_AT_ONCE:
            yield pa.concat_tables(tables)
            tables.clear()
    if tables:
        yield pa.concat_tables(tables)


def _made_from(folder: Path) -> dict[str, str]:
    with contextlib.suppress(FileNotFoundError, ValueError):
        return dict(json.loads((folder / _MADE_FROM).read_text(encoding="utf-8")))
    return {}


def _write_made_from(folder: Path, known: dict[str, str]) -> None:
    storage.write_text(folder / _MADE_FROM, json.dumps(known, indent=1, sort_keys=True) + "\n")
