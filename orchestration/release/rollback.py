"""Going back to an earlier release, and what the loads after that may do.

Every rollback is noted for good in `published/rollbacks.json`: who, when, why, from what to what. While
the release that was gone back to is the current one, the rollback is in force: no load makes again what
was taken back, from the same inputs. With `hold` no load releases anything until somebody resumes.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.release import publish
from orchestration.release.publish import Published

_LOG = "rollbacks.json"


class RollbackError(Exception):
    """A rollback that cannot be done, or a log of rollbacks that cannot be read; says why."""


class HeldError(Exception):
    """Something new waits to be released, and a rollback holds it; carries that rollback."""

    def __init__(self, rollback: "Rollback"):
        super().__init__(
            f"release {rollback.to_release_id} is held ({rollback.told}). What is new was received and waits; "
            "`hasila resume` lets the next load release it"
        )
        self.rollback = rollback


@dataclass(frozen=True, slots=True)
class Rollback:
    """One rollback. `at` is UTC; `withdrawn` are the newer releases with the digests of their inputs.

    `resumed_at`, `resumed_by`: since when, and on whose word, loads may release anything again.
    """

    at: str
    by: str
    reason: str
    from_release_id: str | None
    to_release_id: str
    is_hold: bool = False
    withdrawn: dict[str, str] = field(default_factory=dict)
    resumed_at: str | None = None
    resumed_by: str | None = None

    @property
    def told(self) -> str:
        """Who went back when and why, in a sentence."""
        why = f": {self.reason}" if self.reason else ""
        when = self.at[:16].replace("T", " ")
        return f"{self.by} went back from {self.from_release_id} to {self.to_release_id} on {when} UTC{why}"


def read_log(published: Published) -> list[Rollback]:
    """Every rollback, the first one first. Raises RollbackError for a log that is not whole."""
    try:
        return [Rollback(**entry) for entry in json.loads(publish.read_text(published, _LOG))]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise RollbackError(f"{published}/{_LOG} cannot be read: {error}") from error


def in_force(published: Published) -> Rollback | None:
    """The rollback to the current release, unless somebody resumed since. Raises RollbackError."""
    current = publish.current_folder(published)
    # One noted after it that did not come to its end, as it was killed, led nowhere and ends nothing.
    last = next((one for one in reversed(read_log(published)) if current and one.to_release_id == current.name), None)
    return None if last is None or last.resumed_at else last


def roll_back(published: Published, name: str, *, by: str, reason: str = "", hold: bool = False) -> Rollback:
    """Make the release `name` the current one, if it is whole. Only to be called by the lock's holder.

    Raises UnknownReleaseError, DamagedReleaseError, RollbackError (it is the current one), OSError.
    """
    folder = publish.find(published, name)
    current = publish.current_folder(published)
    if current is not None and folder.name == current.name and not hold:
        raise RollbackError(f"{folder.name} is the current release")
    publish.verify_published(published, folder)
    rollback = Rollback(
        at=_now(),
        by=by,
        reason=reason,
        from_release_id=current.name if current else None,
        to_release_id=folder.name,
        is_hold=hold,
        withdrawn=_inputs_of([one for one in publish.kept(published) if one.name > folder.name]),
    )
    # Noted first: should this fail or be killed in between, the note is of a release that is not current. It stays: in
    # object storage a switch that failed may have come through.
    _write_log(published, [*read_log(published), rollback])
    publish.switch(published, folder.name)
    return rollback


def resume(published: Published, *, by: str) -> Rollback:
    """Let the next load release what there is. Raises RollbackError where no rollback is in force."""
    rollback = in_force(published)
    if rollback is None:
        raise RollbackError("no rollback is in force: the next load releases what is new")
    resumed = Rollback(**{**asdict(rollback), "resumed_at": _now(), "resumed_by": by})
    _write_log(published, [resumed if one == rollback else one for one in read_log(published)])
    return resumed


def _write_log(published: Published, log: list[Rollback]) -> None:
    content: list[dict[str, Any]] = [asdict(entry) for entry in log]
    publish.write_text(published, _LOG, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _inputs_of(folders: list[Path]) -> dict[str, str]:
    found = {}
    for folder in folders:
        try:
            found[folder.name] = str(publish.read_manifest(folder)["inputs_digest"])
        except (publish.DamagedReleaseError, KeyError):
            continue
    return found


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
