"""Plain CSV: RFC 4180, UTF-8, nothing translated."""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.unit.release.exports.makers import columns_of, marts_of, rows_of


def as_text(value: Any) -> str:
    """A value as Table Schema writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"
    return str(value)


def test_every_mart_is_a_file_with_the_same_cells(public: Path) -> None:
    for mart in marts_of(public):
        with (public / "csv" / f"{mart}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
        assert header == columns_of(public, mart)
        assert rows == [[as_text(value) for value in row] for row in rows_of(public, mart)]


def test_a_decimal_keeps_all_its_digits_and_no_zeros_that_say_nothing(public: Path) -> None:
    text = (public / "csv" / "indicator_by_place_year.csv").read_text(encoding="utf-8")
    assert ",123456789012345678.0123456789,less_than" in text
    assert ",406423,exact" in text
    assert ",0,exact" in text


def test_lines_end_as_the_standard_says_and_there_is_no_mark(public: Path) -> None:
    content = (public / "csv" / "dim_place.csv").read_bytes()
    assert content.startswith(b"place_code,")
    assert content.count(b"\n") == content.count(b"\r\n") == 4


def test_a_text_that_begins_like_a_formula_is_not_touched(public: Path) -> None:
    with (public / "csv" / "dim_indicator.csv").open(encoding="utf-8", newline="") as file:
        names = {row["indicator_code"]: row["name_fr"] for row in csv.DictReader(file)}
    assert names["TRAINED"].startswith("=HYPERLINK")
