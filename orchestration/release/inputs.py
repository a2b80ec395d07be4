"""What a release was made from: its receipts, in a file of their own beside the manifest.

The manifest is read at every turn, and a long history has receipts by the hundred thousand. Releases of an older make
hold them in the manifest, as the list `inputs`.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from upath import UPath

from orchestration import storage
from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.release.layout import RECEIPTS, DamagedReleaseError, OlderManifestError, read_manifest


def collect(lake: UPath, waiting: Collection[str]) -> pa.Table:
    """The receipts of the lake but for those that are `waiting`, by day and in the order of their arrival.

    Raises ReceiptsError.
    """
    days = [receipts.table_of_day(lake, day) for day in receipts.days(lake)]
    held = pa.concat_tables([receipts.SCHEMA.empty_table(), *days])
    if waiting:
        held = held.filter(pc.invert(pc.is_in(held.column("receipt_id"), pa.array(waiting, pa.string()))))
    return held


def write(folder: Path, held: pa.Table) -> None:
    """Write a release's receipts into its folder. Raises OSError."""
    storage.write_table(folder / RECEIPTS, held)


def count(manifest: Mapping[str, Any]) -> int:
    """How many receipts a release was made from."""
    return int(manifest.get("receipts", len(manifest.get("inputs", ()))))


def fields_of(folder: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Some fields of the receipts that a release was made from, days as texts.

    In object storage the file must have been brought (`publish.bring`). Raises DamagedReleaseError.
    """
    manifest = read_manifest(folder)
    if "inputs" in manifest:
        return [{name: entry[name] for name in names} for entry in manifest["inputs"]]
    rows = _read(folder, names).to_pylist()
    return [
        {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
        for row in rows
    ]


def ids_of(folder: Path) -> pa.Array:
    """The ids of the receipts that a release was made from. Raises DamagedReleaseError."""
    manifest = read_manifest(folder)
    if "inputs" in manifest:
        return pa.array([entry["receipt_id"] for entry in manifest["inputs"]], pa.string())
    return _read(folder, ["receipt_id"]).column("receipt_id").combine_chunks()


def receipts_of(folder: Path) -> list[Receipt]:
    """The receipts that a release was made from. Raises DamagedReleaseError, OlderManifestError."""
    manifest = read_manifest(folder)
    if "inputs" not in manifest:
        return [Receipt(**row) for row in _read(folder, receipts.SCHEMA.names).to_pylist()]
    try:
        return [
            Receipt(
                **{
                    **row,
                    "received_date": dt.date.fromisoformat(row["received_date"]),
                    "received_at": dt.datetime.fromisoformat(row["received_at"]),
                }
            )
            for row in manifest["inputs"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise OlderManifestError(
            f"the manifest of {manifest['release_id']} does not hold its receipts whole"
        ) from error


def _read(folder: Path, names: Sequence[str]) -> pa.Table:
    try:
        return storage.read_table(folder / RECEIPTS, pa.schema([receipts.SCHEMA.field(name) for name in names]))
    except (OSError, KeyError, ValueError) as error:
        raise DamagedReleaseError(folder.name, [f"its {RECEIPTS} cannot be read ({error})"]) from error
