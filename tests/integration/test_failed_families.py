"""A family that fails as a whole: its earlier figures stand, the others load, and nobody can miss it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.jobs import NIGHTLY_LOAD
from tests.helpers import ACTIVITY_ROW, PROJECT, SDMX, csv_report, xlsx_report
from tests.integration.conftest import Installation, figures

SOURCE = "https://example.org/annual-report"
FIGURES = "select indicator_code, year, cast(value as integer) from marts.indicator_by_objective_year order by 1, 2"


def activity(value: object, quarter: str = "T2 2019") -> bytes:
    return xlsx_report([(*ACTIVITY_ROW[:3], value)], title=("Rapport périodique d'activité", f"Période : {quarter}"))


@pytest.fixture
def expectations(fresh: Installation) -> Path:
    """The installation's own copy of the rules, to be broken."""
    folder = fresh.root / "expectations"
    shutil.copytree(PROJECT / "expectations", folder)
    fresh.environment["HASILA_EXPECTATIONS"] = str(folder)
    return folder


def failed_load(installation: Installation) -> dict[str, Any]:
    done = installation.run("load", "--json", "--strict")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_a_failed_family_keeps_its_figures_and_fails_alone_until_it_is_mended(
    fresh: Installation, expectations: Path
) -> None:
    """One family's suite cannot judge, of another family every report is sent back, a third is well."""
    fresh.drop("PPO", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    fresh.drop("ENTRAIDE", "t2.xlsx", activity(12))
    fresh.load()
    stood = [("PPO_VIOLENCE_CASES", 2017, 5980), ("SN_PARENTS_TRAINED", 2019, 12)]
    assert fresh.query(FIGURES) == stood

    suite = expectations / "activity_report.yml"
    good = suite.read_text(encoding="utf-8")
    suite.write_text(good.replace("column: period_grain", "column: no_such_column"), encoding="utf-8")
    fresh.drop("PPO", "more.csv", figures(f"PPO_VIOLENCE_CASES,2018,6 000,{SOURCE}"))
    fresh.drop("ENTRAIDE", "t3.xlsx", activity(30, "T3 2019"))
    for number in range(3):
        fresh.drop("UNICEF", f"sdmx-{number}.csv", csv_report([SDMX | {"OBS_VALUE": f"x{number}"}], list(SDMX)))
    summary = failed_load(fresh)
    broken, refused = summary["failed_families"]
    assert broken["family"] == "activity_report"
    assert "REPORT_PERIOD_GRAIN could not be judged" in broken["reason"]
    assert refused["family"] == "sdmx_csv"
    assert "3 / 3" in refused["reason"]
    assert summary["reports"] == {"received": 5, "accepted": 1, "sent_back": 3, "unreadable": 0}
    assert "the family activity_report failed" in summary["failure"]
    assert "earlier figures stand; the others are in release" in summary["failure"]
    assert summary["released"]
    assert fresh.query(FIGURES) == [stood[0], ("PPO_VIOLENCE_CASES", 2018, 6000), stood[1]]
    assert fresh.query("select file_name from marts.fct_report where family = 'activity_report'") == [("t2.xlsx",)]

    suite.write_text(good, encoding="utf-8")
    mended = fresh.load()
    assert mended["reports"] == {"received": 1, "accepted": 1, "sent_back": 0, "unreadable": 0}
    assert mended["failed_families"] == []
    assert ("SN_PARENTS_TRAINED", 2019, 30) in fresh.query(FIGURES)


@pytest.fixture
def run_of_a_broken_family(
    fresh: Installation, expectations: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.ExecuteInProcessResult]:
    """The nightly job in this process, with a suite of one family that is empty."""
    (expectations / "activity_report.yml").write_text("rules: []\n", encoding="utf-8")
    fresh.drop(
        "PPO", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2017,plenty,{SOURCE}", f"PPO_RAPE_CASES,2017,9,{SOURCE}")
    )
    fresh.drop("ENTRAIDE", "t2.xlsx", activity(12))
    monkeypatch.setenv("HASILA_EXPECTATIONS", str(expectations))
    monkeypatch.setenv("HASILA_SETTLE_SECONDS", "0")
    definitions = build_defs(data=str(fresh.data), inbox=str(fresh.inbox))
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def(NIGHTLY_LOAD)
        yield job.execute_in_process(instance=instance, raise_on_error=False)


def test_in_dagster_the_check_fails_and_the_run_ends_as_failed_after_the_release(
    run_of_a_broken_family: dg.ExecuteInProcessResult, fresh: Installation
) -> None:
    run = run_of_a_broken_family
    assert not run.success
    assert [event.step_key for event in run.all_events if event.is_step_failure] == ["answers"]
    assert run.asset_materializations_for_node("release")
    assert fresh.query(FIGURES) == [("PPO_RAPE_CASES", 2017, 9)]
    checks = {(result.asset_key.path[-1], result.check_name): result for result in run.get_asset_check_evaluations()}
    broken = checks["activity_report", "critical"]
    assert (broken.passed, broken.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "no critical rule" in str(broken.metadata["failure"].value)
    judged = checks["official_figures", "critical"]
    assert (judged.passed, judged.severity) == (False, dg.AssetCheckSeverity.ERROR)
    rules = {record.data["rule"]: record.data for record in judged.metadata["rules"].records}
    assert rules["NUMBER_UNREADABLE"] == {"rule": "NUMBER_UNREADABLE", "judged": 2, "failed": 1}
    assert rules["VALUE_NEGATIVE"]["failed"] == 0
    (row,) = judged.metadata["failing_rows"].records
    assert (row.data["cell"], row.data["found"]) == ("C2", "plenty")
    assert checks["official_figures", "warning"].passed
    assert checks["official_figures", "warning"].severity == dg.AssetCheckSeverity.WARN
