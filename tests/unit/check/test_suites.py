"""Suites: what cannot judge is not loaded."""

from pathlib import Path

import pytest

from orchestration.check.suites import SuiteError, load_suite
from orchestration.findings import Catalogue
from orchestration.read.contracts import Contract
from tests.helpers import PROJECT

RULE = """\
rules:
  - rule: CITATION_MISSING
    expectation: expect_column_values_to_not_be_null
    arguments: {column: citation}
"""


def write(folder: Path, **suites: str) -> Path:
    for name, text in suites.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def test_every_family_is_judged_by_every_shared_rule(catalogue: Catalogue, contracts: tuple[Contract, ...]) -> None:
    shared = {entry.rule for entry in load_suite(PROJECT / "expectations", "a_family_without_file", catalogue).entries}
    assert len(shared) >= 19
    for contract in contracts:
        own = {entry.rule for entry in load_suite(PROJECT / "expectations", contract.family, catalogue).entries}
        assert shared < own, contract.family


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no critical rule"),
        ("rules: []", "no critical rule"),
        ("include: [visits]", "includes itself"),
        ("include: [other]", "no suite"),
        ("tests: []", "expected the keys"),
        ("- a", "expected the keys"),
        ("rules: [", "visits.yml"),
        (RULE + RULE.removeprefix("rules:\n"), "judged twice: CITATION_MISSING"),
        (RULE.replace("CITATION_MISSING", "NO_SUCH_RULE"), "NO_SUCH_RULE is not in the catalogue"),
        (RULE.replace("expect_column", "hope_column"), "rule 1: expectation"),
        (RULE + "    severity: info\n", "rule 1: severity"),
        (RULE + "everywhere: {share: 2}\n", "everywhere.share"),
        (RULE + "everywhere: often\n", "everywhere"),
        ("rules: 5", "rules: Input should be a valid tuple"),
        ("include: observations", "include: Input should be a valid tuple"),
    ],
)
def test_a_wrong_suite_is_refused_with_its_reason(tmp_path: Path, catalogue: Catalogue, text: str, reason: str) -> None:
    with pytest.raises(SuiteError, match=reason):
        load_suite(write(tmp_path, visits=text), "visits", catalogue)


def test_a_family_without_suite_is_judged_by_the_shared_rules(tmp_path: Path, catalogue: Catalogue) -> None:
    suite = load_suite(write(tmp_path, observations=RULE), "visits", catalogue)
    assert [entry.rule for entry in suite.entries] == ["CITATION_MISSING"]


def test_how_much_is_everywhere_is_the_suites_to_say(tmp_path: Path, catalogue: Catalogue) -> None:
    shared = RULE + "everywhere: {share: 0.1, rows: 3}\n"
    folder = write(tmp_path, observations=shared, visits="include: [observations]", own="include: [observations]")
    taken = load_suite(folder, "visits", catalogue).everywhere
    assert [taken.holds(failed, 40) for failed in (3, 4, 5)] == [False, False, True]
    write(folder, own="include: [observations]\neverywhere: {share: 0.9}\n")
    assert not load_suite(folder, "own", catalogue).everywhere.holds(36, 40)
