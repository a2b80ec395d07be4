"""Three nights with a late report, a resubmission and a correction: as of each, the warehouse is its release."""

import datetime as dt
import json
import subprocess
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.release import marts
from orchestration.settings import load_settings
from tests.helpers import xlsx_report
from tests.integration.conftest import Installation, figures

# One story of several nights for all tests: on one worker, and a minute or two of it.
pytestmark = [pytest.mark.xdist_group("as_of"), pytest.mark.slow]

SOURCE = "https://example.org/annual-report"
FIRST, SECOND = dt.date(2024, 1, 10), dt.date(2024, 1, 20)
CORRECTION = """\
corrections:
  - code: PPO_2017
    report: {organisation_code: PPO, family: official_figures, period: 2017}
    row: {indicator_code: PPO_VIOLENCE_CASES}
    action: override
    value: 5980
    expect: 5890
    reason: Digits transposed in the annual report.
    reported_by: data team
    reported_to: focal point of the prosecution
    reported_on: 2024-02-01
    status: confirmed
"""
ODD = "ENTRAIDE/2024-01-10/odd.xlsx"
# The release room writes it by comparing two releases; a single warehouse has none.
BETWEEN_RELEASES = "release_change"
FIGURE = "select value from marts.indicator_by_objective_year where indicator_code = 'PPO_VIOLENCE_CASES'"
PATTERN = """
    select {columns} from marts.fct_observation_version
    where received_at < date '{day}' + interval 1 day
        and (superseded_at is null or superseded_at >= date '{day}' + interval 1 day)
    order by observation_id
"""


@dataclass
class Story:
    """Each night with its release's checksums, those of the warehouse asked for afterwards, and what was said."""

    installation: Installation
    days: list[dt.date] = field(default_factory=list)
    released: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    said: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)


def release_checksums(installation: Installation) -> dict[str, str]:
    manifest = json.loads((installation.current / "manifest.json").read_text(encoding="utf-8"))
    return {name: mart["checksum"] for name, mart in manifest["marts"].items() if name != BETWEEN_RELEASES}


def warehouses(installation: Installation) -> set[Path]:
    return set((installation.data / "work" / "as_of").glob("*/warehouse.duckdb"))


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a folder with its size and time."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    installation = Installation(tmp_path_factory.mktemp("as_of"))
    corrections = installation.root / "corrections"
    corrections.mkdir()
    installation.environment |= {"HASILA_CORRECTIONS": str(corrections), "HASILA_USER": "amina"}
    told = Story(installation)

    def night(day: dt.date) -> None:
        installation.load()
        told.days.append(day)
        told.released.append(release_checksums(installation))

    installation.drop("PPO", f"{FIRST}/ppo.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 890,{SOURCE}"))
    installation.drop("HCP", f"{FIRST}/hcp.csv", figures(f"HCP_CHILD_LABOUR,2017,247000,{SOURCE}"))
    title = ("Rapport périodique d'activité", "Période : 12/03/2019 - 15/04/2019")
    installation.drop("ENTRAIDE", ODD.removeprefix("ENTRAIDE/"), xlsx_report(title=title))
    night(FIRST)
    # Second night: the report of a quarter that was due in 2019 comes late, and one is sent again.
    installation.drop("ENTRAIDE", f"{SECOND}/late.xlsx", xlsx_report())
    again = figures(f"HCP_CHILD_LABOUR,2017,246000,{SOURCE}")
    installation.drop("HCP", f"{SECOND}/hcp.csv", again)
    night(SECOND)
    told.rows["change"] = installation.query(
        "select change, old_value, new_value, difference, reason from marts.release_change "
        "where indicator_code = 'HCP_CHILD_LABOUR'"
    )
    # Third night, the one that is now: a correction, a decision, and no report.
    (corrections / "ppo.yml").write_text(CORRECTION, encoding="utf-8")
    done = installation.run("accept", ODD, "--rule", "REPORT_PERIOD_GRAIN", "--reason", "It was agreed with them.")
    assert done.returncode == 0, done.stderr
    night(load_settings().today())
    told.rows["restatement"] = installation.query(
        "select distinct reason, indicator_code, old_value, new_value, difference, correction_code "
        "from marts.restatement where reason <> 'decision' order by all"
    )
    told.rows["accepted"] = installation.query(
        "select count(*), count(decision_id), count(old_value) from marts.restatement where reason = 'decision'"
    )
    before = snapshot(installation.data / "lake") | snapshot(installation.data / "published")
    for day in told.days:
        known = warehouses(installation)
        told.said.append(installation.run("query", FIGURE, "--as-of", str(day), "--format", "csv"))
        assert told.said[-1].returncode == 0, told.said[-1].stderr
        (new,) = warehouses(installation) - known
        told.asked.append({mart.name: mart.checksum for mart in marts.describe(new)})
        with duckdb.connect(str(new), read_only=True) as connection:
            told.rows[f"standing {day}"] = connection.execute(
                "select observation_id, value from marts.fct_observation order by observation_id"
            ).fetchall()
    assert snapshot(installation.data / "lake") | snapshot(installation.data / "published") == before
    return told


