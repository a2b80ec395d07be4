"""Going back to an earlier release: only to a whole one, noted for good, in force while it is the current one."""

import json
from pathlib import Path

import pytest

from orchestration.release import publish, rollback
from tests.unit.release.small import number_id, publish_number


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    for number in range(4):
        publish_number(folder, number)
    return folder


def test_it_is_switched_and_noted_with_what_was_taken_back(published: Path) -> None:
    done = rollback.roll_back(published, number_id(1), by="amina", reason="Wrong total.")
    assert publish.current_folder(published) == publish.release_folder(published, number_id(1))
    assert rollback.read_log(published) == [done]
    assert rollback.in_force(published) == done
    assert (done.by, done.reason, done.from_release_id) == ("amina", "Wrong total.", number_id(3))
    assert done.withdrawn == {number_id(2): "inputs of 2", number_id(3): "inputs of 3"}
    assert "amina went back from" in done.told
    assert "Wrong total." in done.told


def test_going_forward_again_takes_nothing_back_that_is_older(published: Path) -> None:
    rollback.roll_back(published, number_id(1), by="amina")
    done = rollback.roll_back(published, number_id(3), by="amina")
    assert done.withdrawn == {}
    assert rollback.in_force(published) == done
    assert len(rollback.read_log(published)) == 2


def test_a_release_made_since_ends_it(published: Path) -> None:
    rollback.roll_back(published, number_id(1), by="amina")
    publish_number(published, 4)
    assert rollback.in_force(published) is None


def test_resuming_ends_it_and_the_note_stays(published: Path) -> None:
    rollback.roll_back(published, number_id(1), by="amina", hold=True)
    resumed = rollback.resume(published, by="youssef")
    assert rollback.in_force(published) is None
    assert rollback.read_log(published) == [resumed]
    assert (resumed.by, resumed.resumed_by, resumed.is_hold) == ("amina", "youssef", True)
    with pytest.raises(rollback.RollbackError, match="no rollback is in force"):
        rollback.resume(published, by="youssef")


def test_a_damaged_release_is_refused_and_nothing_changes(published: Path) -> None:
    file = publish.release_folder(published, number_id(1)) / "warehouse.duckdb"
    content = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(publish.DamagedReleaseError, match="is not the file that was released"):
        rollback.roll_back(published, number_id(1), by="amina")
    assert publish.current_folder(published) == publish.release_folder(published, number_id(3))
    assert rollback.read_log(published) == []


def test_from_a_damaged_release_one_can_go_back(published: Path) -> None:
    manifest = publish.release_folder(published, number_id(3)) / "manifest.json"
    manifest.chmod(0o600)
    manifest.write_text("{")
    done = rollback.roll_back(published, number_id(2), by="amina")
    assert done.from_release_id == number_id(3)
    assert publish.current_manifest(published) is not None


def test_to_the_current_one_only_to_hold_it(published: Path) -> None:
    with pytest.raises(rollback.RollbackError, match="is the current release"):
        rollback.roll_back(published, "current", by="amina")
    held = rollback.roll_back(published, "current", by="amina", hold=True)
    assert rollback.in_force(published) == held


def test_killed_between_the_note_and_the_switch_nothing_is_in_force(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publish, "switch", die)
    with pytest.raises(KeyboardInterrupt):
        rollback.roll_back(published, number_id(1), by="amina")
    assert rollback.in_force(published) is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_one_that_did_not_come_to_its_end_leaves_a_hold_in_force(
    published: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """Else the next load would release again what was taken back."""
    held = rollback.roll_back(published, number_id(2), by="amina", hold=True)

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched, pytest.raises(error):
        patched.setattr(publish, "switch", fail)
        rollback.roll_back(published, number_id(1), by="amina")
    assert rollback.in_force(published) == held
    rollback.resume(published, by="amina")
    assert rollback.in_force(published) is None


@pytest.mark.parametrize("content", ["{", "[1]", '[{"by": "x"}]', '{"a": 1}'])
def test_a_log_that_is_not_whole_is_told_of(published: Path, content: str) -> None:
    (published / "rollbacks.json").write_text(content)
    with pytest.raises(rollback.RollbackError, match=r"rollbacks\.json"):
        rollback.in_force(published)


def test_the_log_is_plain_json(published: Path) -> None:
    rollback.roll_back(published, number_id(1), by="أمينة", reason="خطأ")
    (entry,) = json.loads((published / "rollbacks.json").read_text(encoding="utf-8"))
    assert (entry["by"], entry["reason"]) == ("أمينة", "خطأ")
