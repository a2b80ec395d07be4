"""The one long form: the candidate rows of many tables, put together as Arrow columns in one go.

`rows.py` finds out what the lines and the values of a table say. Here that becomes columns: what a
line says once is spread over its values, what repeats is written once and taken many times, and
the identities are computed for all rows together. A single row is made when somebody asks for it.
"""

import datetime as dt
import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.read.numbers import Number


@dataclass(slots=True)
class Row:
    """A candidate observation.

    The fields up to `deliverable_status` are the observation's (design, section 5). `*_text` is what
    the file says where the code was derived from; `value_problem` the rule that the row broke and
    `problem_text` what broke it. `cells` leads from a role to the cell it was read from, `value` to
    the cell that broke the rule where that is another one.
    """

    observation_id: str
    indicator_code: str
    period_start: dt.date | None
    period_end: dt.date | None
    period_grain: str | None
    place_code: str
    sex: str
    age_group: str
    residence: str
    population_group: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    qualifier: str
    data_status: str
    source_sheet: str
    source_cell: str
    source_text: str
    row_number: int
    citation: str
    citation_place: str
    remark: str
    deliverable_code: str
    deliverable_status: str
    indicator_text: str
    place_text: str
    period_text: str
    value_problem: str | None
    value_expected: str
    problem_text: str
    cells: dict[str, str]


FIELDS = tuple(field.name for field in fields(Row))
DECIMAL = pa.decimal128(28, 10)
_TYPES: dict[str, pa.DataType] = {
    "period_start": pa.date32(),
    "period_end": pa.date32(),
    "value": DECIMAL,
    "numerator": DECIMAL,
    "denominator": DECIMAL,
    "row_number": pa.int32(),
}
SCHEMA = pa.schema(
    [
        pa.field("receipt_id", pa.string()),
        *(pa.field(name, _TYPES.get(name, pa.string())) for name in FIELDS),
    ]
)
"""A candidate row: `Row`, with its receipt, and its cells as JSON."""

Groups = tuple[str, ...]
"""The codes of sex, age group, residence and population group, in this order."""


class Span(NamedTuple):
    """A period as a row states it: dates and grain, all None where it cannot be read, and the text."""

    start: dt.date | None
    end: dt.date | None
    grain: str | None
    text: str


