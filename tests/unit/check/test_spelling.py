"""Spelling: a name that is written once in another way than everywhere else, in reports of few names and of many."""

import random
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.check import spelling
from tests.unit.check import rows

NAMES = st.lists(
    st.sampled_from(["groupe un", "groupe deux", "Groupe un", "grouep un", "groupes un", "autre"]), max_size=9
)


def rare(groups: list[str], receipts: list[str] | None = None) -> list[tuple[str, str]]:
    """What is told of reports whose rows name these population groups."""
    receipts = receipts or ["r1"] * len(groups)
    table = rows.table(
        {"population_group": name, "receipt_id": receipt} for name, receipt in zip(groups, receipts, strict=True)
    )
    frame = pd.DataFrame(
        {
            name: table.column(name).to_pandas()
            for name in ("receipt_id", "indicator_code", "place_code", "population_group")
        }
    )
    spelling.add(frame, table, np.zeros(len(groups), bool))
    told = frame[frame["rare_spelling"] == 1]
    return list(zip(told["rare_text"], told["usual_text"], strict=True))


def test_a_name_written_once_beside_one_that_is_usual_is_told() -> None:
    usual = ["groupe un"] * 8
    assert rare([*usual, "grouep un"]) == [("grouep un", "groupe un")]
    assert rare([*usual, "Groupe un"]) == [("Groupe un", "groupe un")]
    assert rare([*usual, "autre chose"]) == []
    # Another report's habits say nothing of this one's, and seven times is no habit.
    assert rare([*usual, "grouep un"], ["r1"] * 8 + ["r2"]) == []
    assert rare([*usual[1:], "grouep un"]) == []


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_reports_of_many_names_are_looked_at_by_the_same_rule(reports: list[list[str]]) -> None:
    groups = [name for names in reports for name in ["groupe un"] * 8 + names]
    receipts = [f"r{number}" for number, names in enumerate(reports) for _ in range(8 + len(names))]
    with pytest.MonkeyPatch.context() as patched:
        few = rare(groups, receipts)
        patched.setattr(spelling, "_MOST_PAIRS", 1)
        many = rare(groups, receipts)
    assert sorted(few) == sorted(many)


def test_a_report_of_thousands_of_names_is_judged_in_little_memory() -> None:
    """1,500 usual names and 8,000 rare ones are twelve million pairs, of which one is alike."""
    letters = random.Random(1)  # noqa: S311  # names, not secrets
    names = list(dict.fromkeys("".join(letters.choices("abcdefghijklmnop", k=12)) for _ in range(9_499)))
    usual, once = names[:1_500], names[1_500:]
    slip = usual[7][:-1] + "Z"
    tracemalloc.start()
    try:
        told = rare([*usual * 8, *once, slip])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told == [(slip, usual[7])]
    assert peak < 150 * 2**20
