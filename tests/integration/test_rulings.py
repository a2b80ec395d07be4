"""Four nights of one installation: corrected and accepted, no longer fitting and revoked, and as at first again."""

import json
import subprocess
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import xlsx_report
from tests.integration.conftest import Installation, figures

# One story of several nights for all tests: on one worker, and a minute or two of it.
pytestmark = [pytest.mark.xdist_group("rulings"), pytest.mark.slow]

SOURCE = "https://example.org/annual-report"
CORRECTION = """\
corrections:
  - code: PPO_2017
    report: {{organisation_code: PPO, family: official_figures, period: 2017}}
    row: {{indicator_code: PPO_VIOLENCE_CASES}}
    action: override
    value: 5980
    expect: {expect}
    reason: Digits transposed in the annual report.
    reported_by: data team
    reported_to: focal point of the prosecution
    reported_on: 2024-02-01
    status: {status}
"""
RULE = "REPORT_PERIOD_GRAIN"


@dataclass
class Night:
    """What one load left: its summary, the days it read, the reports' states, some figures and why they changed."""

    summary: dict[str, Any]
    days_read: list[str]
    states: dict[str, str]
    figures: dict[str, Any]
    changes: dict[str, tuple[Any, ...]]
    checksums: dict[str, str]
    built_years: list[int] | None


@dataclass
class Story:
    """The nights in order, and what was said in between."""

    nights: list[Night] = field(default_factory=list)
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)


