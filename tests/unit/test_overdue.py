"""Which reports are overdue today, whether a release knows of their period or not."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from orchestration.overdue import overdue_reports
from orchestration.read.reference import RegisterError
from orchestration.release import publish
from orchestration.release.access import NoReleaseError
from orchestration.settings import Settings, load_settings
from tests.helpers import PROJECT
from tests.releases import write_release

HEADER = "organisation_code,family,programme_code,period_grain,valid_from,valid_to,grace_days,data_status,source\n"


def expected(organisation: str, quarter: int, **given: object) -> dict[str, object]:
    start = dt.date(2024, 3 * quarter - 2, 1)
    end = dt.date(2024 + quarter // 4, 3 * quarter % 12 + 1, 1) - dt.timedelta(days=1)
    return {
        "organisation_code": organisation,
        "family": "activity_report",
        "programme_code": "SOCIAL_NORMS",
        "period_start": start,
        "period_end": end,
        "due_date": end + dt.timedelta(days=30),
        "data_status": "reported",
        **given,
    }


@pytest.fixture
def released(settings: Settings, tmp_path: Path) -> Settings:
    """A release as of 15 November 2024: a report that came, one that is late, one that is not yet due."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "dbt_project" / "seeds", project / "seeds")
    (project / "seeds" / "enrolment.csv").write_text(HEADER, encoding="utf-8")
    rows = [
        expected("ENTRAIDE", 1, state="accepted", receipt_id="r1"),
        expected("ENTRAIDE", 2, state="overdue"),
        expected("ENTRAIDE", 2, state="overdue", programme_code="TERRITORIAL_SYSTEMS"),
        expected("ENTRAIDE", 3, state="sent_back", receipt_id="r3"),
        expected("ENTRAIDE", 4, state="not_yet_due"),
        expected("NGO_EXAMPLE_1", 1, state="overdue", data_status="illustrative"),
    ]
    names = {"name_ar": "التعاون الوطني", "name_fr": "Entraide Nationale", "name_en": "National Mutual Aid"}
    folder = settings.published / "releases" / "one"
    given = {"fct_expected_report": rows, "dim_organisation": [{"organisation_code": "ENTRAIDE", **names}]}
    write_release(folder / publish.WAREHOUSE, given)
    (folder / publish.MANIFEST).write_text(
        json.dumps({"release_id": folder.name, "as_of_date": "2024-11-15"}), encoding="utf-8"
    )
    publish.switch(settings.published, "one")
    return load_settings(data=settings.data, dbt_project=project, language="fr")


def keys(settings: Settings, today: dt.date, **given: bool) -> list[tuple[str, str, int]]:
    return [
        (report.organisation_code, str(report.period_start), report.days_late)
        for report in overdue_reports(settings, today, **given)
    ]


def test_a_report_that_came_or_was_sent_back_or_is_not_due_is_not_overdue(released: Settings) -> None:
    # The second quarter ended on 30 June; its days of grace on 30 July.
    assert keys(released, dt.date(2024, 11, 15)) == [("ENTRAIDE", "2024-04-01", 108)]
    assert overdue_reports(released, dt.date(2024, 11, 15))[0].organisation_name == "Entraide Nationale"


def test_a_day_of_grace_is_not_late_and_the_day_after_is(released: Settings) -> None:
    """No report came, so no release was made since; the calendar goes on all the same."""
    assert len(keys(released, dt.date(2025, 1, 30))) == 1
    assert keys(released, dt.date(2025, 1, 31))[1:] == [("ENTRAIDE", "2024-10-01", 1)]


def test_what_is_made_up_is_told_only_when_asked_for(released: Settings) -> None:
    found = keys(released, dt.date(2024, 11, 15), illustrative=True)
    assert [organisation for organisation, _, _ in found] == ["NGO_EXAMPLE_1", "ENTRAIDE"]


def test_periods_that_ended_after_the_last_received_day_are_overdue_too(released: Settings) -> None:
    enrolment = released.seeds / "enrolment.csv"
    enrolment.write_text(
        HEADER
        + "PPO,official_figures,EXECUTIVE_PROGRAMME,quarter,2024-02-01,,10,reported,x\n"
        + "GENDARMERIE,official_figures,EXECUTIVE_PROGRAMME,month,2025-03-01,,10,reported,x\n"
        + "MIN_HEALTH,official_figures,EXECUTIVE_PROGRAMME,quarter,2024-01-01,2024-12-31,10,reported,x\n",
        encoding="utf-8",
    )
    found = [key for key in keys(released, dt.date(2025, 7, 10)) if key[0] != "ENTRAIDE"]
    # Of the quarter that began in October the release as of November speaks; April to June has until 10 July.
    assert sorted(found) == [
        ("GENDARMERIE", "2025-03-01", 91),
        ("GENDARMERIE", "2025-04-01", 61),
        ("GENDARMERIE", "2025-05-01", 30),
        ("PPO", "2025-01-01", 91),
    ]


def test_a_report_owed_to_two_programmes_is_overdue_after_the_longest_grace(released: Settings) -> None:
    """The first quarter of 2025 is known to the enrolment alone; its days of grace end on 10 and 30 April."""
    (released.seeds / "enrolment.csv").write_text(
        HEADER
        + "PPO,official_figures,EXECUTIVE_PROGRAMME,quarter,2024-01-01,,10,reported,x\n"
        + "PPO,official_figures,SOCIAL_NORMS,quarter,2024-01-01,,30,reported,x\n",
        encoding="utf-8",
    )
    for day in (20, 30):
        assert all(organisation != "PPO" for organisation, _, _ in keys(released, dt.date(2025, 4, day)))
    assert ("PPO", "2025-01-01", 1) in keys(released, dt.date(2025, 5, 1))


@pytest.mark.parametrize("row", ["PPO,f,X,quarter,someday,,10,reported,x\n", "PPO,f,X,week,2024-01-01,,1,reported,x\n"])
def test_an_enrolment_that_cannot_be_read_is_named(row: str, released: Settings) -> None:
    (released.seeds / "enrolment.csv").write_text(HEADER + row, encoding="utf-8")
    with pytest.raises(RegisterError, match=r"enrolment\.csv"):
        overdue_reports(released, dt.date(2025, 7, 10))


def test_before_the_first_release_nobody_knows(settings: Settings) -> None:
    with pytest.raises(NoReleaseError):
        overdue_reports(settings, dt.date(2025, 1, 1))
