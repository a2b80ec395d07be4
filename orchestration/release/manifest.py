"""The manifest of a release: what it was made from, with what, and how to tell that it is unharmed.

Together with the archive and the receipts beside it (`inputs`) it is enough to make the release again: it holds what
persons had decided in full.
"""

import datetime as dt
import json
import platform
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from orchestration import __version__, night
from orchestration.check import correction_log
from orchestration.check.correction_log import Entry
from orchestration.check.decisions import Decision
from orchestration.release.layout import OlderManifestError
from orchestration.release.marts import STORAGE_VERSION, Mart
from orchestration.settings import Settings

_PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas", "pyarrow")


def compose(
    settings: Settings,
    rulebook: night.Rulebook,
    *,
    release_id: str,
    now: dt.datetime,
    inputs_digest: str,
    previous: Mapping[str, Any] | None,
    receipts: int,
    marts: Iterable[Mart],
) -> dict[str, Any]:
    """The manifest of the release that is being made; `publish` adds its files.

    `previous` is the one it follows, `receipts` are how many it is made from.
    """
    parts = night.code_parts(settings)
    return {
        "release_id": release_id,
        "created_at": now.isoformat(timespec="seconds"),
        "previous_release_id": previous["release_id"] if previous else None,
        "as_of_date": night.last_received_date(settings).isoformat(),
        "inputs_digest": inputs_digest,
        # Of a build upon an earlier one, the years that were built; None where everything was.
        "built_years": night.read_summary(settings, "model").get("built_years"),
        "code_digest": night.code_digest(settings),
        "code_parts": parts,
        "hasila_version": __version__,
        "python_version": platform.python_version(),
        "package_versions": package_versions(),
        "contract_versions": {
            f"{contract.family} {contract.version}": contract.valid_from.isoformat() for contract in rulebook.contracts
        },
        "rules": len(rulebook.catalogue),
        "corrections": {correction.code: correction.status for correction in rulebook.corrections},
        "decisions": [decision.decision_id for decision in rulebook.decisions],
        "rulings": {
            "corrections": [entry.model_dump(mode="json") for entry in correction_log.read_entries(settings.lake)],
            "decisions": [decision.model_dump(mode="json") for decision in rulebook.decisions],
        },
        "receipts": receipts,
        "storage_version": STORAGE_VERSION,
        "marts": described(marts),
    }


def described(marts: Iterable[Mart]) -> dict[str, dict[str, Any]]:
    """Marts as a manifest has them."""
    return {mart.name: {"rows": mart.rows, "columns": len(mart.columns), "checksum": mart.checksum} for mart in marts}


def with_marts(manifest: Mapping[str, Any], more: Iterable[Mart]) -> dict[str, Any]:
    """A manifest with more marts."""
    return {**manifest, "marts": dict(sorted({**manifest["marts"], **described(more)}.items()))}


def rulings_of(manifest: Mapping[str, Any]) -> tuple[tuple[Entry, ...], tuple[Decision, ...]]:
    """The log of corrections and the decisions as they stood when a release was made. Raises OlderManifestError."""
    try:
        held = manifest["rulings"]
        return (
            tuple(Entry.model_validate_json(json.dumps(entry)) for entry in held["corrections"]),
            tuple(Decision.model_validate_json(json.dumps(entry)) for entry in held["decisions"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise OlderManifestError(f"the manifest of {manifest['release_id']} does not hold its rulings whole") from error


def package_versions() -> dict[str, str]:
    """The versions of the packages that hasila asks for, as they are installed."""
    try:
        required = metadata.requires("hasila") or []
    except metadata.PackageNotFoundError:
        required = list(_PACKAGES)
    names = {match[0].lower() for text in required if (match := re.match(r"[A-Za-z0-9._-]+", text))}
    found = {}
    for name in sorted(names):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def made_by(settings: Settings) -> list[Any]:
    """All that makes a release of its inputs: hasila's code, contracts and rules, its packages, Python."""
    return [night.code_digest(settings), package_versions(), platform.python_version()]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not what it was when a release was made: a `part` of the code, or a `package`.

    `then` and `now` are versions or the beginnings of digests; None where there was, or is, none.
    """

    kind: str
    name: str
    then: str | None
    now: str | None


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """What differs between the code and the packages of two manifests, or of a manifest and `installed`."""
    found = []
    for kind, key, length in (("package", "package_versions", None), ("part", "code_parts", 12)):
        before, after = dict(then.get(key) or {}), dict(now.get(key) or {})
        if kind == "package":
            for manifest, versions in ((then, before), (now, after)):
                versions |= {name: manifest[f"{name}_version"] for name in ("hasila", "python")}
        found += [
            Difference(kind, name, (before.get(name) or "")[:length] or None, (after.get(name) or "")[:length] or None)
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name) and (before or after)
        ]
    return found


def installed(settings: Settings) -> dict[str, Any]:
    """What is installed now, as a manifest would have it."""
    return {
        "hasila_version": __version__,
        "python_version": platform.python_version(),
        "package_versions": package_versions(),
        "code_parts": night.code_parts(settings),
    }
