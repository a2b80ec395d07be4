"""A release made once more, from the archive and its manifest alone, and held against what was released.

It is built in a folder of its own below `work/`; nothing that is published or in the lake is touched, or
even read but for the release before, with which `release_change` compares. The code, the contracts, the
rules and the packages are those of now; what of them is not as it was then is named.
"""

import dataclasses
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration import memory, night, rebuild, storage
from orchestration.check import correction_log, decisions
from orchestration.receive import archive, receipts
from orchestration.release import changes, inputs, manifest, marts, publish
from orchestration.release.layout import OlderManifestError
from orchestration.settings import Settings


class NotReproducibleError(Exception):
    """A release cannot be made again; says what is missing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One mart then and now; `now` is None where it was left out, with the `reason`."""

    name: str
    then: str | None
    now: str | None
    rows_then: int | None
    rows_now: int | None
    reason: str = ""

    @property
    def is_equal(self) -> bool:
        return self.then == self.now


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of making a release again: its marts, and what is not as it was then."""

    release_id: str
    compared: tuple[Compared, ...]
    differences: tuple[manifest.Difference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every mart that could be compared is the same."""
        return all(mart.is_equal for mart in self.compared if not mart.reason)

    def as_json(self) -> dict[str, Any]:
        return {
            "release_id": self.release_id,
            "is_equal": self.is_equal,
            "marts": {
                mart.name: dataclasses.asdict(mart) | {"is_equal": None if mart.reason else mart.is_equal}
                for mart in self.compared
            },
            "differences": [dataclasses.asdict(difference) for difference in self.differences],
        }


def reproduce(settings: Settings, name: str, told: Callable[[str], None]) -> Reproduction:
    """Make the release `name` again and compare its marts; one reproduction at a time.

    `told` hears in a sentence what takes long. Raises UnknownReleaseError, DamagedReleaseError,
    NotReproducibleError, ModelError, OSError, and what loading the rulebook raises.
    """
    folder = publish.find(settings.published, name)
    released = publish.read_manifest(folder)
    with rebuild.building(settings, settings.work / "reproduce", told) as own:
        told(f"making release {released['release_id']} again from {inputs.count(released)} received files")
        _fill(settings, own, publish.bring(settings.published, folder, publish.RECEIPTS), released)
        before, reason = _release_before(settings, own, released)
        with (
            (own.home.parent / "last.log").open("w", encoding="utf-8") as log,
            redirect_stdout(log),
            redirect_stderr(log),
        ):
            rulebook = dataclasses.replace(
                night.load_rulebook(own),
                corrections=correction_log.corrections_of(correction_log.read_entries(own.lake)),
            )
            rebuild.read_and_judge(own, rulebook)
            rebuild.build_marts(own)
        found = changes.compare(own.warehouse, before, released["previous_release_id"]) if before else None
        copy = own.home / publish.WAREHOUSE
        marts.copy(own.warehouse, copy)
        changes.write(copy, found)
        again = {mart.name: mart for mart in marts.describe(copy)}
    compared = []
    for mart, then in sorted({**dict.fromkeys(again), **released["marts"]}.items()):
        now = again.get(mart)
        left_out = reason if mart == changes.TABLE else ""
        compared.append(
            Compared(
                mart,
                then["checksum"] if then else None,
                now.checksum if now and not left_out else None,
                then["rows"] if then else None,
                now.rows if now and not left_out else None,
                left_out,
            )
        )
    differences = manifest.differences(released, manifest.installed(settings))
    return Reproduction(released["release_id"], tuple(compared), tuple(differences))


def _fill(settings: Settings, own: Settings, folder: Path, released: dict[str, Any]) -> None:
    """Give the installation `own` the archive, the receipts, and what persons had decided, from the release."""
    try:
        held = inputs.receipts_of(folder)
        entries, decided = manifest.rulings_of(released)
    except OlderManifestError as error:
        raise NotReproducibleError(str(error)) from error
    for receipt in held:
        path = settings.archive / receipt.archive_path
        try:
            with path.open("rb") as file:
                digest = archive.sha256(file)
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotReproducibleError(f"{path}: {reason}; it was received as {receipt.inbox_path}") from error
        if digest != receipt.file_sha256:
            raise NotReproducibleError(f"{path} is not what was received as {receipt.inbox_path}")
    for day in sorted({receipt.received_date for receipt in held}):
        receipts.write_day(own.lake, day, [receipt for receipt in held if receipt.received_date == day])
    for entry in entries:
        storage.write_text(correction_log.path_of(own.lake, entry), entry.model_dump_json())
    for decision in decided:
        storage.write_text(decisions.path_of(own.lake, decision), decision.model_dump_json())


def _release_before(settings: Settings, own: Settings, released: dict[str, Any]) -> tuple[Path | None, str]:
    """The file of the release before, kept from being removed meanwhile; else why there is none to compare with."""
    followed = released["previous_release_id"]
    if followed is None or not released.get("is_compared_with_previous"):
        return None, ""
    try:
        published = settings.published
        folder = publish.bring(published, publish.release_folder(published, followed), publish.WAREHOUSE)
        target = own.home / f"before-{publish.WAREHOUSE}"
        storage.link(folder / publish.WAREHOUSE, target)
        with memory.connect(target):
            pass
    except (OSError, duckdb.Error, publish.DamagedReleaseError):
        return None, f"the release before it, {followed}, is no longer kept"
    return target, ""
