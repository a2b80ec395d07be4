"""`hasila check`: a reporter's answer before sending, with nothing kept."""

from pathlib import Path

import pytest

from tests.integration.conftest import Installation, figures

SOURCE = "https://example.org/annual-report"


def test_an_acceptable_report_is_told_so_and_nothing_is_kept(fresh: Installation, tmp_path: Path) -> None:
    report = tmp_path / "PPO" / "figures.csv"
    report.parent.mkdir()
    report.write_bytes(figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    done = fresh.run("check", str(report))
    assert done.returncode == 0, done.stderr
    assert "accepted (official_figures, 1 of 1 values count)" in done.stdout
    assert not fresh.data.exists()


@pytest.mark.parametrize("inside", [True, False])
def test_the_sender_of_a_report_in_the_folder_of_its_day_is_the_folder_above(
    fresh: Installation, tmp_path: Path, inside: bool
) -> None:
    report = (fresh.inbox if inside else tmp_path) / "PPO" / "2018-02-01" / "figures.csv"
    report.parent.mkdir(parents=True)
    report.write_bytes(figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    done = fresh.run("check", str(report))
    assert done.returncode == 0, done.stderr
    assert "accepted (official_figures, 1 of 1 values count)" in done.stdout


def test_what_is_wrong_is_said_with_its_cell_in_the_language_asked_for(fresh: Installation, tmp_path: Path) -> None:
    report = tmp_path / "figures.csv"
    report.write_bytes(figures(f"PPO_VIOLENCE_CASES,2017,beaucoup,{SOURCE}"))
    for language, words in (("ar", "ليس رقما"), ("fr", "pas un nombre"), ("en", "not a number")):
        done = fresh.run("check", str(report), "--organisation", "PPO", "--lang", language)
        assert done.returncode == 3
        (line,) = [line for line in done.stdout.splitlines() if "NUMBER_UNREADABLE" in line]
        assert "figures C2" in line
        assert words in line


def test_a_sender_that_cannot_be_told_is_asked_for(fresh: Installation, tmp_path: Path) -> None:
    report = tmp_path / "figures.csv"
    report.write_bytes(b"x")
    done = fresh.run("check", str(report))
    assert done.returncode == 2
    assert "--organisation" in done.stderr


def test_a_missing_file_is_wrong_usage(fresh: Installation) -> None:
    assert fresh.run("check", "no-such-file.xlsx", "--organisation", "PPO").returncode == 2
