"""Figures laid out in rows and columns: one row a place or group, one column a period and data status."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from orchestration.portal.data import Figure

CELLS_A_PAGE = 700
"""Cells of one grid on one page; what is more goes on further pages, so that each stays light."""


class Column(NamedTuple):
    """A period and status over the cells of a grid."""

    period_end: dt.date
    period_start: dt.date
    period_label: str
    data_status: str


@dataclass(frozen=True)
class Grid:
    """Figures by row and column; where there is none, no report says anything."""

    columns: tuple[Column, ...]
    rows: tuple[Any, ...]
    cells: dict[tuple[Any, Column], Figure]

    def __bool__(self) -> bool:
        return bool(self.rows)


def grid(figures: Sequence[Figure], row_of: Callable[[Figure], Any], order: Callable[[Any], Any]) -> Grid:
    """A grid with the newest period first; `row_of` names a figure's row, `order` sorts the rows."""
    cells = {(row_of(figure), _column(figure)): figure for figure in figures}
    columns = sorted({column for _, column in cells}, key=_newest_first)
    rows = sorted({row for row, _ in cells}, key=order)
    return Grid(tuple(columns), tuple(rows), cells)


def split(whole: Grid) -> Iterator[Grid]:
    """A grid dealt out to pages: by rows where there are very many, else by periods. At least one."""
    tall = max(1, min(len(whole.rows), CELLS_A_PAGE))
    wide = max(1, CELLS_A_PAGE // tall)
    for top in range(0, max(1, len(whole.rows)), tall):
        for left in range(0, max(1, len(whole.columns)), wide):
            yield Grid(whole.columns[left : left + wide], whole.rows[top : top + tall], whole.cells)


def _column(figure: Figure) -> Column:
    return Column(figure.period_end, figure.period_start, figure.period_label, figure.data_status)


def _newest_first(column: Column) -> tuple[int, int, str]:
    return -column.period_end.toordinal(), column.period_start.toordinal(), column.data_status
