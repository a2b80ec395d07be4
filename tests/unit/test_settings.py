"""The one place that reads the environment."""

import datetime as dt
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from upath import UPath

from orchestration import cli
from orchestration.cli import main
from orchestration.release.remote import RemoteReleases
from orchestration.settings import load_settings
from tests.helpers import PROJECT


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
    with pytest.raises(ValidationError, match=r"memory_limit\n.*with its unit, such as 800MiB or 8GB"):
        load_settings(memory_limit=limit)


def test_a_moment_lies_on_the_day_of_the_time_zone() -> None:
    settings = load_settings(timezone="Africa/Casablanca")
    assert settings.day_of(dt.datetime(2024, 7, 1, 22, 59)) == dt.date(2024, 7, 1)
    assert settings.day_of(dt.datetime(2024, 7, 1, 23, 1)) == dt.date(2024, 7, 2)


def test_a_secret_may_be_a_file_and_a_variable_is_stronger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hasila_smtp_password").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("HASILA_SECRETS", str(tmp_path))
    assert load_settings().smtp_password.get_secret_value() == "from a file"
    monkeypatch.setenv("HASILA_SMTP_PASSWORD", "from the environment")
    assert load_settings().smtp_password.get_secret_value() == "from the environment"


def test_dagsters_home_is_in_the_data_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(data=tmp_path / "data").dagster_home == tmp_path / "data" / "dagster"
    monkeypatch.setenv("HASILA_DAGSTER_HOME", str(tmp_path / "home"))
    assert load_settings(data=tmp_path / "data").dagster_home == tmp_path / "home"


def test_the_portals_scripts_are_kept_in_the_work_folder_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(data=tmp_path / "data").portal_scripts == tmp_path / "data" / "work" / "portal"
    monkeypatch.setenv("HASILA_PORTAL_SCRIPTS", str(tmp_path / "kept"))
    assert load_settings(data=tmp_path / "data").portal_scripts == tmp_path / "kept"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HASILA_LANGUAGE", "de", "HASILA_LANGUAGE: Input should be 'ar', 'fr' or 'en'"),
        ("HASILA_SMTP_PORT", "secret", "HASILA_SMTP_PORT: "),
        ("HASILA_SECRETS", "/no/such/folder", "HASILA_SECRETS is no folder: /no/such/folder"),
    ],
)
def test_the_command_says_which_variable_is_wrong(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["hasila", "decisions"])
    # Else the command would leave with the process of the tests.
    monkeypatch.setattr(cli, "_leave", sys.exit)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
    assert "DAGSTER_HOME" not in said


# --- object storage


def test_data_in_a_bucket_leaves_what_is_the_machines_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_DATA", "s3://bucket/some/prefix/")
    monkeypatch.setenv("HASILA_WORK", str(tmp_path / "machine"))
    settings = load_settings()
    assert str(settings.archive) == "s3://bucket/some/prefix/archive"
    assert str(settings.published) == "s3://bucket/some/prefix/published"
    assert settings.work == tmp_path / "machine" / "work"
    assert settings.outbox == tmp_path / "machine" / "outbox"
    assert settings.dagster_home == tmp_path / "machine" / "dagster"
    monkeypatch.delenv("HASILA_WORK")
    assert load_settings().work == PROJECT / "data" / "work"


def test_a_folder_of_data_holds_all_unless_the_machines_part_lies_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(data=tmp_path / "data").work == tmp_path / "data" / "work"
    monkeypatch.setenv("HASILA_WORK", str(tmp_path / "machine"))
    settings = load_settings(data=tmp_path / "data")
    assert (settings.work, settings.outbox) == (tmp_path / "machine" / "work", tmp_path / "machine" / "outbox")
    assert (settings.published, settings.lake) == (tmp_path / "data" / "published", UPath(tmp_path / "data" / "lake"))


def test_two_buckets_do_not_share_their_copies(tmp_path: Path) -> None:
    one, other = (load_settings(data=f"s3://{name}/x", local=tmp_path).published for name in ("one", "other"))
    assert isinstance(one, RemoteReleases)
    assert isinstance(other, RemoteReleases)
    assert one.copies != other.copies


def test_what_is_built_again_has_the_archive_and_nothing_else(tmp_path: Path) -> None:
    settings = load_settings(data="s3://bucket/x", local=tmp_path / "machine")
    own = settings.beside(tmp_path / "own")
    assert own.archive == settings.archive
    assert (own.lake, own.work) == (UPath(tmp_path / "own" / "lake"), tmp_path / "own" / "work")
    assert own.published == tmp_path / "own" / "published"
    assert not own.is_remote


@pytest.mark.parametrize(
    "address",
    ["s3://", "s3:///", "gs://bucket/x", "http://host/x", "s3://key:secret@bucket/x", "s3://bucket/x?versionId=1"],
)
def test_an_address_that_is_none_is_one_line(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["hasila", "status", "--data", address])
    monkeypatch.setattr(cli, "_leave", sys.exit)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = "hasila: the environment is wrong: HASILA_DATA: Input should be a folder, or an address s3://bucket/prefix\n"
    assert capsys.readouterr().err == told
