"""Records to a sheet: field names in row 0, a row a record, and each cell's locator."""

from collections.abc import Iterable, Mapping

from orchestration.read.formats.document import Budget, Cell, Limits, Sheet, UnreadableError, too_large

# A record: a field's content and where it stands in the file.
Record = Mapping[str, tuple[Cell, str]]


def sheet_of(
    name: str, records: Iterable[tuple[str, Record]], limits: Limits, budget: Budget, fields: Iterable[str] = ()
) -> Sheet:
    """The sheet of some records, each with its own locator, which stands for the fields it does not have.

    `fields` come first among the columns; others follow in the order of their first appearance.
    Raises UnreadableError with FILE_TOO_LARGE or FILE_TOO_SLOW.
    """
    columns = {field: index for index, field in enumerate(fields)}
    rows: list[list[Cell]] = [[]]
    locators: list[list[str]] = [[]]
    own = [""]
    for locator, record in records:
        for field in record:
            columns.setdefault(field, len(columns))
        if len(columns) > limits.columns:
            raise UnreadableError(too_large(f"{len(columns)} columns", f"{limits.columns} columns", name, locator))
        budget.spend(len(columns), name, locator)
        cells: list[Cell] = [None] * len(columns)
        places = [locator] * len(columns)
        for field, (content, place) in record.items():
            cells[columns[field]] = content
            places[columns[field]] = place
        rows.append(cells)
        locators.append(places)
        own.append(locator)
    rows[0] = list(columns)
    locators[0] = [f"{column}" for column in columns]
    for cells, places, locator in zip(rows, locators, own, strict=True):
        missing = len(columns) - len(cells)
        if missing:
            cells.extend([None] * missing)
            places.extend([locator] * missing)
    return Sheet(name, rows, locators=locators)