@pytest.mark.parametrize("night", [0, 1, 2])
def test_asked_as_of_a_night_every_mart_is_that_of_its_release(story: Story, night: int) -> None:
    assert story.asked[night] == story.released[night]
    assert len(story.asked[night]) > 20


def test_what_came_later_is_not_known(story: Story) -> None:
    assert [said.stdout.split() for said in story.said] == [["value", "5890"], ["value", "5890"], ["value", "5980"]]
    # All three differ, so that the comparison above says something.
    assert len({checksums["fct_observation_version"] for checksums in story.asked}) == 3


def test_the_documented_pattern_is_what_stood_while_nobody_ruled(story: Story) -> None:
    """Of the last release: the correction came after both days, so its value is as reported in the pattern."""
    columns = "observation_id, case when correction_code is null then value else value_as_reported end as value_then"
    for day in story.days[:2]:
        sql = PATTERN.format(columns=columns, day=day)
        accepted_later = (
            "select observation_id from marts.fct_observation_version inner join marts.fct_report using (receipt_id) "
            "where accepted_by_decision"
        )
        later = {row[0] for row in story.installation.query(accepted_later)}
        found = [row for row in story.installation.query(sql) if row[0] not in later]
        assert found == story.rows[f"standing {day}"]
        assert found


def test_a_restatement_says_why_and_by_how_much(story: Story) -> None:
    assert story.rows["restatement"] == [
        ("correction", "PPO_VIOLENCE_CASES", Decimal(5890), Decimal(5980), Decimal(90), "PPO_2017"),
        ("revision", "HCP_CHILD_LABOUR", Decimal(247000), Decimal(246000), Decimal(-1000), None),
    ]
    assert story.rows["change"] == [("value", Decimal(247000), Decimal(246000), Decimal(-1000), "revision")]
    ((cells, decided, before),) = story.rows["accepted"]
    assert cells == decided > 0
    assert before == 0


def test_the_second_question_about_a_day_is_answered_from_what_was_built(story: Story) -> None:
    known = snapshot(story.installation.data / "work" / "as_of")
    done = story.installation.run("query", FIGURE, "--as-of", str(FIRST + dt.timedelta(days=3)), "--format", "csv")
    assert done.stdout == story.said[0].stdout
    assert done.stderr == ""
    assert snapshot(story.installation.data / "work" / "as_of") == known


@pytest.mark.parametrize(
    ("day", "code", "told"),
    [
        ("2024-01-09", 1, "nothing was known on 2024-01-09: the first reports were received on 2024-01-10"),
        ("2999-01-01", 2, "nobody knows yet what will be known on 2999-01-01"),
        ("10/01/2024", 2, "10/01/2024"),
    ],
)
def test_a_day_that_cannot_be_asked_about_is_told_of(story: Story, day: str, code: int, told: str) -> None:
    done = story.installation.run("query", FIGURE, "--as-of", day)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
