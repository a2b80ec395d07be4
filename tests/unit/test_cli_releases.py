"""`hasila releases`, `rollback`, `resume`, `diff`, `reproduce`: what can go wrong is one clear line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration import lock, night
from orchestration.cli import app
from orchestration.release import publish, rollback, room
from orchestration.settings import Settings
from tests.unit.release.small import number_id, publish_number


@pytest.fixture
def published(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three small releases in the installation that the commands see."""
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    monkeypatch.setenv("HASILA_USER", "amina")
    for number in range(3):
        publish_number(settings.published, number)
    return settings.published


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_before_the_first_release_each_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    monkeypatch.setenv("HASILA_USER", "amina")
    assert "nothing was released yet" in run("releases").output
    assert json.loads(run("releases", "--json").output) == {"releases": [], "rollbacks": []}
    assert "no release x is kept; the newest are none" in run("rollback", "x", code=1).output
    assert "no rollback is in force" in run("resume", code=1).output
    assert "no release current is kept" in run("diff", "current", "previous", code=1).output
    assert "no release current is kept" in run("reproduce", "current", code=1).output


def test_the_list_marks_the_current_one_and_what_is_damaged(published: Path) -> None:
    manifest = publish.release_folder(published, number_id(1)) / "manifest.json"
    manifest.chmod(0o600)
    manifest.write_text("{", encoding="utf-8")
    found = json.loads(run("releases", "--json").output)["releases"]
    assert [(one["release_id"], one["is_current"]) for one in found] == [
        (number_id(2), True),
        (number_id(1), False),
        (number_id(0), False),
    ]
    assert [one["error"] is not None for one in found] == [False, True, False]
    assert found[0]["rows"] == 3
    folder = publish.release_folder(published, number_id(2))
    assert found[0]["bytes"] == sum(path.stat().st_size for path in folder.iterdir() if path.name != "manifest.json")
    assert "cannot be read" in run("releases").output


def test_the_current_one_is_known_where_the_releases_lie_elsewhere(published: Path, tmp_path: Path) -> None:
    """On a larger disk, say, with a link where they were."""
    published.rename(tmp_path / "elsewhere")
    published.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    found = json.loads(run("releases", "--json").output)["releases"]
    assert [one["is_current"] for one in found] == [True, False, False]


def test_a_rollback_says_what_follows_from_it(published: Path) -> None:
    said = run("rollback", "previous", "--reason", "Wrong total.").output
    assert f"{number_id(1)} is the current release" in said
    assert "--hold" in said
    assert "in force" in run("releases").output
    assert "hasila resume" in run("rollback", "current", "--hold").output
    assert "held" in run("releases").output
    assert "releases again" in run("resume", "--by", "youssef").output
    assert "resumed by youssef" in run("releases").output


def test_a_damaged_release_is_refused(published: Path) -> None:
    file = publish.release_folder(published, number_id(0)) / "warehouse.duckdb"
    file.chmod(0o600)
    file.write_bytes(b"x")
    assert "warehouse.duckdb is not the file that was released" in run("rollback", number_id(0), code=1).output
    assert publish.find(published, "current").name == number_id(2)


def test_nobody_goes_back_while_another_is_at_work(published: Path, settings: Settings) -> None:
    with lock.one_at_a_time(settings, "hasila load (process 4711)"):
        said = run("rollback", "previous", code=1).output
    assert "hasila load (process 4711), since" in said
    assert publish.find(published, "current").name == number_id(2)
    assert rollback.read_log(published) == []


def test_an_older_release_cannot_be_made_again_and_says_why(published: Path) -> None:
    file = publish.release_folder(published, number_id(0)) / "manifest.json"
    file.chmod(0o600)
    manifest = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(manifest | {"inputs": [{"receipt_id": "r"}]}), encoding="utf-8")
    said = run("reproduce", number_id(0), code=1).output
    assert "does not hold its receipts whole" in said


def test_what_was_taken_back_is_no_news_and_a_held_release_stops_what_is(
    published: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulebook = night.load_rulebook(settings)
    monkeypatch.setattr(night, "inputs_digest", lambda *_: "inputs of 2")
    assert not night.has_news(settings, rulebook)
    rollback.roll_back(published, number_id(0), by="amina")
    assert not night.has_news(settings, rulebook)
    monkeypatch.setattr(night, "inputs_digest", lambda *_: "inputs of 3")
    assert night.has_news(settings, rulebook)
    rollback.roll_back(published, number_id(0), by="amina", hold=True)
    with pytest.raises(rollback.HeldError, match="hasila resume"):
        night.has_news(settings, rulebook)
    # A run of Dagster may begin with any room.
    with pytest.raises(rollback.HeldError, match="hasila resume"):
        room.release(settings, rulebook)
    monkeypatch.setattr(night, "inputs_digest", lambda *_: "inputs of 1")
    assert not night.has_news(settings, rulebook)
    rollback.resume(published, by="amina")
    assert night.has_news(settings, rulebook)
