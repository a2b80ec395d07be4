"""A load as a Prometheus text file, for the textfile collector of node-exporter.

Written whole at the end of every load, whether it succeeded or not. What is a moment is given as a
timestamp, so that its age can be asked for at any time: `time() - hasila_release_created_timestamp_seconds`.
"""

import datetime as dt
import re
import resource
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration import __version__, storage
from orchestration.settings import Settings

_LAST_SUCCESS = "hasila_load_last_success_timestamp_seconds"
_SUCCESS = (0, 3)
"""Exit codes of a load that did what it should: 3 says with --strict that a report was sent back."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is known of a load when it has ended.

    `began_at` and `ended_at` are moments with a time zone. `outcome` is `night.outcome`, or None where
    the load broke before it had one. `release` is the manifest of the current release; `overdue` the
    number of reports overdue on that day, or None where nobody knows.
    """

    exit_code: int
    began_at: dt.datetime
    ended_at: dt.datetime
    outcome: Mapping[str, Any] | None
    release: Mapping[str, Any] | None
    overdue: int | None


def report(settings: Settings, exit_code: int, began_at: dt.datetime, outcome: Mapping[str, Any] | None) -> list[str]:
    """Write what is known of a load that has just ended, where the settings say to; returns what did not go."""
    from orchestration.overdue import overdue_reports
    from orchestration.release import publish

    if settings.metrics_file is None:
        return []
    problems, release, overdue = [], None, None
    try:
        release = publish.current_manifest(settings.published)
    except Exception as error:  # noqa: BLE001  a figure beside the load is not worth its exit code
        problems.append(f"the current release could not be looked at: {error}")
    try:
        if release is not None:
            overdue = len(overdue_reports(settings, settings.today()))
    except Exception as error:  # noqa: BLE001  as above
        problems.append(f"the overdue reports could not be counted: {error}")
    load = Load(exit_code, began_at, dt.datetime.now(dt.UTC), outcome, release, overdue)
    try:
        write(settings.metrics_file, load)
    except OSError as error:
        problems.append(f"the metrics could not be written: {settings.metrics_file}: {error.strerror or error}")
    return problems


def write(path: Path, load: Load) -> None:
    """Write the file whole; the moment of the last success is carried over from the file before.

    Raises OSError.
    """
    last_success = load.ended_at.timestamp() if load.exit_code in _SUCCESS else _earlier_success(path)
    # Whoever collects it is another user.
    storage.write_bytes(path, render(load, last_success).encode(), mode=0o644)


def _earlier_success(path: Path) -> float | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(rf"^{_LAST_SUCCESS} ([0-9.]+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else None


def render(load: Load, last_success: float | None) -> str:
    """The file's text: the Prometheus text format, version 0.0.4."""
    lines: list[str] = []
    for name, meaning, samples in _metrics(load, last_success):
        found = [(labels, value) for labels, value in samples if value is not None]
        if found:
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in found]
    return "\n".join(lines) + "\n"


_Sample = tuple[Mapping[str, str], float | None]


def _metrics(load: Load, last_success: float | None) -> Iterator[tuple[str, str, list[_Sample]]]:
    ended = load.ended_at.timestamp()
    yield "hasila_info", "The version that loaded.", [({"version": __version__}, 1)]
    yield "hasila_load_exit_code", "Exit code of the last load.", _one(load.exit_code)
    yield "hasila_load_end_timestamp_seconds", "When the last load ended.", _one(ended)
    yield _LAST_SUCCESS, "When a load last did what it should.", _one(last_success)
    took = (load.ended_at - load.began_at).total_seconds()
    yield "hasila_load_duration_seconds", "How long the last load took.", _one(took)
    yield (
        "hasila_load_peak_memory_bytes",
        "The most memory that one process of the last load held: its own, or the largest it started.",
        [({"process": name}, value) for name, value in peak_memory().items()],
    )
    if load.outcome is not None:
        yield from _of_outcome(load.outcome)
    if load.release is not None:
        created = dt.datetime.fromisoformat(load.release["created_at"]).timestamp()
        yield "hasila_release_created_timestamp_seconds", "When the current release was made.", _one(created)
        yield "hasila_release_age_seconds", "How old it was when the last load ended.", _one(ended - created)
    yield "hasila_reports_overdue", "Reports that are overdue, illustrative ones aside.", _one(load.overdue)


def _of_outcome(outcome: Mapping[str, Any]) -> Iterator[tuple[str, str, list[_Sample]]]:
    yield "hasila_load_released", "Whether the last load made a release.", _one(outcome["released"])
    yield (
        "hasila_load_room_duration_seconds",
        "How long each room of the last load took; 0 where it had nothing to do.",
        [({"room": room}, seconds) for room, seconds in outcome["seconds"].items()],
    )
    for name, meaning in (
        ("reports", "Reports that are new since the release before, by state."),
        ("observations", "Observations in them, by state."),
    ):
        yield f"hasila_load_{name}", meaning, [({"state": state}, count) for state, count in outcome[name].items()]
    answers = outcome["answers"]
    by_state: list[_Sample] = [
        ({"state": "written"}, answers["written"]),
        ({"state": "failed"}, len(answers["failed"])),
    ]
    yield "hasila_load_answers", "Answers to reporters that the last load wrote, or could not.", by_state
    yield "hasila_load_files_waiting", "Files in the inbox that wait.", _one(len(outcome["waiting"]))
    failed = len(outcome["failed_families"])
    yield "hasila_load_failed_families", "Families that failed as a whole.", _one(failed)


def _one(value: float | None) -> list[_Sample]:
    return [({}, value)]


def peak_memory() -> dict[str, int]:
    """The most memory this process held so far, and the largest of those that it had started and that ended, in bytes.

    Those in which it had files read, families judged, pages drawn and answers written count on Linux alone.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    # A night without news has no use for it.
    pools = sys.modules.get("orchestration.processes")
    ended = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    return {
        "self": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "children": max(ended, pools.peak_bytes() if pools else 0),
    }


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = (
        (name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, value in labels.items()
    )
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(float(value), 6))
