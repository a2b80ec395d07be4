"""Releases small enough to be made by the dozen: a warehouse of one table and a manifest."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from orchestration.receive import receipts
from orchestration.release import inputs, publish

MADE = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def number_id(number: int) -> str:
    """The name of the release that was made so many days after the first."""
    return publish.new_release_id(MADE + dt.timedelta(days=number), f"{number:08x}")


def writer(
    number: int, previous: str | None = None, public: bool = False, **more: Any
) -> Callable[[Path], dict[str, Any]]:
    """Writes release `number`: a table of `number` rows that all say `number`."""

    def write(folder: Path) -> dict[str, Any]:
        inputs.write(folder, receipts.SCHEMA.empty_table())
        targets = [folder / publish.WAREHOUSE]
        if public:
            (folder / publish.PUBLIC / "parquet").mkdir(parents=True)
            (folder / publish.PUBLIC / "parquet" / "figures.parquet").write_bytes(b"PAR1")
            targets.append(folder / publish.PUBLIC / "hasila.duckdb")
        for target in targets:
            with duckdb.connect(str(target)) as connection:
                connection.execute("create schema marts")
                connection.execute(f"create table marts.one as select {number} as release from range({number + 1})")
                connection.execute(f"create table marts.other as select {number} as release from range({number + 1})")
        return {
            "release_id": number_id(number),
            "created_at": (MADE + dt.timedelta(days=number)).isoformat(),
            "as_of_date": "2024-01-01",
            "previous_release_id": previous,
            "inputs_digest": f"inputs of {number}",
            "receipts": 0,
            "marts": {"one": {"rows": number + 1, "columns": 1, "checksum": f"{number}"}},
            **more,
        }

    return write


def publish_number(published: Path, number: int, **more: Any) -> Path:
    """Publish release `number`, after the current one."""
    current = publish.current_folder(published)
    previous = current.name if current else None
    return publish.publish(published, number_id(number), writer(number, previous, **more))
