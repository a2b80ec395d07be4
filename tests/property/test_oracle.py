"""The marts agree with the oracle, to the last digit, on made-up reports that went through the real rooms.

`ORACLE_CASES` says how many cases `make test` makes up, `ORACLE_MANY_CASES` how many the slow test;
`ORACLE_SEED` makes up others.
"""

import os
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from orchestration import model, night
from orchestration.release.marts import text_literal
from orchestration.release.recount import recount
from orchestration.settings import Settings
from tests.helpers import PROJECT
from tests.property.oracle import run
from tests.property.oracle.cases import make_case
from tests.property.oracle.comparison import MARTS, Difference, differences
from tests.property.oracle.facts import Case
from tests.property.oracle.found import FOUND, Found
from tests.property.oracle.planted import MISTAKES, Mistake
from tests.property.oracle.quality import noted
from tests.property.oracle.rules import qualifier_of_sum, report_key, stored, versions
from tests.property.oracle.shrink import renumbered, shown, smallest

pytestmark = pytest.mark.xdist_group("oracle")

CASES = int(os.environ.get("ORACLE_CASES", "150"))
MANY_CASES = int(os.environ.get("ORACLE_MANY_CASES", "2000"))
SEED = int(os.environ.get("ORACLE_SEED", "1"))
_PLANTED_CASES = 60


def built(root: Path, cases: Sequence[Case]) -> Settings:
    """An installation whose warehouse was built from the cases' reports."""
    settings = run.prepare(root, cases)
    run.load(settings)
    run.build(settings)
    return settings


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [*(make_case(number, SEED) for number in range(CASES)), *(found.case for found in FOUND)]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, cases: list[Case]) -> Settings:
    return built(tmp_path_factory.mktemp("oracle"), cases)


@pytest.fixture(scope="module")
def compared(loaded: Settings, cases: list[Case]) -> list[Difference]:
    return differences(loaded, cases)


def explained(found: Sequence[Difference], cases: Sequence[Case], folder: Path) -> str:
    """The first difference on as few rows as show it, with the reports as they were made."""
    first = found[0]
    rounds = iter(range(10**6))

    def compare(variants: Sequence[Case]) -> list[Difference]:
        return differences(built(_fresh(folder / f"round-{next(rounds)}"), variants), variants, [first.mart])

    case = next(case for case in cases if case.number == first.case)
    small, shown_differences = smallest(case, first.mart, compare)
    told = "\n".join(map(str, shown_differences or [first]))
    return f"{len(found)} rows differ; on the fewest reports:\n{shown(small)}\n{told}"


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("mart", MARTS)
def test_marts_agree(mart: str, compared: list[Difference], cases: list[Case], tmp_path: Path) -> None:
    found = [difference for difference in compared if difference.mart == mart]
    assert not found, explained(found, cases, tmp_path)