def night(installation: Installation, *arguments: str, code: int = 0) -> Night:
    done = installation.run("load", "--json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    manifest = json.loads((installation.current / "manifest.json").read_text(encoding="utf-8"))
    read = json.loads((installation.data / "work" / "summary" / "read.json").read_text(encoding="utf-8"))
    return Night(
        json.loads(done.stdout),
        sorted(read["days"]),
        dict(installation.query("select file_name, verdict from marts.fct_report")),
        dict(
            installation.query(
                "select indicator_code || ' ' || year, value from marts.indicator_by_objective_year "
                "where indicator_code in ('PPO_VIOLENCE_CASES', 'HCP_CHILD_LABOUR', 'SN_PARENTS_TRAINED')"
            )
        ),
        {
            name: tuple(row)
            for name, *row in installation.query(
                "select indicator_code, change, difference, reason from marts.release_change "
                "where indicator_code in ('PPO_VIOLENCE_CASES', 'HCP_CHILD_LABOUR', 'SN_PARENTS_TRAINED')"
            )
        },
        {name: mart["checksum"] for name, mart in manifest["marts"].items()},
        manifest["built_years"],
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    installation = Installation(tmp_path_factory.mktemp("rulings"))
    corrections = installation.root / "corrections"
    corrections.mkdir()
    installation.environment |= {
        "HASILA_CORRECTIONS": str(corrections),
        "HASILA_USER": "amina",
        "HASILA_YEARS_KEPT_FROM": "0",
    }
    file = corrections / "ppo.yml"
    installation.drop("PPO", "2024-01-01/ppo.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 890,{SOURCE}"))
    installation.drop("HCP", "2024-01-02/hcp.csv", figures(f"HCP_CHILD_LABOUR,2017,247000,{SOURCE}"))
    odd = xlsx_report(title=("Rapport périodique d'activité", "Période : 12/03/2019 - 15/04/2019"))
    installation.drop("ENTRAIDE", "2024-01-03/odd.xlsx", odd)
    told = Story()
    told.nights.append(night(installation))
    # The second night: the figure is corrected, the report of an odd period is accepted.
    file.write_text(CORRECTION.format(expect=5890, status="confirmed"), encoding="utf-8")
    path, reason = "ENTRAIDE/2024-01-03/odd.xlsx", "The period was agreed with them."
    for name, rule in (("by another rule", "VALUE_NEGATIVE"), ("accepted", RULE), ("again", RULE)):
        told.said[name] = installation.run("accept", path, "--rule", rule, "--reason", reason)
    told.nights.append(night(installation))
    told.said["nothing new"] = installation.run("load")
    told.said["explain corrected"] = installation.run("explain", "PPO_VIOLENCE_CASES")
    told.said["explain accepted"] = installation.run("explain", "SN_PARENTS_TRAINED")
    told.rows["report"] = installation.query(
        "select state, is_valid, accepted_by_decision from marts.fct_report where file_name = 'odd.xlsx'"
    )
    told.rows["observation"] = installation.query(
        "select value, value_as_reported, source_text, correction_code from marts.fct_observation "
        "where indicator_code = 'PPO_VIOLENCE_CASES'"
    )
    told.rows["correction"] = installation.query(
        "select organisation_code, rows_corrected, reports_corrected from marts.dim_correction"
    )
    # The third: what the correction expects is not there, the acceptance is revoked.
    file.write_text(CORRECTION.format(expect=7777, status="confirmed"), encoding="utf-8")
    told.said["revoked"] = installation.run(
        *("revoke", path, "--rule", RULE, "--reason", "They sent no proof.", "--by", "youssef")
    )
    told.nights.append(night(installation, "--strict", code=3))
    told.rows["quarantine"] = installation.query(
        "select rule_code, source_text from marts.quarantine where organisation_code = 'PPO'"
    )
    # The fourth: no correction any more.
    file.write_text(CORRECTION.format(expect=7777, status="withdrawn"), encoding="utf-8")
    told.nights.append(night(installation))
    told.said["decisions"] = installation.run("decisions")
    told.rows["decisions"] = installation.query(
        "select action, decided_by, is_in_force, organisation_code from marts.fct_decision order by decided_at"
    )
    return told


def test_before_anything_is_decided(story: Story) -> None:
    first = story.nights[0]
    assert first.states == {"ppo.csv": "accepted", "hcp.csv": "accepted", "odd.xlsx": "sent_back"}
    assert first.figures == {"PPO_VIOLENCE_CASES 2017": Decimal(5890), "HCP_CHILD_LABOUR 2017": Decimal(247000)}


def test_a_correction_and_a_decision_take_effect_in_the_next_load_on_their_days_alone(story: Story) -> None:
    second = story.nights[1]
    assert second.days_read == ["2024-01-01", "2024-01-03"]
    assert second.states == {"ppo.csv": "accepted", "hcp.csv": "accepted", "odd.xlsx": "accepted_with_findings"}
    assert second.figures == {
        "PPO_VIOLENCE_CASES 2017": Decimal(5980),
        "HCP_CHILD_LABOUR 2017": Decimal(247000),
        "SN_PARENTS_TRAINED 2019": Decimal(12),
    }
    assert [(change["file_name"], change["after"]) for change in second.summary["changed"]] == [
        ("odd.xlsx", "accepted")
    ]
    assert story.rows["report"] == [("accepted", False, True)]
    assert story.rows["observation"] == [(Decimal(5980), Decimal(5890), "5 890", "PPO_2017")]
    assert story.rows["correction"] == [("PPO", 1, 1)]
    assert "nothing new" in story.said["nothing new"].stdout


def test_explain_shows_both(story: Story) -> None:
    corrected = story.said["explain corrected"].stdout
    assert "corrected from 5890 to 5980 because Digits transposed in the annual report. (PPO_2017" in corrected
    assert "reported by data team to focal point of the prosecution on 2024-02-01" in corrected
    assert "text      5 890" in corrected
    accepted = story.said["explain accepted"].stdout
    assert f"despite {RULE} because The period was agreed with them. (amina on " in accepted


def test_the_command_says_what_it_did_and_what_cannot_be_done(story: Story) -> None:
    other = story.said["by another rule"]
    assert other.returncode == 1
    assert f"was not sent back by VALUE_NEGATIVE, but by {RULE}" in other.stderr
    assert story.said["accepted"].returncode == 0
    assert "takes effect in the next `hasila load`" in story.said["accepted"].stdout
    assert story.said["again"].returncode == 1
    assert "already accepted by amina" in story.said["again"].stderr
    assert all("Traceback" not in done.stderr for done in story.said.values())


def test_a_correction_whose_value_is_gone_stops_its_report_with_name_and_reason_and_no_other(story: Story) -> None:
    third = story.nights[2]
    assert third.states == {"ppo.csv": "sent_back", "hcp.csv": "accepted", "odd.xlsx": "sent_back"}
    assert third.figures == {"HCP_CHILD_LABOUR 2017": Decimal(247000)}
    (finding,) = [found for found in third.summary["findings"] if found["code"] == "CORRECTION_EXPECTATION_GONE"]
    assert (finding["file_name"], finding["severity"]) == ("ppo.csv", "critical")
    for language in ("ar", "fr", "en"):
        assert "PPO_2017: Digits transposed in the annual report." in finding[language]
        assert "5 890" in finding[language]
        assert "7777" in finding[language]
    assert story.rows["quarantine"] == [("CORRECTION_EXPECTATION_GONE", "5 890")]
    assert {change["file_name"]: change["after"] for change in third.summary["changed"]} == {
        "ppo.csv": "sent_back",
        "odd.xlsx": "sent_back",
    }


def test_withdrawn_and_revoked_the_marts_are_as_at_first_and_the_history_stays(story: Story) -> None:
    first, last = story.nights[0], story.nights[3]
    assert last.days_read == ["2024-01-01"]
    assert last.figures == first.figures
    changed = {name for name in first.checksums if first.checksums[name] != last.checksums[name]}
    assert changed == {"fct_decision", "dim_correction", "release_change"}
    assert story.rows["decisions"] == [
        ("accept", "amina", False, "ENTRAIDE"),
        ("revoke", "youssef", False, "ENTRAIDE"),
    ]
    lines = story.said["decisions"].stdout.splitlines()
    assert [line.split()[3] for line in lines] == ["accept", "revoke"]
    assert "youssef: They sent no proof." in lines[1]
    assert not any("in force" in line for line in lines)


def test_a_night_builds_the_years_of_what_was_ruled(story: Story) -> None:
    assert [night.built_years for night in story.nights] == [None, [2017, 2019], [2017, 2019], [2017]]


def test_each_release_says_which_figures_changed_and_why(story: Story) -> None:
    assert [night.changes for night in story.nights] == [
        {},
        {
            "PPO_VIOLENCE_CASES": ("value", Decimal(90), "correction"),
            "SN_PARENTS_TRAINED": ("added", None, "decision"),
        },
        {
            "PPO_VIOLENCE_CASES": ("removed", None, "correction"),
            "SN_PARENTS_TRAINED": ("removed", None, "decision"),
        },
        {"PPO_VIOLENCE_CASES": ("added", None, "correction")},
    ]


def test_wrong_corrections_stop_the_load_with_all_their_faults(fresh: Installation, tmp_path: Path) -> None:
    corrections = tmp_path / "corrections"
    corrections.mkdir()
    text = CORRECTION.format(expect=1, status="maybe").replace("PPO_VIOLENCE_CASES", "PPO_VIOLENCE_CASSES")
    (corrections / "a.yml").write_text(text, encoding="utf-8")
    (corrections / "b.yml").write_text("corrections: [", encoding="utf-8")
    fresh.environment["HASILA_CORRECTIONS"] = str(corrections)
    done = fresh.run("load")
    assert done.returncode == 1
    assert "a.yml:12: " in done.stderr
    assert "b.yml:" in done.stderr
    assert "Traceback" not in done.stderr
