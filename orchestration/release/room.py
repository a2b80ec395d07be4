"""The room of releasing: audit, copy, the public part, manifest, switch."""

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc

from orchestration import __version__, earlier_build, memory, night, portal, storage
from orchestration.portal import carried
from orchestration.release import audit, changes, exports, inputs, manifest, marts, public, publish, rollback
from orchestration.release.audit import Acceptance, AuditError, Failure
from orchestration.release.disclosure import record
from orchestration.release.exports import Edition
from orchestration.release.publish import Published
from orchestration.settings import Settings

_PORTAL = "portal.json"
"""What a release keeps of its portal for the next one (`orchestration.portal.carried`)."""


def release(settings: Settings, rulebook: night.Rulebook, accepted: Iterable[Acceptance] = ()) -> str:
    """Audit the built warehouse and publish it; returns the release's name.

    `accepted` are the failed checks that a person lets through. What the audit found is left in the
    summary `audit`. Raises AuditError or HeldError (the release before stands), duckdb.Error, OSError.
    """
    night.begin(settings, "release")
    watch = night.Stopwatch()
    declared = audit.load_declared(settings.expectations / "audit.yml")
    try:
        try:
            release_id, audited, retired = _release(settings, rulebook, declared, tuple(accepted))
        except duckdb.OutOfMemoryException:
            # How much memory that takes follows from the size of the files only by and large.
            with memory.with_most():
                release_id, audited, retired = _release(settings, rulebook, declared, tuple(accepted))
    except AuditError as error:
        night.write_summary(settings, "audit", {"failures": [failure.as_json(declared) for failure in error.failures]})
        raise
    night.write_summary(settings, "audit", {"failures": [], **audited})
    # What cannot be noted is built anew by the next load.
    with contextlib.suppress(OSError):
        earlier_build.note(settings)
    night.write_summary(settings, "release", {"release_id": release_id, "retired": retired, "seconds": watch.seconds})
    return release_id


def _release(
    settings: Settings, rulebook: night.Rulebook, declared: audit.Declared, accepted: tuple[Acceptance, ...]
) -> tuple[str, dict[str, Any], list[str]]:
    publish.clear_unfinished(settings.published)
    current = publish.current_folder(settings.published)
    if current is not None:
        files = publish.WAREHOUSE, publish.RECEIPTS, f"{public.FOLDER}/{public.WAREHOUSE}"
        publish.bring(settings.published, current, *files)
    previous = publish.read_manifest(current) if current else None
    now = dt.datetime.now(dt.UTC)
    digest = night.inputs_digest(settings, rulebook)
    _refuse_what_was_taken_back(settings, digest, declared)
    release_id = _free_id(settings.published, publish.new_release_id(now, digest))
    waiting = night.waiting_receipts(settings, rulebook)
    receipts, before = _received(settings, waiting, current, previous)
    built = marts.describe(settings.warehouse)
    composed = manifest.compose(
        settings,
        rulebook,
        release_id=release_id,
        now=now,
        inputs_digest=digest,
        previous=previous,
        receipts=receipts,
        marts=built,
    )
    audited = audit.audit(
        settings.warehouse,
        str(storage.on_this_machine(settings.lake)),
        declared,
        marts_folder=settings.dbt_project / "models" / "marts",
        language=settings.language,
        before=before,
        manifest=composed,
        waiting=waiting,
        accepted=accepted,
    )
    told = {
        "checks": audited.checks,
        "figures_recounted": audited.recounted,
        "accepted": [
            {**failure.as_json(declared), "reason": word.reason, "by": word.by} for word, failure in audited.accepted
        ],
    }

    def write(folder: Path) -> dict[str, Any]:
        warehouse = folder / publish.WAREHOUSE
        inputs.write(folder, inputs.collect(settings.lake, waiting))
        marts.copy(settings.warehouse, warehouse)
        if failures := audit.copy_failures(marts.fingerprints(settings.warehouse), marts.fingerprints(warehouse)):
            raise AuditError(failures, declared, settings.language)
        changes.write(warehouse, audited.changed)
        between = marts.describe(warehouse, [changes.TABLE])
        disclosed = public.write(folder, warehouse, rulebook.policy, _beside(settings.published, current))
        edition = Edition(
            release_id=release_id,
            created_at=now.replace(microsecond=0),
            as_of_date=night.last_received_date(settings),
            previous_release_id=previous["release_id"] if previous else None,
            hasila_version=__version__,
        )
        memory.give_back()
        # Exports are DuckDB's work for the most part, the portal's pages are Python's: side by side on two cores.
        with ThreadPoolExecutor(1, "exports") as aside:
            exported = aside.submit(exports.write, folder / public.FOLDER, edition)
            record = portal.write(
                folder / public.FOLDER,
                edition,
                rulebook.branding,
                rulebook.catalogue,
                settings.portal_scripts,
                _portal_before(current, previous),
                _drawn_with(settings, rulebook),
                beside=exported.result,
            )
        storage.write_text(folder / _PORTAL, record.written())
        return manifest.with_marts(composed, between) | {
            "is_compared_with_previous": audited.changed is not None,
            "audit": told,
            "disclosure": disclosed.as_manifest(rulebook.policy),
        }

    publish.publish(settings.published, release_id, write)
    spared = [current.name] if current else []
    retired = publish.retire(settings.published, settings.releases_kept, settings.releases_kept_days, now, spared)
    return release_id, told, retired


