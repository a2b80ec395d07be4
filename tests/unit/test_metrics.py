"""The metrics file, read back by the parser of Prometheus' own client library."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestration import metrics
from orchestration.release import publish
from orchestration.settings import Settings, load_settings

BEGAN = dt.datetime(2025, 1, 31, 1, 0, tzinfo=dt.UTC)
OUTCOME: dict[str, Any] = {
    "released": True,
    "seconds": {"receive": 0.5, "model": 12.25},
    "reports": {"received": 3, "accepted": 2, "sent_back": 1, "unreadable": 0},
    "observations": {"read": 20, "accepted": 18, "quarantined": 2},
    "answers": {"written": 2, "failed": [{"reason": "x"}], "error": ""},
    "waiting": [{"path": "a"}, {"path": "b"}],
    "failed_families": [],
}
RELEASE = {"created_at": "2025-01-31T00:59:00+00:00"}


def load(exit_code: int = 0, **given: Any) -> metrics.Load:
    ended = BEGAN + dt.timedelta(seconds=90)
    told = {"outcome": OUTCOME, "release": RELEASE, "overdue": 4} | given
    return metrics.Load(exit_code=exit_code, began_at=BEGAN, ended_at=told.pop("ended_at", ended), **told)


def parsed(path: Path) -> dict[str, float]:
    """By name and labels, the samples that Prometheus would take."""
    found = {}
    for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            found[" ".join([sample.name, *sample.labels.values()])] = sample.value
    return found


def test_what_a_load_did_is_what_prometheus_reads(tmp_path: Path) -> None:
    path = tmp_path / "hasila.prom"
    metrics.write(path, load())
    found = parsed(path)
    ended = BEGAN.timestamp() + 90
    expected = {
        "hasila_load_exit_code": 0,
        "hasila_load_end_timestamp_seconds": ended,
        "hasila_load_last_success_timestamp_seconds": ended,
        "hasila_load_duration_seconds": 90,
        "hasila_load_released": 1,
        "hasila_load_room_duration_seconds model": 12.25,
        "hasila_load_reports sent_back": 1,
        "hasila_load_observations quarantined": 2,
        "hasila_load_answers failed": 1,
        "hasila_load_files_waiting": 2,
        "hasila_load_failed_families": 0,
        "hasila_release_created_timestamp_seconds": BEGAN.timestamp() - 60,
        "hasila_release_age_seconds": 150,
        "hasila_reports_overdue": 4,
    }
    assert {name: found[name] for name in expected} == expected
    assert found["hasila_load_peak_memory_bytes self"] > 10_000_000
    assert path.stat().st_mode & 0o777 == 0o644
    assert [other.name for other in tmp_path.iterdir()] == ["hasila.prom"]


@pytest.mark.parametrize(("exit_code", "is_success"), [(0, True), (3, True), (1, False), (130, False)])
def test_the_last_success_outlives_a_failure(exit_code: int, is_success: bool, tmp_path: Path) -> None:
    path = tmp_path / "hasila.prom"
    metrics.write(path, load())
    later = BEGAN + dt.timedelta(days=1)
    metrics.write(path, load(exit_code, ended_at=later))
    found = parsed(path)
    expected = later.timestamp() if is_success else BEGAN.timestamp() + 90
    assert found["hasila_load_last_success_timestamp_seconds"] == expected
    assert found["hasila_load_end_timestamp_seconds"] == later.timestamp()
    assert found["hasila_load_exit_code"] == exit_code


def test_what_nobody_knows_is_left_out(tmp_path: Path) -> None:
    """A load that broke before it had an outcome, on a machine where nothing was released yet."""
    path = tmp_path / "hasila.prom"
    path.write_bytes(b"\xff not what hasila wrote")
    metrics.write(path, load(1, outcome=None, release=None, overdue=None))
    names = {name.split()[0] for name in parsed(path)}
    assert "hasila_load_exit_code" in names
    unknown = {"hasila_load_reports", "hasila_reports_overdue", "hasila_load_last_success_timestamp_seconds"}
    assert names.isdisjoint(unknown | {"hasila_release_age_seconds"})


def test_a_release_is_told_though_the_overdue_reports_cannot_be_counted(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise OSError(5, "Input/output error")

    told = load_settings(data=settings.data, metrics_file=tmp_path / "hasila.prom")
    monkeypatch.setattr(publish, "current_manifest", lambda _: RELEASE)
    monkeypatch.setattr("orchestration.overdue.overdue_reports", breaks)
    (problem,) = metrics.report(told, 0, BEGAN, OUTCOME)
    assert problem.startswith("the overdue reports could not be counted")
    found = parsed(tmp_path / "hasila.prom")
    created = dt.datetime.fromisoformat(RELEASE["created_at"]).timestamp()
    assert found["hasila_release_created_timestamp_seconds"] == created
    assert "hasila_reports_overdue" not in found
    monkeypatch.setattr(publish, "current_manifest", breaks)
    (problem,) = metrics.report(told, 0, BEGAN, OUTCOME)
    assert problem.startswith("the current release could not be looked at")
    assert parsed(tmp_path / "hasila.prom")["hasila_load_exit_code"] == 0
