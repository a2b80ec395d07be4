"""Pages of indicators are the same from however many processes they come."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from orchestration import memory
from orchestration.portal import branding, data
from orchestration.portal.branding import Branding
from orchestration.portal.drawing import Drawing, _parts
from tests.unit.portal import made


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write_public(tmp_path_factory.mktemp("release")) / "hasila.duckdb"


def drawing(database: Path, folder: Path, brand: Branding | None = None) -> Drawing:
    with data.opened(database) as source:
        framework = source.framework().behind_indicators()
    return Drawing(database, folder, framework, made.EDITION, brand or branding.read(branding.SHIPPED))


def drawn(given: Drawing, count: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    told = dict(given.drawn(given.framework.indicators, len, count))
    files = [path for path in given.folder.rglob("*") if path.is_file()]
    return told, {path.relative_to(given.folder).as_posix(): path.read_bytes() for path in files}


def test_two_processes_draw_what_one_draws(database: Path, tmp_path: Path) -> None:
    told, pages = drawn(drawing(database, tmp_path / "one"), 1)
    assert drawn(drawing(database, tmp_path / "two"), 2) == (told, pages)
    assert {f"{language}/{page}" for language in ("ar", "fr", "en") for row in told.values() for page in row.pages} == {
        *pages
    }
    assert len(told) == 7


class Deadly(Branding):
    """Ends every process that it is sent to."""

    def __reduce__(self) -> Any:
        return os._exit, (1,)


def test_a_process_that_dies_costs_no_page(database: Path, tmp_path: Path) -> None:
    brand = branding.read(branding.SHIPPED)
    expected = drawn(drawing(database, tmp_path / "one", brand), 1)
    assert drawn(drawing(database, tmp_path / "two", Deadly(**brand.model_dump())), 2) == expected


def test_what_is_drawn_again_for_want_of_memory_may_take_the_most_in_every_process(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with memory.with_most():
        again = drawing(database, tmp_path / "one")
    opened, had = data.opened, []

    def noted(path: Path) -> AbstractContextManager[data.Source]:
        had.append(memory.has_most())
        return opened(path)

    monkeypatch.setattr(data, "opened", noted)
    drawn(again, 1)
    drawn(drawing(database, tmp_path / "two"), 1)
    # The second time is the reading of the other drawing's framework.
    assert had == [True, False, False]


def test_the_work_is_dealt_out_evenly_the_heaviest_first() -> None:
    rows = {"A": 50, "B": 30, "C": 20, "D": 0, "E": 0}
    # Each weighs its rows and one: 51, then 31 and 21 are 52, then 52 and 53.
    assert _parts(rows, rows.__getitem__, 2) == [["A", "D", "E"], ["B", "C"]]
    assert _parts(["A"], rows.__getitem__, 8) == [["A"]]
    assert _parts([], rows.__getitem__, 8) == []
