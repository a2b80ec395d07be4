"""Nights in a row: nothing new, one more report, bad reports, two at once, an audit that fails."""

import json
import re
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration import memory
from orchestration.release import publish
from orchestration.settings import Settings
from tests.helpers import xlsx_report
from tests.integration import nights
from tests.integration.conftest import Installation, figures

SOURCE = "https://example.org/annual-report"


def test_a_night_without_news_keeps_the_release_and_starts_nothing(fresh: Installation) -> None:
    fresh.drop("PPO", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    first = fresh.load()
    built = (fresh.data / "work" / "warehouse.duckdb").stat().st_mtime_ns
    done = fresh.run("load", "--json", python=["-X", "importtime"])
    second = json.loads(done.stdout)
    assert done.returncode == 0
    assert second["release_id"] == first["release_id"]
    assert second["released"] is False
    assert second["reports"] == {"received": 0, "accepted": 0, "sent_back": 0, "unreadable": 0}
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert imported.isdisjoint({"botocore", "dagster", "dagster_dbt", "dbt", "great_expectations", "pandas", "s3fs"})
    assert (fresh.data / "work" / "warehouse.duckdb").stat().st_mtime_ns == built
    assert "nothing new" in fresh.run("load").stdout


@pytest.mark.slow
def test_one_more_report_changes_the_figure_and_current_is_never_missing(fresh: Installation) -> None:
    fresh.drop("PPO", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    first = fresh.load()
    missing: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            if not (fresh.current / "manifest.json").exists():
                missing.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        fresh.drop("PPO", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2017,6 000,{SOURCE}"))
        second = fresh.load()
    finally:
        done.set()
        watcher.join()
    assert missing == []
    assert second["reports"] == {"received": 1, "accepted": 1, "sent_back": 0, "unreadable": 0}
    assert second["release_id"] != first["release_id"]
    sql = "select value from marts.indicator_by_objective_year where indicator_code = 'PPO_VIOLENCE_CASES'"
    assert fresh.query(sql) == [(Decimal(6000),)]
    versions = fresh.query(
        "select value, superseded_at is null from marts.fct_observation_version order by received_at"
    )
    assert versions == [(Decimal(5980), False), (Decimal(6000), True)]
    assert fresh.query("select old_value, new_value from marts.restatement") == [(Decimal(5980), Decimal(6000))]


def test_bad_reports_end_in_a_state_and_the_good_one_loads(fresh: Installation) -> None:
    fresh.drop("PPO", "good.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    fresh.drop("PPO", "empty.csv", b"")
    fresh.drop("PPO", "other-shape.csv", b"name;age\nA;3\n")
    fresh.drop("PPO", "corrupt.xlsx", b"PK\x03\x04 this is no workbook")
    fresh.drop("NO_SUCH_BODY", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2018,1,{SOURCE}"))
    fresh.drop("PPO", "coming.csv.part", b"indicator")
    done = fresh.run("load", "--json", "--strict")
    assert done.returncode == 3, done.stderr
    summary = json.loads(done.stdout)
    assert summary["reports"] == {"received": 5, "accepted": 1, "sent_back": 2, "unreadable": 2}
    assert summary["waiting"] == [{"path": "PPO/coming.csv.part", "reason": "it is still being written"}]
    states = dict(fresh.query("select file_name || ' ' || organisation_code, state from marts.fct_report"))
    assert states == {
        "good.csv PPO": "accepted",
        "empty.csv PPO": "unreadable",
        "corrupt.xlsx PPO": "unreadable",
        "other-shape.csv PPO": "sent_back",
        "figures.csv NO_SUCH_BODY": "sent_back",
    }
    codes = {(finding["file_name"], finding["code"]) for finding in summary["findings"]}
    assert codes == {
        ("empty.csv", "FILE_EMPTY"),
        ("corrupt.xlsx", "FILE_CORRUPT"),
        ("other-shape.csv", "TABLE_NOT_FOUND"),
        ("figures.csv", "ORGANISATION_UNKNOWN"),
    }
    assert all(finding[language] for finding in summary["findings"] for language in ("ar", "fr", "en"))
    assert "Traceback" not in done.stderr


def test_a_bad_row_is_quarantined_and_the_rest_counts(fresh: Installation) -> None:
    fresh.drop(
        "PPO",
        "figures.csv",
        figures(
            f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}",
            f"PPO_VIOLENCE_CASES,2018,plenty,{SOURCE}",
            f"PPO_VIOLENCE_CASES,2021,6314,{SOURCE}",
        ),
    )
    summary = fresh.load()
    assert summary["observations"] == {"read": 3, "accepted": 2, "quarantined": 1}
    years = fresh.query(
        "select year from marts.indicator_by_objective_year where indicator_code = 'PPO_VIOLENCE_CASES' order by 1"
    )
    assert years == [(2017,), (2021,)]
    judged = fresh.query(
        "select rows_judged, rows_failed from marts.data_quality where rule_code = 'NUMBER_UNREADABLE'"
    )
    assert judged == [(3, 1)]


def test_illustrative_figures_are_never_added_to_published_ones(fresh: Installation) -> None:
    """The same indicator, place and year: 425 published, 22 girls and 18 boys made up."""
    fresh.drop("MSISF", "figures.csv", figures(f"SN_ACTORS_TRAINED,2019,425,{SOURCE}"))
    title = ("Rapport d'activité", "Données illustratives", "Période : 2019")
    rows = [("SN_ACTORS_TRAINED", "Maroc", "Filles", 22), ("SN_ACTORS_TRAINED", "Maroc", "Garçons", 18)]
    fresh.drop("ENTRAIDE", "rapport.xlsx", xlsx_report(rows, title=title))
    fresh.load()
    sql = "select data_status, value from marts.indicator_by_objective_year where year = 2019 order by 1"
    assert fresh.query(sql) == [("illustrative", Decimal(40)), ("published", Decimal(425))]
    assert fresh.query("select count(*) from marts.reconciliation where right_value = 465") == [(0,)]


def test_an_empty_inbox_is_told_and_not_a_failure(fresh: Installation) -> None:
    done = fresh.run("load")
    assert done.returncode == 0, done.stderr
    assert "0 received" in done.stdout


def test_a_missing_inbox_is_one_clear_line(fresh: Installation) -> None:
    fresh.inbox.rmdir()
    done = fresh.run("load")
    assert done.returncode == 1
    assert str(fresh.inbox) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_contract_stops_the_load_with_file_line_and_reason(fresh: Installation, tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    (contracts / "broken.yml").write_text("family: broken\nversion: many\n", encoding="utf-8")
    fresh.environment["HASILA_CONTRACTS"] = str(contracts)
    done = fresh.run("load")
    assert done.returncode == 1
    assert re.search(r"broken\.yml:2: version: .*integer", done.stderr)
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_exit_code_two(fresh: Installation) -> None:
    assert fresh.run("load", "--no-such-option").returncode == 2


def test_before_the_first_release_the_commands_say_so(fresh: Installation) -> None:
    done = fresh.run("query", "select 1")
    assert done.returncode == 1
    assert "hasila load" in done.stderr


def test_two_at_once_the_second_says_who_is_running(fresh: Installation) -> None:
    from filelock import FileLock

    (fresh.data / "work").mkdir(parents=True)
    (fresh.data / "work" / "load.holder").write_text("hasila load (process 4711)\n", encoding="utf-8")
    with FileLock(fresh.data / "work" / "load.lock"):
        done = fresh.run("load")
    assert done.returncode == 1
    assert "process 4711" in done.stderr


@pytest.mark.slow
def test_an_audit_that_fails_leaves_the_previous_release(fresh: Installation) -> None:
    """A lake from which most of the history vanished is not released."""
    rows = [f"PPO_VIOLENCE_CASES,{year},{year},{SOURCE}" for year in range(1990, 2020)]
    fresh.drop("PPO", "2024-01-01/history.csv", figures(*rows))
    first = fresh.load()
    for table in ("observations", "reports"):
        (unit,) = (fresh.data / "lake" / table).rglob("received=2024-01-01.parquet")
        unit.unlink()
    fresh.drop("PPO", "2024-02-01/figures.csv", figures(f"PPO_VIOLENCE_CASES,2021,6314,{SOURCE}"))
    done = fresh.run("load", "--json")
    assert done.returncode == 1
    summary = json.loads(done.stdout)
    assert summary["release_id"] == first["release_id"]
    assert "history shrank" in summary["failure"]
    assert "AuditError" not in summary["failure"]
    sql = "select count(*) from marts.indicator_by_objective_year where indicator_code = 'PPO_VIOLENCE_CASES'"
    assert fresh.query(sql) == [(30,)]


@pytest.mark.slow
def test_a_client_of_duckdb_1_1_reads_the_headline_mart(fresh: Installation, tmp_path: Path) -> None:
    import subprocess
    import sys

    fresh.drop("PPO", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    fresh.load()
    environment = tmp_path / "old-duckdb"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, capture_output=True)
    python = environment / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "duckdb==1.1.3"], check=True, capture_output=True)
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
        "print(duckdb.__version__, c.execute('select indicator_code, cast(value as integer) "
        "from marts.indicator_by_objective_year').fetchall())"
    )
    done = subprocess.run(
        [str(python), "-c", script, str(fresh.current / "warehouse.duckdb")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "1.1.3 [('PPO_VIOLENCE_CASES', 5980)]", done.stderr


@pytest.mark.slow
def test_a_release_that_runs_out_of_memory_is_made_again_with_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = []

    def most_megabytes() -> int:
        shares.append(4000 if memory.has_most() else 2)
        return shares[-1]

    monkeypatch.setattr(memory, "building_megabytes", lambda _: 800)
    monkeypatch.setattr(memory, "most_megabytes", most_megabytes)
    (settings.inbox / "PPO").mkdir()
    (settings.inbox / "PPO" / "figures.csv").write_bytes(figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    release_id = nights.load(settings)
    assert release_id is not None
    current = publish.current_folder(settings.published)
    assert current is not None
    assert current.name == release_id
    assert len(list(current.parent.iterdir())) == 1
    assert shares == sorted(shares)
    assert set(shares) == {2, 4000}
    assert not memory.has_most()
