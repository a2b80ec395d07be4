"""Restricted release files that tests make themselves, declared as dbt declares the marts."""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from orchestration.release.changes import COLUMNS, TABLE
from tests.helpers import PROJECT


@cache
def declared() -> dict[str, dict[str, str]]:
    """Every mart with its columns and their types."""
    found: dict[str, dict[str, str]] = {TABLE: {name: kind for name, (kind, _) in COLUMNS.items()}}
    for path in sorted((PROJECT / "dbt_project" / "models" / "marts").glob("[a-z]*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = {column["name"]: column["data_type"] for column in model["columns"]}
    return found


def write_release(path: Path, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> Path:
    """A release file with all marts, `rows` in them by mart; columns that a row does not name are null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for name, columns in declared().items():
            told = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"create table marts.{name} ({told})")
            if given := list(rows.get(name, ())):
                every = {column for row in given for column in row}
                connection.register("given", pa.table({column: [row.get(column) for row in given] for column in every}))
                connection.execute(f"insert into marts.{name} by name select * from given")
                connection.unregister("given")
    return path


def indicator(code: str, *, is_sensitive: bool = True, **given: Any) -> dict[str, Any]:
    """A row of dim_indicator: a count that is added over places and periods."""
    rules = {"across_places": "sum", "across_periods": "sum", "across_sources": "sum"}
    return {"indicator_code": code, "is_sensitive": is_sensitive, "value_type": "count", **rules, **given}


def place(code: str, parent: str | None) -> dict[str, Any]:
    """A row of dim_place."""
    return {"place_code": code, "parent_code": parent}


def figure(
    code: str, place_code: str, value: float | None, year: int = 2024, status: str = "reported", **given: Any
) -> dict[str, Any]:
    """A row of a mart of figures, over one calendar year."""
    return {
        "indicator_code": code,
        "place_code": place_code,
        "year": year,
        "period_start": dt.date(year, 1, 1),
        "period_end": dt.date(year, 12, 31),
        "value": value,
        "qualifier": "exact" if value is not None else "not_reported",
        "data_status": status,
        **given,
    }


def group(**categories: str) -> dict[str, str]:
    """The dimensions of a row of indicator_by_group_year; those that are not named are at their total."""
    return {"sex": "_T", "age_group": "_T", "residence": "_T", "population_group": "_T", **categories}
