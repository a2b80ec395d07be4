"""A week: seven nights with late, corrected and bad reports, one missed, one failed, one that reads days again.

Afterwards the marts are those of one load of everything, and what was known on each night is as it was.
"""

import datetime as dt
import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from orchestration import __version__, as_of, portal
from orchestration.night import load_rulebook
from orchestration.release import marts, publish
from orchestration.release.exports import Edition
from orchestration.reread import Reread, open_days
from orchestration.settings import Settings, load_settings
from tests.helpers import xlsx_report
from tests.integration import nights
from tests.integration.conftest import figures
from tests.integration.test_as_of import BETWEEN_RELEASES

# One story for all tests: on one worker, and some minutes of it.
pytestmark = [pytest.mark.xdist_group("week"), pytest.mark.slow]

SOURCE = "https://example.org/annual-report"
MONDAY = dt.date(2024, 1, 8)
MISSED, FAILED, REREAD = 2, 4, 6
"""The nights, from 0, in which nobody loaded, a load failed, and days were read again."""
LATER = ("Rapport périodique d'activité", "Période : T3 2019")
ARRIVALS: dict[int, dict[str, bytes]] = {
    0: {
        "PPO/figures.csv": figures(
            f"PPO_VIOLENCE_CASES,2016,5 500,{SOURCE}", f"PPO_VIOLENCE_CASES,2017,5 890,{SOURCE}"
        ),
        "ENTRAIDE/t2.xlsx": xlsx_report(),
    },
    # A bad row goes to quarantine, a file that is none cannot be read, the same bytes come twice.
    1: {
        "HCP/labour.csv": figures(f"HCP_CHILD_LABOUR,2017,247000,{SOURCE}", f"HCP_CHILD_LABOUR,2016,plenty,{SOURCE}"),
        "HCP/labour (1).csv": figures(
            f"HCP_CHILD_LABOUR,2017,247000,{SOURCE}", f"HCP_CHILD_LABOUR,2016,plenty,{SOURCE}"
        ),
        "MEN/scan.xlsx": b"PK\x03\x04 and then nothing",
    },
    2: {"PPO/more.csv": figures(f"PPO_RAPE_CASES,2017,900,{SOURCE}")},
    # Late: a quarter of 2019.
    3: {"ENTRAIDE/t3.xlsx": xlsx_report([("SN_PARENTS_TRAINED", "Rabat", "Filles", 30)], title=LATER)},
    # Corrected: what was received on Monday, sent again with another figure.
    4: {
        "PPO/figures.csv": figures(
            f"PPO_VIOLENCE_CASES,2016,5 500,{SOURCE}", f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"
        ),
    },
    5: {"HCP/labour 2018.csv": figures(f"HCP_CHILD_LABOUR,2018,230000,{SOURCE}")},
    6: {},
}


def day_of(night: int) -> dt.date:
    return MONDAY + dt.timedelta(days=night)


def arrive(settings: Settings, night: int) -> None:
    for path, content in ARRIVALS[night].items():
        organisation, name = path.split("/")
        file = settings.inbox / organisation / str(day_of(night)) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def checksums(database: Path) -> dict[str, str]:
    return {mart.name: mart.checksum for mart in marts.describe(database) if mart.name != BETWEEN_RELEASES}


