"""Exports: the public part of a release in the formats that people and programs read, one module a format.

Everything is made from `public/hasila.duckdb` and from nothing else, so that no figure can be in an export
that is not in that file. The same file and edition give the same bytes. What no format does: choose which
figures are public (that is done before), or add anything up.
"""

from pathlib import Path

from orchestration.release.exports import (
    contents,
    data_package,
    flat,
    hxl,
    parquet,
    readme,
    sdmx,
    spreadsheet_csv,
    workbook,
)
from orchestration.release.exports.edition import Edition, Licence

__all__ = ["DATABASE", "Edition", "Licence", "write"]

DATABASE = contents.DATABASE


def write(public: Path, edition: Edition) -> None:
    """Write every export of `public/hasila.duckdb` beside it.

    Marts that the file lacks are left out of every format. Raises duckdb.Error (no such file, one that is no
    database), OSError (a full disk, a read-only folder).
    """
    with contents.opened(public / DATABASE) as source:
        parquet.write(source, public / "parquet", edition)
        flat.write(source, public / "csv")
        spreadsheet_csv.write(source, public / "excel")
        hxl.write(source, public / "hxl")
        sdmx.write(source, public / "sdmx", edition)
        workbook.write(source, public / "hasila.xlsx", edition)
        data_package.write(source, public, edition)
        readme.write(public / "README.txt", edition)
