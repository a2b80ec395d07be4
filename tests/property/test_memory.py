"""What is remembered from report to report changes nothing of what a report says."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.reports import mixed
from orchestration.read import candidates, numbers, rows, tables
from orchestration.read.contracts import Contract
from orchestration.read.numbers import Neighbours, parse
from orchestration.read.reference import Reference
from tests.property.test_generated_reports import read


def forget() -> None:
    """Be as a process that has read nothing yet."""
    tables._vocabularies.clear()
    rows._meanings.clear()
    numbers._memories.clear()


@given(st.integers(0, 10**6))
@settings(max_examples=3)
def test_a_report_is_read_alike_whatever_was_read_before(
    contracts: tuple[Contract, ...], reference: Reference, seed: int
) -> None:
    reports = [report for _, _, report in mixed(16, seed, contracts, rows=(1, 12))]
    alone = []
    for report in reports:
        forget()
        alone.append(read(report, contracts, reference))
    for report in reversed(reports):
        read(report, contracts, reference)
    after_others = [read(report, contracts, reference) for report in reports]
    assert list(map(candidates.report_of, after_others)) == list(map(candidates.report_of, alone))
    one_by_one = pa.concat_tables([candidates.rows_table([reading]) for reading in alone])
    assert candidates.rows_table(after_others) == one_by_one.combine_chunks()


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**19), 10**19),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text("0123456789.,% -<>n/d٠١٢", max_size=8),
    # What has two readings.
    st.builds("{}{}{:03}".format, st.integers(1, 99), st.sampled_from(".,"), st.integers(0, 999)),
)
AROUND = st.builds(
    Neighbours.of,
    st.lists(st.decimals(0, 10**6, places=1), min_size=1, max_size=3),
    st.sampled_from([frozenset(), frozenset({"."})]),
    st.sampled_from([frozenset(), frozenset({","})]),
)


@given(
    st.lists(CELLS, max_size=8), st.sampled_from(["count", "percent", "amount"]), st.sampled_from([",", "."]), AROUND
)
def test_a_remembered_number_is_what_the_cell_says_among_any_others(
    cells: list[object], kind: numbers.ValueType, sign: numbers.DecimalSign, around: Neighbours
) -> None:
    for cell, number in zip(cells, numbers.remembered(cells, kind, sign), strict=True):
        if number is not None:
            assert parse(cell, value_type=kind, decimal_sign=sign, neighbours=around) == number


def test_yes_is_not_remembered_as_one() -> None:
    assert numbers.remembered([1, 2], "count", ",") == [parse(1), parse(2)]
    assert numbers.remembered([True, 2], "count", ",") == [None, None]