@dataclass
class Week:
    """Each night's release (none where it made none), with the checksums of its marts."""

    settings: Settings
    released: dict[int, str | None] = field(default_factory=dict)
    made: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def current(self) -> Path:
        folder = publish.current_folder(self.settings.published)
        assert folder is not None
        return folder / publish.WAREHOUSE

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.current), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def fails(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def installed(root: Path) -> Settings:
    """An empty inbox and no data; no corrections, since each log of them has its own moments."""
    (root / "inbox").mkdir()
    (root / "corrections").mkdir()
    return load_settings(
        data=root / "data", inbox=root / "inbox", corrections=root / "corrections", settle_seconds=0, years_kept_from=0
    )


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    root = tmp_path_factory.mktemp("week")
    told = Week(installed(root))
    for night in range(7):
        arrive(told.settings, night)
        if night == MISSED:
            continue
        if night == REREAD:
            opened = open_days(told.settings, Reread(("official_figures",)))
            assert opened == [day_of(number) for number in (0, 1, 2, 4, 5)]
        before = told.current if told.made else None
        if night == FAILED:
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(nights, "release", fails)
                with pytest.raises(OSError, match="No space"):
                    nights.load(told.settings)
            assert told.current == before
            continue
        told.released[night] = nights.load(told.settings)
        assert told.released[night]
        told.made[night] = checksums(told.current)
    yield told


def test_the_marts_are_those_of_one_load_of_everything(week: Week, tmp_path: Path) -> None:
    at_once = installed(tmp_path)
    for night in range(7):
        arrive(at_once, night)
    assert nights.load(at_once)
    folder = publish.current_folder(at_once.published)
    assert folder is not None
    assert checksums(folder / publish.WAREHOUSE) == week.made[REREAD]


def test_the_portal_is_the_one_that_would_be_drawn_anew(week: Week, tmp_path: Path) -> None:
    folder = week.current.parent
    written = folder / publish.PUBLIC / portal.FOLDER
    anew = tmp_path / "public"
    shutil.copytree(
        folder / publish.PUBLIC, anew, ignore=lambda _, names: {portal.FOLDER} & set(names), copy_function=os.link
    )
    manifest = publish.read_manifest(folder)
    edition = Edition(
        release_id=manifest["release_id"],
        created_at=dt.datetime.fromisoformat(manifest["created_at"]),
        as_of_date=day_of(5),
        previous_release_id=manifest["previous_release_id"],
        hasila_version=__version__,
    )
    rulebook = load_rulebook(week.settings)
    portal.write(anew, edition, rulebook.branding, rulebook.catalogue, week.settings.portal_scripts)
    pages = [path.relative_to(written) for path in written.rglob("*") if path.is_file()]
    assert {path.relative_to(anew / portal.FOLDER) for path in (anew / portal.FOLDER).rglob("*") if path.is_file()} == {
        *pages
    }
    different = [page for page in pages if (written / page).read_bytes() != (anew / portal.FOLDER / page).read_bytes()]
    assert different == []


def test_the_week_left_what_it_should(week: Week) -> None:
    assert week.query("select state = 'accepted', count(*) from marts.fct_report group by all order by all") == [
        (False, 1),
        (True, 7),
    ]
    superseded = "select count(distinct receipt_id) from marts.fct_observation_version where superseded_at is not null"
    assert week.query(superseded) == [(1,)]
    assert week.query("select count(*) from marts.quarantine where rule_code = 'NUMBER_UNREADABLE'") == [(1,)]
    figure = "select value from marts.indicator_by_objective_year where indicator_code = '{}' and year = {}"
    assert week.query(figure.format("PPO_VIOLENCE_CASES", 2017)) == [(5980,)]
    # The same person may come in two quarters: those are not added up.
    assert week.query(figure.format("SN_PARENTS_TRAINED", 2019)) == [(30,)]
    # The night that was missed and the one that failed were made up for by the next one.
    assert set(week.released) == set(range(7)) - {MISSED, FAILED}
    assert len(set(week.released.values())) == 5


def test_reading_days_again_changed_nothing_and_every_other_night_something(week: Week) -> None:
    assert week.made[REREAD] == week.made[5]
    nights_with_news = [night for night in week.made if night != REREAD]
    assert len({made["fct_report"] for made in (week.made[night] for night in nights_with_news)}) == 4


@pytest.mark.parametrize("night", sorted(set(range(7)) - {MISSED, FAILED}))
def test_what_was_known_on_a_night_is_what_was_released_then(week: Week, night: int) -> None:
    known = as_of.known_on(week.settings, day_of(night), lambda _: None)
    assert checksums(known.warehouse) == week.made[night]


def test_what_was_known_on_the_night_that_was_missed_is_what_had_come(week: Week) -> None:
    known = as_of.known_on(week.settings, day_of(MISSED), lambda _: None)
    assert known.as_of_date == day_of(MISSED)
    with duckdb.connect(str(known.warehouse), read_only=True) as connection:
        ((reports, latest),) = connection.execute(
            "select count(*), max(received_date) from marts.fct_report"
        ).fetchall()
    assert (reports, latest) == (5, day_of(MISSED))
