"""Every planted error is found under its rule, and nothing else is refused or told of."""

from pathlib import Path

import pytest

from benchmarks.check import FOLLOWING, ROW_ERRORS, differences, judge, read, write


@pytest.mark.slow
@pytest.mark.xdist_group("great_expectations")
def test_planted_errors_are_found_exactly(tmp_path: Path) -> None:
    reports = write(tmp_path, 20_000, seed=7)
    assert set(reports.truth) == {*ROW_ERRORS, *FOLLOWING}
    read(tmp_path, reports)
    assert differences(reports.truth, judge(tmp_path).found) == []
