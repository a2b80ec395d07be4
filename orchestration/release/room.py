"""The room of releasing: audit, copy, manifest, switch."""

import datetime as dt
import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from orchestration import __version__, night
from orchestration.receive import receipts
from orchestration.release import changes, marts, publish
from orchestration.release.audit import audit
from orchestration.settings import Settings

_PACKAGES = (
    "dagster",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "pandas",
    "pyarrow",
    "python-calamine",
)


def release(settings: Settings, rulebook: night.Rulebook) -> str:
    """Audit the built warehouse and publish it; returns the release's name.

    Raises AuditError (the release before stands), duckdb.Error, OSError.
    """
    night.begin("release")
    watch = night.Stopwatch()
    publish.clear_unfinished(settings.published)
    current = publish.current_folder(settings.published)
    previous = publish.read_manifest(current) if current else None
    waiting = night.waiting_receipts(settings, rulebook)
    audit(settings.warehouse, str(settings.lake), previous, waiting)
    now = dt.datetime.now(dt.UTC)
    digest = night.inputs_digest(settings, rulebook)
    release_id = _free_id(settings.published, publish.new_release_id(now, digest))

    def write(folder: Path) -> dict[str, Any]:
        warehouse = folder / publish.WAREHOUSE
        marts.copy(settings.warehouse, warehouse)
        before = current / publish.WAREHOUSE if current else None
        is_compared = changes.write(warehouse, before, previous["release_id"] if previous else None)
        manifest = _manifest(settings, rulebook, release_id, now, digest, warehouse, previous, waiting)
        return manifest | {"is_compared_with_previous": is_compared}

    publish.publish(settings.published, release_id, write)
    retired = publish.retire(settings.published, settings.releases_kept)
    night.write_summary(settings, "release", {"release_id": release_id, "retired": retired, "seconds": watch.seconds})
    return release_id


def _free_id(published: Path, wanted: str) -> str:
    """`wanted`, or the first of its numbered variants that no release has."""
    candidate, number = wanted, 1
    while (publish.releases_folder(published) / candidate).exists():
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _manifest(
    settings: Settings,
    rulebook: night.Rulebook,
    release_id: str,
    now: dt.datetime,
    digest: str,
    warehouse: Path,
    previous: dict[str, Any] | None,
    waiting: set[str],
) -> dict[str, Any]:
    """What the release was made from, with what, and how to tell that it is unharmed."""
    content = hashlib.sha256()
    with warehouse.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            content.update(chunk)
    return {
        "release_id": release_id,
        "created_at": now.isoformat(timespec="seconds"),
        "previous_release_id": previous["release_id"] if previous else None,
        "as_of_date": night.last_received_date(settings).isoformat(),
        "inputs_digest": digest,
        "code_digest": night.code_digest(settings),
        "hasila_version": __version__,
        "python_version": platform.python_version(),
        "package_versions": {name: metadata.version(name) for name in _PACKAGES},
        "contract_versions": {
            f"{contract.family} {contract.version}": contract.valid_from.isoformat() for contract in rulebook.contracts
        },
        "rules": len(rulebook.catalogue),
        "corrections": {correction.code: correction.status for correction in rulebook.corrections},
        "decisions": [decision.decision_id for decision in rulebook.decisions],
        "inputs": [
            {
                "receipt_id": receipt.receipt_id,
                "organisation_code": receipt.organisation_code,
                "file_name": receipt.file_name,
                "file_sha256": receipt.file_sha256,
                "received_date": receipt.received_date.isoformat(),
            }
            for day in receipts.days(settings.lake)
            for receipt in receipts.read_day(settings.lake, day)
            if receipt.receipt_id not in waiting
        ],
        "files": {publish.WAREHOUSE: {"bytes": warehouse.stat().st_size, "sha256": content.hexdigest()}},
        "storage_version": marts.STORAGE_VERSION,
        "marts": {
            mart.name: {"rows": mart.rows, "columns": len(mart.columns), "checksum": mart.checksum}
            for mart in marts.describe(warehouse)
        },
    }