def test_the_recount_of_the_audit_agrees(loaded: Settings) -> None:
    """What the audit counts once more in the plainest cases is what the marts say, on all cases at once."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {text_literal(str(loaded.warehouse))} as built (read_only)")
        recounted, wrong = recount(connection)
    assert wrong == []
    assert recounted > 0


def test_data_quality_is_what_the_check_room_noted(loaded: Settings) -> None:
    """Rule by rule, by sender, period and day; a rule that was not asked has no row."""
    found = run.rows(loaded, "select * from marts.data_quality")
    names = [name for name in found[0] if name != "failed_share"]
    counted = Counter(tuple(row[name] for name in names) for row in found)
    assert counted == Counter(tuple(row[name] for name in names) for row in noted(loaded))
    for row in found:
        share = None if row["rows_judged"] is None else Fraction(row["rows_failed"], row["rows_judged"])
        assert (None if row["failed_share"] is None else Fraction(row["failed_share"])) == (
            None if share is None else stored(share)
        )


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.name)
def test_found_case(found: Found, loaded: Settings) -> None:
    """What once was wrong, by hand and not by the oracle."""
    (indicator,) = found.case.indicators
    groups = "sex, age_group, residence, population_group"
    rows = run.rows(
        loaded,
        f"select place_code, {groups}, period_label, value, qualifier from marts.indicator_by_group_year"
        f" where indicator_code = '{indicator.code}' union all select place_code, '_T', '_T', '_T', '_T', period_label,"
        f" value, qualifier from marts.indicator_by_place_year where indicator_code = '{indicator.code}'",
    )
    figures = {tuple(row.values())[:6]: (row["value"], row["qualifier"]) for row in rows}
    for place, group, period, value, qualifier in found.shown:
        assert figures[place, *group, period] == (None if value is None else Fraction(value), qualifier)


@pytest.mark.slow
def test_marts_agree_on_many_cases(tmp_path: Path) -> None:
    cases = [make_case(number, SEED + 1) for number in range(MANY_CASES)]
    settings = built(_fresh(tmp_path / "many"), cases)
    found = differences(settings, cases)
    assert not found, explained(found, cases, tmp_path)


# --- the oracle itself: it must see what is wrong, and not depend on the order of anything


@pytest.fixture(scope="module")
def planting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[Case]]:
    """A load that the unchanged models agree on; the mistakes are planted into its copy of the project."""
    cases = [make_case(number, SEED) for number in range(_PLANTED_CASES)]
    settings = built(tmp_path_factory.mktemp("planting"), cases)
    assert not differences(settings, cases)
    return settings, cases


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_planted_mistake_is_seen(
    mistake: Mistake, planting: tuple[Settings, list[Case]], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, cases = planting
    path = settings.dbt_project / mistake.file
    before = path.read_text(encoding="utf-8")
    path.write_text(mistake.planted(PROJECT / "dbt_project"), encoding="utf-8")
    variables = model.of_night(night.last_received_date(settings), builds_upon_earlier=False)
    try:
        model.run(settings, ["run", "--full-refresh"], model.target_folder(settings), **variables)
    finally:
        path.write_text(before, encoding="utf-8")
    found = differences(settings, cases)
    seen = sorted({difference.mart for difference in found})
    with capsys.disabled():
        print(f"\n{mistake.name}: seen by {', '.join(f'test_marts_agree[{mart}]' for mart in seen) or 'nothing'}")  # noqa: T201
    assert mistake.seen_in in seen


def test_mistakes_can_be_planted() -> None:
    """Each change still finds its place in the SQL."""
    project = PROJECT / "dbt_project"
    for mistake in MISTAKES:
        assert mistake.planted(project) != (project / mistake.file).read_text(encoding="utf-8")
    assert len({mistake.name for mistake in MISTAKES}) == 10


def test_versions_do_not_depend_on_the_order_of_reports() -> None:
    """6.1: only the time of receipt decides."""
    for number in range(50):
        case = make_case(number, SEED)
        reports = [replace(report, receipt=report.path) for report in case.reports]
        shuffled = random.Random(number).sample(reports, len(reports))  # noqa: S311 - made-up reports
        by_key = {key: [one.received_at for one in found] for key, found in versions(reports).items()}
        assert by_key == {key: [one.received_at for one in found] for key, found in versions(shuffled).items()}
        assert {report_key(report) for report in reports if report.is_accepted} == by_key.keys()


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (("exact", "more_than"), "more_than"),
        (("exact", "at_least"), "at_least"),
        (("more_than", "at_least"), "at_least"),
        (("exact", "less_than"), "less_than"),
        (("less_than", "at_most"), "at_most"),
        (("exact", "approximate"), "approximate"),
        (("more_than", "less_than"), "approximate"),
        (("at_least", "approximate"), "approximate"),
        (("exact", "exact"), "exact"),
    ],
)
def test_qualifiers_of_a_sum(parts: tuple[str, ...], whole: str) -> None:
    """6.7, as the design words it."""
    assert qualifier_of_sum(parts) == whole


def test_a_renumbered_case_says_the_same() -> None:
    """Shrinking puts variants side by side; back under its number a case is what it was."""
    case = make_case(7, SEED)
    assert renumbered(renumbered(case, 123), 7) == case
