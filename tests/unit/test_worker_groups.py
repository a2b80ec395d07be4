"""What is set up once for a group of tests is set up once: the group keeps to one worker."""

import os

import pytest


@pytest.mark.xdist_group("one_worker")
@pytest.mark.parametrize("turn", range(4))
def test_a_group_keeps_to_one_worker(turn: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    base = tmp_path_factory.getbasetemp()
    met = (base.parent if worker else base) / "workers-of-one-group"
    with met.open("a", encoding="utf-8") as file:
        file.write(f"{worker}\n")
    assert set(met.read_text(encoding="utf-8").splitlines()) == {worker}
