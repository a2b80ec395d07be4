"""One installation over several nights: releases, comparison, rollback, holding, an audit that a person overrules."""

import json
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import PROJECT
from tests.integration.conftest import Installation, figures

# One story of several nights for all tests: on one worker, and a minute or two of it.
pytestmark = [pytest.mark.xdist_group("releases"), pytest.mark.slow]

SOURCE = "https://example.org/annual-report"
FIGURE = "select value::int from marts.indicator_by_objective_year where indicator_code = 'PPO_VIOLENCE_CASES'"


@dataclass
class Story:
    """The releases in order, and what was said in between."""

    installation: Installation
    releases: list[str] = field(default_factory=list)
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def run(self, name: str, *arguments: str) -> None:
        self.said[name] = self.installation.run(*arguments)
        assert "Traceback" not in self.said[name].stderr, self.said[name].stderr
        self.seen[name] = os.readlink(self.installation.current).removeprefix("releases/")

    def answer(self, name: str) -> Any:
        return json.loads(self.said[name].stdout)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    installation = Installation(tmp_path_factory.mktemp("releases"))
    expectations = installation.root / "expectations"
    shutil.copytree(PROJECT / "expectations", expectations)
    installation.environment |= {"HASILA_USER": "amina", "HASILA_EXPECTATIONS": str(expectations)}
    told = Story(installation)

    installation.drop("PPO", "2024-01-10/ppo.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    told.releases.append(installation.load()["release_id"])
    installation.drop("PPO", "2024-01-11/ppo.csv", figures(f"PPO_VIOLENCE_CASES,2017,6 980,{SOURCE}"))
    told.releases.append(installation.load()["release_id"])
    told.run("diff", "diff", "previous", "current")
    told.run("diff json", "diff", "previous", "current", "--json")
    # Back to the first one, and nothing new: it stands.
    told.run("rollback", "rollback", told.releases[0], "--reason", "The figure is not right.")
    told.run("nothing new", "load", "--json")
    told.run("releases", "releases", "--json")
    told.run("status", "status")
    told.run("unknown", "rollback", "2023")
    # Held: what arrives waits.
    told.run("hold", "rollback", "current", "--hold")
    installation.drop("PPO", "2024-01-12/more.csv", figures(f"PPO_RAPE_CASES,2018,9,{SOURCE}"))
    told.run("held", "load")
    told.run("status of held", "status", "--json")
    told.run("resume", "resume", "--by", "youssef")
    # A unit vanishes from the lake, so that its figure does: nothing that was received explains it.
    (lost,) = (installation.data / "lake").glob("observations/*/received=2024-01-11.parquet")
    told.run("released again", "load", "--json")
    told.releases.append(told.seen["released again"])
    lost.unlink()
    installation.drop("PPO", "2024-01-13/more.csv", figures(f"PPO_RAPE_CASES,2019,8,{SOURCE}"))
    told.run("refused", "load", "--json")
    told.run("status of refused", "status")
    told.run("accepted", "load", "--json", "--accept-audit", "FIGURE_MOVED", "--reason", "It was agreed.")
    told.rows["figure without"] = installation.query(FIGURE)
    told.run("wrong code", "load", "--accept-audit", "TOTAL_WRONG", "--reason", "x")
    told.run("no reason", "load", "--accept-audit", "HISTORY_SHRANK")
    return told


def test_the_comparison_names_marts_rows_figures_and_the_report(story: Story) -> None:
    said = story.said["diff"].stdout
    assert re.search(r"PPO_VIOLENCE_CASES.*2017.*value.*5980.*6980.*1000.*revision", said)
    assert "PPO/ppo.csv (received 2024-01-11)" in said
    found = story.answer("diff json")
    assert (found["before"], found["after"]) == tuple(story.releases[:2])
    marts = {mart["name"]: mart for mart in found["marts"]}
    # One version more, and the one before is superseded now: that row changed.
    versions = marts["fct_observation_version"]
    assert (versions["rows_before"], versions["rows_after"]) == (1, 2)
    assert (versions["rows_gone"], versions["rows_new"]) == (1, 2)
    assert marts["dim_place"]["change"] == "same"
    assert [(row["old_value"], row["new_value"]) for row in found["figures"]] == [(5980, 6980)]
    assert found["code"] == []


def test_a_rollback_stands_until_there_is_something_new(story: Story) -> None:
    assert story.said["rollback"].returncode == 0
    assert story.seen["nothing new"] == story.releases[0]
    summary = story.answer("nothing new")
    assert summary["released"] is False
    assert "amina went back from" in summary["rollback"]
    assert "The figure is not right." in story.said["status"].stdout
    listed = story.answer("releases")
    assert [(one["release_id"], one["is_current"]) for one in listed["releases"]] == [
        (story.releases[1], False),
        (story.releases[0], True),
    ]
    (note,) = listed["rollbacks"]
    assert (note["by"], note["reason"], note["is_in_force"]) == ("amina", "The figure is not right.", True)


def test_an_unknown_release_changes_nothing(story: Story) -> None:
    assert story.said["unknown"].returncode == 1
    assert story.releases[0] in story.said["unknown"].stderr
    assert story.seen["unknown"] == story.releases[0]


def test_a_held_release_stays_and_what_arrives_is_received(story: Story) -> None:
    assert story.said["held"].returncode == 1
    assert "hasila resume" in story.said["held"].stderr
    assert story.seen["held"] == story.releases[0]
    assert (story.installation.data / "lake" / "receipts" / "received=2024-01-12.parquet").exists()
    assert "is held" in story.answer("status of held")["last_load"]["failure"]
    assert story.said["resume"].returncode == 0
    assert story.answer("released again")["released"]


def test_what_an_audit_refuses_is_told_with_code_and_texts_and_the_release_stands(story: Story) -> None:
    assert story.said["refused"].returncode == 1, story.said["refused"].stdout
    assert story.seen["refused"] == story.releases[2]
    failures = {failure["code"]: failure for failure in story.answer("refused")["audit"]["failures"]}
    # As many observations came as went: the history tells nothing, the figure does.
    assert set(failures) == {"FIGURE_MOVED"}
    assert "PPO_VIOLENCE_CASES 2017 (published): 6980 → –" in failures["FIGURE_MOVED"]["en"]
    assert all(failure[language] for failure in failures.values() for language in ("ar", "fr", "en"))
    assert "FIGURE_MOVED" in story.said["status of refused"].stdout
    assert story.releases[2] in story.said["status of refused"].stdout


def test_a_person_lets_it_through_and_the_manifest_says_so(story: Story) -> None:
    assert story.said["accepted"].returncode == 0, story.said["accepted"].stdout
    folder = story.installation.data / "published" / "releases" / story.seen["accepted"]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    accepted = [(one["code"], one["by"], one["reason"]) for one in manifest["audit"]["accepted"]]
    assert accepted == [("FIGURE_MOVED", "amina", "It was agreed.")]
    assert manifest["previous_release_id"] == story.releases[2]
    # The later version of the report stands, whole, and what it said is gone.
    assert story.rows["figure without"] == []
    for name, told in (("wrong code", "cannot be accepted"), ("no reason", "--reason")):
        assert story.said[name].returncode == 2
        assert told in story.said[name].stderr


def test_a_release_lies_there_as_it_should(story: Story) -> None:
    folder: Path = story.installation.data / "published" / "releases" / story.releases[2]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()} == {
        "disclosure.parquet": 0o440,
        "manifest.json": 0o440,
        "portal.json": 0o440,
        "receipts.parquet": 0o440,
        "warehouse.duckdb": 0o440,
    }