def _received(
    settings: Settings, waiting: Collection[str], current: Path | None, previous: dict[str, Any] | None
) -> tuple[int, audit.Before | None]:
    """How many receipts a release is made from, and the release before it for the audit."""
    held = inputs.collect(settings.lake, waiting)
    if current is None or previous is None:
        return held.num_rows, None
    known = pc.is_in(held.column("receipt_id"), inputs.ids_of(current))
    before = audit.Before(previous, current / publish.WAREHOUSE, lacks_receipts=not pc.all(known).as_py())
    return held.num_rows, before


def _portal_before(current: Path | None, previous: dict[str, Any] | None) -> carried.Before | None:
    """The portal of the release before, as far as it lies on this machine."""
    if current is None or previous is None:
        return None
    beginning = f"{public.FOLDER}/{portal.FOLDER}/"
    digests = {
        name.removeprefix(beginning): file["sha256"]
        for name, file in previous.get("files", {}).items()
        if name.startswith(beginning)
    }
    return carried.Before(current / beginning, carried.read(current / _PORTAL), digests)


def _drawn_with(settings: Settings, rulebook: night.Rulebook) -> str:
    made_with = [*manifest.made_by(settings), rulebook.branding.model_dump_json()]
    return hashlib.sha256(json.dumps(made_with).encode()).hexdigest()


def _beside(published: Published, current: Path | None) -> list[Path]:
    """The releases that stay public beside the new one, the one before it first."""
    others = [
        publish.bring(published, folder, record.FILE)
        for folder in reversed(publish.kept(published))
        if current is None or folder.name != current.name
    ]
    return [current, *others] if current else others


def _refuse_what_was_taken_back(settings: Settings, digest: str, declared: audit.Declared) -> None:
    """Raise HeldError where a rollback holds, AuditError where this was built from just what one took back.

    A load asks before it begins. A run of Dagster may begin with any room, and a family that cannot be judged
    leaves its days open, so that every night comes here again.
    """
    stopped = rollback.in_force(settings.published)
    if stopped is not None and stopped.is_hold:
        raise rollback.HeldError(stopped)
    if stopped is not None and digest in stopped.withdrawn.values():
        raise AuditError([Failure("RELEASE_WITHDRAWN", 1, stopped.told)], declared, settings.language)


def _free_id(published: Published, wanted: str) -> str:
    """`wanted`, or the first of its numbered variants that no release has."""
    candidate, number = wanted, 1
    while publish.is_taken(published, candidate):
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
