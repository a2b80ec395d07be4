"""The policy: what stands in the file, and what is wrong with it."""

from pathlib import Path

import pytest

from orchestration.release.disclosure.policy import FILE, DisclosureError, Policy, load_policy
from tests.helpers import PROJECT

INDICATORS = {"A", "B", "C"}


def written(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_small_counts_are_withheld_all_the_same(tmp_path: Path) -> None:
    assert load_policy(tmp_path, INDICATORS) == Policy(threshold=5, rounding_base=None)


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, "# nothing was decided\n"), INDICATORS) == Policy()


def test_the_file_decides(tmp_path: Path) -> None:
    text = "threshold: 11\nrounding_base: 5\ntotals:\n  - {total: A, parts: [B, C]}\n"
    policy = load_policy(written(tmp_path, text), INDICATORS)
    assert (policy.threshold, policy.rounding_base, policy.indicators) == (11, 5, {"A", "B", "C"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("threshold: 1", "threshold"),
        ("threshold: five", "threshold"),
        ("rounding_base: 0", "rounding_base"),
        ("rounding_base: 11", "10 at most"),
        ("treshold: 5", "treshold"),
        ("- 5", "file"),
        ("totals:\n  - {total: A, parts: [A]}", "named twice"),
        ("totals:\n  - {total: A, parts: [B, B]}", "named twice"),
        ("totals:\n  - {total: A, parts: []}", "parts"),
        ("totals:\n  - {total: A, parts: [D]}", "no indicator D"),
        ("threshold: [", "line"),
        ("threshold: \x00", "disclosure.yml"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DisclosureError, match=told):
        load_policy(written(tmp_path, text), INDICATORS)


def test_the_shipped_policy_names_sensitive_indicators() -> None:
    import csv

    with (PROJECT / "dbt_project" / "seeds" / "indicator.csv").open(encoding="utf-8") as file:
        sensitive = {row["indicator_code"] for row in csv.DictReader(file) if row["is_sensitive"] == "true"}
    assert load_policy(PROJECT / "expectations", sensitive).threshold == 5
