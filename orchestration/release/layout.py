"""What a release is made of: the names in its folder, and its manifest."""

import hashlib
import json
from pathlib import Path
from typing import Any

CURRENT = "current"
RELEASES = "releases"
WAREHOUSE = "warehouse.duckdb"
MANIFEST = "manifest.json"
RECEIPTS = "receipts.parquet"
"""The receipts that a release was made from (`inputs`)."""
PUBLIC = "public"
"""The folder of a release that is for everybody; what lies beside it is for its owner and group."""


class DamagedReleaseError(Exception):
    """A release is not what its manifest says; carries what is wrong with it."""

    def __init__(self, release_id: str, reasons: list[str]):
        super().__init__(f"release {release_id} is damaged: {'; '.join(reasons)}")
        self.reasons = reasons


class OlderManifestError(Exception):
    """A manifest of an older make, which does not hold what is asked of it."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """A release's manifest. Raises DamagedReleaseError where there is none or it cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedReleaseError(folder.name, [f"its {MANIFEST} cannot be read ({error})"]) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("release_id"), str):
        raise DamagedReleaseError(folder.name, [f"its {MANIFEST} is none"])
    return manifest


def described(path: Path) -> dict[str, Any]:
    """A file as a manifest has it: its bytes and its SHA-256. Raises OSError."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
