"""A few of the kills that `python -m tests.integration.killing` does by the hundred."""

from pathlib import Path

import pytest

from tests.integration import killing

pytestmark = [pytest.mark.xdist_group("killing"), pytest.mark.slow]


def test_after_each_kill_the_release_is_whole_and_at_the_end_nothing_is_lost(tmp_path: Path) -> None:
    outcome = killing.run(tmp_path, kills=6, loads=1, seed=7)
    assert outcome.faults == []
    assert outcome.kills.total() == 6
    assert outcome.loads == 1
