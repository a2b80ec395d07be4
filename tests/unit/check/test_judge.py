"""What Great Expectations is asked, and what its answers are taken for."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.check.judge import Judgement, judge
from orchestration.check.suites import Entry, Suite, SuiteError

pytestmark = pytest.mark.xdist_group("great_expectations")

REGISTERS = {"places": ["MA", "MA-01", "MA-02"], "nothing": []}
FRAME = pd.DataFrame(
    {"place": ["MA", None, "FR", "MA-01"], "foreign": ["FR", "ES", None, "FR"], "number": [1.0, 2.0, np.nan, 30.0]}
)


def entry(rule: str, expectation: str, judged_where: str = "", **arguments: Any) -> Entry:
    return Entry(rule=rule, expectation=f"expect_column_values_to_{expectation}", arguments=arguments).model_copy(
        update={"judged_where": judged_where}
    )


def judged(*entries: Entry) -> dict[str, Judgement]:
    return {judgement.rule: judgement for judgement in judge(FRAME, Suite("family", entries), REGISTERS)}


def failed(*entries: Entry) -> dict[str, list[int]]:
    return {rule: judgement.failed.tolist() for rule, judgement in judged(*entries).items()}


def register(name: str) -> dict[str, str]:
    return {"register": name}


def test_rows_fail_whose_code_is_not_in_the_register() -> None:
    assert failed(
        entry("SOME", "be_in_set", column="place", value_set=register("places")),
        entry("NONE_KNOWN", "be_in_set", column="foreign", value_set=register("places")),
        entry("NONE_ALLOWED", "be_in_set", column="place", value_set=register("nothing")),
        entry("SOME_BARRED", "not_be_in_set", column="place", value_set=register("places")),
        entry("NONE_BARRED", "not_be_in_set", column="foreign", value_set=register("places")),
    ) == {
        "SOME": [2],
        "NONE_KNOWN": [0, 1, 3],
        "NONE_ALLOWED": [0, 2, 3],
        "SOME_BARRED": [0, 3],
        "NONE_BARRED": [],
    }


def test_a_rule_that_passes_says_so_beside_those_that_fail() -> None:
    found = judged(
        entry("PASSES", "be_between", column="number", max_value=30, judged_where="number"),
        entry("FAILS", "be_between", column="number", max_value=29, judged_where="number"),
    )
    assert {rule: judgement.failed.tolist() for rule, judgement in found.items()} == {"PASSES": [], "FAILS": [3]}
    for judgement in found.values():
        assert judgement.judged is not None
        assert judgement.judged.tolist() == [0, 1, 3]


def test_a_rule_that_passes_though_some_rows_fail_names_them() -> None:
    assert failed(entry("MOSTLY", "be_between", column="number", max_value=29, mostly=0.5)) == {"MOSTLY": [3]}


def test_two_rules_that_ask_the_same_are_both_judged() -> None:
    same = {"column": "number", "max_value": 29}
    assert failed(entry("ONE", "be_between", **same), entry("OTHER", "be_between", **same)) == {
        "ONE": [3],
        "OTHER": [3],
    }


@pytest.mark.parametrize(
    "wrong",
    [
        entry("WRONG", "be_in_set", column="absent", value_set=register("places")),
        entry("WRONG", "be_in_set", column="place", value_set=register("absent")),
        entry("WRONG", "be_in_set", value_set=register("places")),
        entry("WRONG", "be_between", column="absent", max_value=1),
        entry("WRONG", "be_imagined", column="place"),
    ],
)
def test_what_cannot_be_judged_is_told_and_does_not_pass(wrong: Entry) -> None:
    with pytest.raises(SuiteError, match="WRONG"):
        judged(wrong)
