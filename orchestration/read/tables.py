"""Finding a contract's table in a sheet: the header row, its columns, and what stands above it."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from orchestration.read import text
from orchestration.read.contracts import Column, Contract
from orchestration.read.formats.document import Cell, Document, Sheet
from orchestration.settings import Language


@dataclass(slots=True)
class Table:
    """A table found: `header` is its row from 0, `columns` lead from a column's name to its index."""

    sheet: Sheet
    header: int
    columns: dict[str, int]
    language: Language


@dataclass(slots=True)
class Match:
    """How well a document fits a contract. Without `tables` it does not."""

    contract: Contract
    tables: list[Table] = field(default_factory=list)
    matched: int = 0
    missing: tuple[str, ...] = ()
    nearest_sheet: str = ""


def written(cell: Cell) -> str:
    """A cell's content as text: whole floats without their `.0`, dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that a person would see."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def match(document: Document, contract: Contract) -> Match:
    """All tables of `document` that carry the contract's required columns, or what is missing."""
    result = Match(contract)
    labels = {
        key: (name, language)
        for name, column in contract.columns.items()
        for key, language in column.labels.keys().items()
    }
    required = {name for name, column in contract.columns.items() if column.required}
    best: set[str] = set()
    for sheet in document.sheets:
        found: Table | None = None
        for position, row in enumerate(sheet.rows[: contract.header_within_rows]):
            columns, language = _columns(row, labels)
            if len(columns.keys() & required) > len(best & required) or (not best and columns):
                best, result.nearest_sheet = set(columns), sheet.name
            if required <= columns.keys() and (found is None or len(columns) > len(found.columns)):
                found = Table(sheet, position, columns, language)
        if found is not None:
            result.tables.append(found)
            result.matched = max(result.matched, len(found.columns))
    if not result.tables:
        result.matched = len(best & required)
        result.missing = tuple(_example(contract.columns[name]) for name in contract.columns if name in required - best)
    return result


def _example(column: Column) -> str:
    for labels in (column.labels.fr, column.labels.en, column.labels.ar):
        if labels:
            return labels[0]
    return column.role


def _columns(row: list[Cell], labels: dict[str, tuple[str, Language]]) -> tuple[dict[str, int], Language]:
    """The contract's columns among a row's cells (the first of each), and the row's language."""
    columns: dict[str, int] = {}
    languages: Counter[Language] = Counter()
    for index, cell in enumerate(row):
        if not isinstance(cell, str) or not cell.strip():
            continue
        if found := labels.get(text.key(cell)):
            name, language = found
            if columns.setdefault(name, index) == index:
                languages[language] += 1
    return columns, languages.most_common(1)[0][0] if languages else "en"


def title_cells(table: Table) -> list[tuple[int, int, str]]:
    """The texts above a table with their row and column, in reading order."""
    return [
        (row, column, written(cell))
        for row, cells in enumerate(table.sheet.rows[: table.header])
        for column, cell in enumerate(cells)
        if not is_blank(cell)
    ]
