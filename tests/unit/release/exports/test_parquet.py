"""Parquet: the marts as they are, described, and readable by the programs that analysts use."""

import decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tests.unit.release.exports.makers import EDITION, columns_of, marts_of, rows_of


def test_every_mart_is_a_file_with_the_same_cells(public: Path) -> None:
    assert sorted(path.stem for path in (public / "parquet").iterdir()) == marts_of(public)
    for mart in marts_of(public):
        table = pq.read_table(public / "parquet" / f"{mart}.parquet")
        assert table.column_names == columns_of(public, mart)
        assert [tuple(row.values()) for row in table.to_pylist()] == rows_of(public, mart)


def test_comments_are_metadata_of_schema_and_fields(public: Path) -> None:
    schema = pq.read_schema(public / "parquet" / "dim_place.parquet")
    assert schema.metadata[b"description"] == b"The country and its regions."
    assert schema.metadata[b"release_id"] == EDITION.release_id.encode()
    assert schema.field("place_code").metadata[b"description"] == b"ISO 3166-2:MA code, or `MA`."


def test_files_are_compressed_with_zstandard(public: Path) -> None:
    chunk = pq.ParquetFile(public / "parquet" / "indicator_by_place_year.parquet").metadata.row_group(0).column(0)
    assert chunk.compression == "ZSTD"


def test_pandas_polars_and_arrow_read_the_same_figures(public: Path) -> None:
    file = public / "parquet" / "indicator_by_place_year.parquet"
    figures = rows_of(public, "indicator_by_place_year", "value, qualifier")
    frame = pd.read_parquet(file)
    assert [None if pd.isna(value) else value for value in frame["value"]] == [value for value, _ in figures]
    suppressed = pl.scan_parquet(file).filter(pl.col("qualifier") == "suppressed").collect()
    assert suppressed.height == 2
    assert suppressed["value"].null_count() == 2
    assert pl.read_parquet(file)["value"].to_list() == [value for value, _ in figures]
    found = ds.dataset(public / "parquet" / "indicator_by_place_year.parquet").to_table(
        columns=["value"], filter=ds.field("qualifier") == "more_than"
    )
    assert found["value"].to_pylist() == [decimal.Decimal(4330), decimal.Decimal(56)]
