"""The one place that reads the environment."""

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestration.settings import load_settings


def test_the_environment_is_read_and_an_argument_is_stronger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASILA_DATA", str(tmp_path / "environment"))
    assert load_settings().data == tmp_path / "environment"
    assert load_settings(data=tmp_path / "argument").data == tmp_path / "argument"
    assert load_settings(data=None).data == tmp_path / "environment"


def test_relative_paths_are_taken_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(inbox="reports").inbox == tmp_path / "reports"


def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASILA_LANGUAGE", "de")
    with pytest.raises(ValidationError, match="language"):
        load_settings()


@pytest.mark.parametrize("limit", ["half", "60%", "0GB", "8", "8GB; drop"])
def test_a_memory_limit_is_a_number_with_a_unit(limit: str) -> None:
    assert load_settings(memory_limit="1.5GiB").memory_limit == "1.5GiB"
    with pytest.raises(ValidationError, match="memory_limit"):
        load_settings(memory_limit=limit)


def test_a_moment_lies_on_the_day_of_the_time_zone() -> None:
    settings = load_settings(timezone="Africa/Casablanca")
    assert settings.day_of(dt.datetime(2024, 7, 1, 22, 59)) == dt.date(2024, 7, 1)
    assert settings.day_of(dt.datetime(2024, 7, 1, 23, 1)) == dt.date(2024, 7, 2)
