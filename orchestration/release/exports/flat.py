"""Plain CSV, one file a mart, for programs: RFC 4180, UTF-8, nothing translated and nothing changed.

A text that begins like a formula stays as it is: what a spreadsheet opens is made in `spreadsheet_csv`.
"""

from pathlib import Path

from orchestration.release.exports.contents import Contents, plain
from orchestration.release.marts import quoted


def write(source: Contents, folder: Path) -> None:
    """Write `<mart>.csv` for every mart. An empty cell is a null. Raises duckdb.Error, OSError."""
    for mart in source.marts.values():
        columns = ", ".join(f"{plain(column)} as {quoted(column.name)}" for column in mart.columns)
        source.copy_csv(f"select {columns} from {mart.table}", folder / f"{mart.name}.csv")
