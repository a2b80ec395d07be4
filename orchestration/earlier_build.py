"""The warehouse of the load before, as something to build upon: whether that may be, and the note that says so.

Upon an earlier build dbt makes only the years again whose inputs are others (`int_changed_year`, which compares
the inputs themselves, whichever release they went into). What makes figures of the inputs must be the same then:
any other code, contract, rule, seed or package, and any doubt about the file, and all is built anew.

The note lies beside the file and names it by its size and the moment of its last change. It is taken away before
anything is built and written once the warehouse was audited and released: what a load left that failed, or was
killed, has none.
"""

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb

from orchestration import gathered, memory, storage
from orchestration.release import manifest
from orchestration.settings import Settings


def note(settings: Settings) -> None:
    """Note that the built warehouse is sound and was released. Raises OSError."""
    storage.write_text(settings.warehouse_note, json.dumps(_described(settings)) + "\n")


def take(settings: Settings) -> bool:
    """Whether the warehouse may be built upon; takes its note away in any case.

    Of few observations, building all of them takes no longer than keeping some. Raises OSError where the note cannot be
    removed.
    """
    noted = None
    with contextlib.suppress(OSError, ValueError):
        noted = json.loads(settings.warehouse_note.read_text(encoding="utf-8"))
    settings.warehouse_note.unlink(missing_ok=True)
    if noted is None or gathered.observations(settings.gathered) < settings.years_kept_from:
        return False
    try:
        return bool(noted == _described(settings)) and _opens(settings.warehouse)
    except OSError:
        return False


def changed_years(settings: Settings) -> list[int]:
    """The years that the build just made, ascending. Raises duckdb.Error."""
    with memory.connect(settings.warehouse) as connection:
        found = connection.execute(
            "select year from intermediate.int_changed_year where is_changed and year is not null order by year"
        )
        return [year for (year,) in found.fetchall()]


def _described(settings: Settings) -> dict[str, Any]:
    """The file, and all that makes figures of its inputs. Raises OSError."""
    status = settings.warehouse.stat()
    dimensions = (settings.lake / "reference" / "contract_dimension.parquet").read_bytes()
    digest = hashlib.sha256(json.dumps(manifest.made_by(settings)).encode())
    digest.update(dimensions)
    return {"made_by": digest.hexdigest(), "bytes": status.st_size, "changed_ns": status.st_mtime_ns}


def _opens(warehouse: Path) -> bool:
    # What was not written into the file yet is no part of what was released.
    if warehouse.with_name(f"{warehouse.name}.wal").exists():
        return False
    try:
        with memory.connect(warehouse) as connection:
            connection.execute("select count(*) from intermediate.int_changed_year").fetchall()
    except duckdb.Error:
        return False
    return True