@dataclass(slots=True)
class Block:
    """The candidate rows of one table: for each of its lines one row a column of values, line by line.

    `lines` holds what a line says for all its values: a list with an entry a line, or the one
    thing that every line says. `cells` are the places of all this, an unfinished JSON object. `rows`
    are lists with an entry a row, in which what is equal should be one object, for it is looked at once.
    `patches` lead from a column to what stands in some of its rows instead.
    """

    receipt_id: str
    sheet: str
    data_status: str
    first_number: int
    width: int
    lines: dict[str, list[Any] | str | None]
    indicators: list[str]
    indicator_texts: list[str]
    places: list[str]
    spans: list[Span]
    groups: list[Groups]
    numbers: list[Number]
    names: list[str]
    texts: list[str]
    is_located: bool = False
    """Whether the names may be places in a file of records, or in another sheet, which JSON may have to escape."""
    patches: dict[str, dict[int, Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


class Rows(Sequence[Row]):
    """The candidate rows of some tables."""

    __slots__ = ("_table", "blocks")

    def __init__(self, blocks: Iterable[Block] = ()):
        self.blocks = list(blocks)
        self._table: pa.Table | None = None

    @property
    def table(self) -> pa.Table:
        """The rows as a table of `SCHEMA`."""
        if self._table is None:
            self._table = assembled(self.blocks)
        return self._table

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return list(self)[position]
        return next(_made(self.table.slice(range(len(self))[position], 1)))

    def __iter__(self) -> Iterator[Row]:
        return _made(self.table)

    def extend(self, other: "Rows") -> None:
        """Put the rows of another table behind these."""
        self.blocks += other.blocks
        self._table = None

    def dates(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day that a row is about; None where no row says so."""
        spans = {span for block in self.blocks for span in block.spans}
        starts = [span.start for span in spans if span.start]
        ends = [span.end for span in spans if span.end]
        return (min(starts), max(ends)) if starts and ends else None


def _made(table: pa.Table) -> Iterator[Row]:
    for found in table.drop_columns(["receipt_id"]).to_pylist():
        amounts = {name: _shortest(found[name]) for name in ("value", "numerator", "denominator")}
        yield Row(**found | amounts | {"cells": json.loads(found["cells"])})


def _shortest(amount: Decimal | None) -> Decimal | None:
    """A decimal without the zeros that a column of decimals puts behind it."""
    return None if amount is None else Decimal(f"{amount.normalize():f}")


def in_turn(columns: Sequence[list[Any]]) -> list[Any]:
    """Columns of equal length as one list that takes an entry of each by turns."""
    if len(columns) == 1:
        return columns[0]
    together: list[Any] = [None] * (len(columns) * len(columns[0]))
    for number, column in enumerate(columns):
        together[number :: len(columns)] = column
    return together


def quoted(name: str) -> str:
    """A cell's name in JSON; the letters and digits of a spreadsheet's need no escape."""
    return f'"{name}"' if name.isalnum() and name.isascii() else json.dumps(name)


def assembled(blocks: Sequence[Block]) -> pa.Table:
    """The rows of all blocks, in order, as one table of `SCHEMA`."""
    blocks = [block for block in blocks if len(block)]
    if not blocks:
        return SCHEMA.empty_table()
    columns = _Assembly(blocks).columns()
    for name, patched in _patches(blocks).items():
        columns[name] = _patched(columns[name], SCHEMA.field(name).type, patched)
    return pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


class _Assembly:
    """Puts the columns of some blocks together; a block has a row at least."""

    def __init__(self, blocks: Sequence[Block]):
        self._blocks = blocks
        widths = np.array([block.width for block in blocks])
        self._sizes = np.array([len(block) for block in blocks])
        self._heights = self._sizes // widths
        self._count = int(self._sizes.sum())
        self._block_of = pa.array(np.repeat(np.arange(len(blocks)), self._sizes))
        lines = np.arange(int(self._heights.sum()))
        self._line_of = pa.array(np.repeat(lines, np.repeat(widths, self._heights))) if widths.max() > 1 else None

    def columns(self) -> dict[str, pa.Array]:
        """All columns of `SCHEMA` by name."""
        blocks = self._blocks
        starts = np.repeat(np.cumsum(self._sizes) - self._sizes, self._sizes)
        firsts = np.repeat(np.array([block.first_number for block in blocks]), self._sizes)
        numbers, number_of = _distinct(chain.from_iterable(block.numbers for block in blocks))
        spans, span_of = _distinct(chain.from_iterable(block.spans for block in blocks))
        groups, group_of = _distinct(chain.from_iterable(block.groups for block in blocks))
        names = self._of_rows("names")
        indicators = self._of_rows("indicators")
        sex, age_group, residence, population_group = zip(*groups, strict=True)
        receipts = self._of_blocks([block.receipt_id for block in blocks])
        return {
            "receipt_id": receipts,
            "observation_id": _identities(
                self._of_blocks([f"{block.receipt_id}\x1f{block.sheet}" for block in blocks]),
                names,
                indicators,
                pa.array(["\x1f".join(group) for group in groups]).take(group_of),
            ),
            "indicator_code": indicators,
            "period_start": pa.array([span.start for span in spans], pa.date32()).take(span_of),
            "period_end": pa.array([span.end for span in spans], pa.date32()).take(span_of),
            "period_grain": pa.array([span.grain for span in spans], pa.string()).take(span_of),
            "place_code": self._of_rows("places"),
            "sex": pa.array(sex).take(group_of),
            "age_group": pa.array(age_group).take(group_of),
            "residence": pa.array(residence).take(group_of),
            "population_group": pa.array(population_group).take(group_of),
            "value": _decimals([number.value for number in numbers]).take(number_of),
            "numerator": self._of_lines("numerator", _decimals),
            "denominator": self._of_lines("denominator", _decimals),
            "qualifier": pa.array([number.qualifier for number in numbers], pa.string()).take(number_of),
            "data_status": self._of_blocks([block.data_status for block in blocks]),
            "source_sheet": self._of_blocks([block.sheet for block in blocks]),
            "source_cell": names,
            "source_text": self._of_rows("texts"),
            "row_number": pa.array(np.arange(self._count) - starts + firsts, pa.int32()),
            **{name: self._of_lines(name, _strings) for name in _LINE_TEXTS},
            "indicator_text": self._of_rows("indicator_texts"),
            "period_text": pa.array([span.text for span in spans], pa.string()).take(span_of),
            "value_problem": pa.nulls(self._count, pa.string()),
            "value_expected": pa.repeat("", self._count),
            "problem_text": pa.repeat("", self._count),
            "cells": pc.binary_join_element_wise(
                self._of_lines("cells", _strings), '"value":"', self._escaped(names), '"}', ""
            ),
        }

    def _of_blocks(self, entries: list[str]) -> pa.Array:
        return pa.array(entries, pa.string()).take(self._block_of)

    def _of_rows(self, name: str) -> pa.Array:
        return _strings(chain.from_iterable(getattr(block, name) for block in self._blocks))

    def _of_lines(self, name: str, array: Any) -> pa.Array:
        columns = [block.lines[name] for block in self._blocks]
        if not any(isinstance(column, list) for column in columns):
            return array(columns).take(self._block_of)
        entries = chain.from_iterable(
            column if isinstance(column, list) else [column] * int(height)
            for column, height in zip(columns, self._heights, strict=True)
        )
        found = array(entries)
        return found if self._line_of is None else found.take(self._line_of)

    def _escaped(self, names: pa.Array) -> pa.Array:
        """The names of the rows' cells as they stand between the quotes of JSON."""
        if not any(block.is_located for block in self._blocks):
            return names
        return _strings(
            chain.from_iterable(
                [quoted(name)[1:-1] for name in block.names] if block.is_located else block.names
                for block in self._blocks
            )
        )


_LINE_TEXTS = ("citation", "citation_place", "remark", "deliverable_code", "deliverable_status", "place_text")


def _strings(entries: Iterable[str | None]) -> pa.Array:
    return pa.array(list(entries), pa.string())


def _decimals(entries: Iterable[Decimal | None]) -> pa.Array:
    # As text, which costs a tenth of handing over the objects.
    return _strings(None if entry is None else str(entry) for entry in entries).cast(DECIMAL)


def _distinct(entries: Iterable[Hashable]) -> tuple[list[Any], pa.Array]:
    """The different objects among some, and for each entry which of them it is."""
    every = list(entries)
    identities = list(map(id, every))
    found = dict(zip(identities, every, strict=True))
    places = {identity: place for place, identity in enumerate(found)}
    return list(found.values()), pa.array(list(map(places.__getitem__, identities)), pa.int32())


_digest = partial(blake2b, digest_size=16)
_DIGITS = 32


def _identities(*parts: pa.Array) -> pa.Array:
    """The hashes of what identifies the rows: receipt and sheet, cell, indicator, groups."""
    joined = pc.binary_join_element_wise(*parts, "\x1f")
    ends = _offsets(joined).tolist()
    content = memoryview(joined.buffers()[2])
    digests = b"".join([_digest(content[start:end]).digest() for start, end in pairwise(ends)])
    offsets = np.arange(0, (len(joined) + 1) * _DIGITS, _DIGITS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(joined), pa.py_buffer(offsets), pa.py_buffer(digests.hex().encode()))


def _offsets(array: pa.Array) -> npt.NDArray[np.int32]:
    return np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]


def _patches(blocks: Sequence[Block]) -> dict[str, dict[int, Any]]:
    """What stands in some rows instead, by column and by row of all blocks together."""
    found: dict[str, dict[int, Any]] = {}
    first = 0
    for block in blocks:
        for name, patches in block.patches.items():
            found.setdefault(name, {}).update((first + row, content) for row, content in patches.items())
        first += len(block)
    return found


def _patched(column: pa.Array, kind: pa.DataType, patches: dict[int, Any]) -> pa.Array:
    mask = np.zeros(len(column), dtype=bool)
    rows = sorted(patches)
    mask[rows] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array([patches[row] for row in rows], kind))
