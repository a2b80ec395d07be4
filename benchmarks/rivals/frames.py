"""A report as a pandas frame of its cells, as a script that someone writes on an afternoon would read it."""

import csv
from pathlib import Path

import pandas as pd

ENCODINGS = ("utf-8-sig", "utf-16", "cp1256", "cp1252")


def cells(path: Path, engine: str) -> pd.DataFrame:
    """One row a cell that is not empty: organisation, file, sheet, row, column, text."""
    if path.suffix == ".csv":
        sheets = {path.stem: _delimited(path)}
    else:
        sheets = pd.read_excel(path, sheet_name=None, header=None, dtype=str, engine=engine)
    found = []
    for name, sheet in sheets.items():
        long = sheet.rename_axis("row").reset_index().melt("row", var_name="column", value_name="text").dropna()
        found.append(long.assign(sheet=name))
    together = pd.concat(found) if found else pd.DataFrame(columns=["row", "column", "text", "sheet"])
    return together.assign(organisation=path.parent.name, file=path.name).astype({"column": "int64", "text": "str"})


def _delimited(path: Path) -> pd.DataFrame:
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        # csv.Sniffer finds no delimiter in most of them.
        delimiter = max(";,\t|", key=text[:4000].count)
        return pd.DataFrame(list(csv.reader(text.splitlines(), delimiter=delimiter)), dtype="str")
    raise ValueError(f"{path}: no encoding fits")


AGGREGATE = """
    select organisation, count(*) as cells, sum(try_cast(replace(text, ' ', '') as double)) as total
    from {table} group by organisation order by organisation
"""
