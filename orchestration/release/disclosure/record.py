"""Sensitive cells, out of a release's marts; and the record that each release keeps of what it withheld.

The record holds true values. It lies in the restricted part of a release, beside its `warehouse.duckdb`.
"""

import datetime as dt
import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration import storage
from orchestration.release.disclosure import bounds
from orchestration.release.disclosure.relations import Cell, Group, Snapshot

FILE = "disclosure.parquet"
TOTAL = "_T"
MADE_UP = "illustrative"
DIMENSIONS = ("sex", "age_group", "residence", "population_group")

SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("block", pa.string()),
        ("block_digest", pa.string()),
        ("indicator_code", pa.string()),
        ("data_status", pa.string()),
        ("place_code", pa.string()),
        *((name, pa.string()) for name in DIMENSIONS),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("value", pa.float64()),
        ("withheld", pa.string()),
    ]
)
"""One row a sensitive figure. `withheld` is null where it is shown, else why it is not: `small`, `complementary`, or
`before` (an earlier release that is kept withheld the same figure)."""


class Figure(NamedTuple):
    """A sensitive figure of a release, as its marts hold it."""

    indicator_code: str
    data_status: str
    place_code: str
    sex: str
    age_group: str
    residence: str
    population_group: str
    period_start: dt.date
    period_end: dt.date
    value: float

    @property
    def cell(self) -> Cell:
        return Cell(self.indicator_code, self.place_code, group_of(self), self.period_start, self.period_end)


ALL_FIGURES = """
    select indicator_code, data_status, place_code, '_T' as sex, '_T' as age_group, '_T' as residence,
        '_T' as population_group, period_start, period_end, value, qualifier
    from {source}.marts.indicator_by_place_year
    union all
    select indicator_code, data_status, place_code, sex, age_group, residence, population_group,
        period_start, period_end, value, qualifier
    from {source}.marts.indicator_by_group_year
"""
"""Every figure of the attached release `source`: the national ones by programme are among those by place."""

_FIGURES = f"""
    select indicator_code, data_status, place_code, sex, age_group, residence, population_group,
        period_start, period_end, value::double, qualifier
    from ({ALL_FIGURES})
    where value is not null
        and indicator_code in (select indicator_code from {{source}}.marts.dim_indicator where is_sensitive)
    order by all
"""


def figures(connection: duckdb.DuckDBPyConnection, source: str) -> list[Figure]:
    """Every sensitive figure of the attached release `source` that has a value.

    The value of an upper bound is the count that a sum of the release leaves for it, where one does (`bounds`).
    """
    rows = connection.execute(_FIGURES.format(source=source)).fetchall()
    parents = dict(connection.execute(f"select place_code, parent_code from {source}.marts.dim_place").fetchall())
    return bounds.settled([Figure._make(row[:-1]) for row in rows], [row[-1] for row in rows], parents)


def group_of(figure: Figure) -> Group:
    """The dimensions that are not at their total. A crossed population group (`A=1+B=2`) has one for each."""
    parts = []
    for dimension in DIMENSIONS:
        category = getattr(figure, dimension)
        if category == TOTAL:
            continue
        if dimension != "population_group":
            parts.append((dimension, category))
            continue
        for crossed in category.split("+"):
            name, is_named, value = crossed.partition("=")
            parts.append((name, value) if is_named else (dimension, crossed))
    return frozenset(parts)


def by_status(figures: Iterable[Figure]) -> dict[str, dict[Cell, float]]:
    """Figures as cells with their values, by data status."""
    cells: dict[str, dict[Cell, float]] = defaultdict(dict)
    for figure in figures:
        cells[figure.data_status][figure.cell] = figure.value
    return dict(sorted(cells.items()))


def digest(figures: Iterable[Figure], method: str) -> str:
    """What the choice for a block follows from: its figures, and the method."""
    content = [method, [[*map(str, figure[:9]), figure.value] for figure in figures]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """What one release withheld and showed of the sensitive figures, block by block."""

    method: str
    """What else than the figures the choice followed from."""
    digests: Mapping[str, str]
    figures: Mapping[str, Sequence[tuple[Figure, str | None]]]

    def said(self, block: str) -> object:
        """Equal for two releases that had the same figures of a block and showed the same of them."""
        return self.digests.get(block), tuple(withheld is None for _, withheld in self.figures.get(block, ()))

    def snapshots(self, block: str, release: int) -> list[Snapshot]:
        """The block's cells in that release, one snapshot a data status, with those that were shown.

        `release` tells it from the other releases of one system, and is not 0.
        """
        listed = self.figures.get(block, ())
        shown: dict[str, set[Cell]] = defaultdict(set)
        for figure, withheld in listed:
            if withheld is None:
                shown[figure.data_status].add(figure.cell)
        cells = by_status(figure for figure, _ in listed)
        return [
            Snapshot(found, frozenset(shown[status]), release, is_made_up=status == MADE_UP)
            for status, found in cells.items()
        ]


def read(folder: Path) -> Record:
    """The record of the release in `folder`; empty where it has none (it showed nothing, then).

    The figures of a block are read when they are asked for: most blocks are as they were, and many releases are kept.
    Raises KeyError or pyarrow's errors where the file is damaged; so does the asking.
    """
    path = folder / FILE
    if not path.exists():
        return Record("", {}, {})
    heads = storage.read_columns(path, ("method", "block", "block_digest"))
    if not heads.num_rows:
        return Record("", {}, {})
    runs = pc.run_end_encode(heads.column("block").combine_chunks())
    blocks, ends = runs.values.to_pylist(), runs.run_ends.to_pylist()
    rows = {block: range(*between) for block, between in zip(blocks, itertools.pairwise([0, *ends]), strict=True)}
    digests = {block: heads.column("block_digest")[those.start].as_py() for block, those in rows.items()}
    return Record(heads.column("method")[0].as_py(), digests, _Written(path, rows))


class _Written(Mapping[str, Sequence[tuple[Figure, str | None]]]):
    """The figures in a record's file, block by block, of which only the last one asked for is in memory."""

    def __init__(self, path: Path, rows: Mapping[str, range]):
        self._path, self._rows = path, rows
        self._last: tuple[str, list[tuple[Figure, str | None]]] | None = None

    def __getitem__(self, block: str) -> Sequence[tuple[Figure, str | None]]:
        if self._last is None or self._last[0] != block:
            self._last = block, self._read(self._rows[block])
        return self._last[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _read(self, rows: range) -> list[tuple[Figure, str | None]]:
        table = storage.read_rows(self._path, (*Figure._fields, "withheld"), rows)
        *fields, withheld = (column.to_pylist() for column in table.columns)
        return list(zip(itertools.starmap(Figure, zip(*fields, strict=True)), withheld, strict=True))


def write(folder: Path, record: Record) -> None:
    """Write the record into the release folder, each block by itself. Raises OSError."""
    storage.write_tables(folder / FILE, SCHEMA, _tables(record))


def _tables(record: Record) -> Iterator[pa.Table]:
    for block, listed in sorted(record.figures.items()):
        if not listed:
            continue
        same = {"method": record.method, "block": block, "block_digest": record.digests[block]}
        columns: dict[str, list[object]] = {name: [value] * len(listed) for name, value in same.items()}
        for name, values in zip(Figure._fields, zip(*(figure for figure, _ in listed), strict=True), strict=True):
            columns[name] = list(values)
        columns["withheld"] = [withheld for _, withheld in listed]
        yield pa.table(columns, schema=SCHEMA)
