"""dlt with its filesystem source: `python -m benchmarks.rivals.with_dlt INBOX OUT.duckdb`."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pandas as pd
from dlt.destinations import duckdb as destination
from dlt.sources.filesystem import filesystem

from benchmarks.rivals.frames import AGGREGATE, cells


@dlt.transformer(name="cell", write_disposition="append", parallelized=True)
def cell(items: Iterable[Any]) -> Iterator[pd.DataFrame]:
    """The cells of the files of one page of the listing."""
    yield pd.concat([cells(Path(item["file_url"].removeprefix("file://")), "calamine") for item in items])


def main(inbox: str, out: str) -> None:
    with tempfile.TemporaryDirectory() as working:
        pipeline = dlt.pipeline("reports", pipelines_dir=working, destination=destination(out), dataset_name="reports")
        files = filesystem(bucket_url=Path(inbox).resolve().as_uri(), file_glob="**/*", files_per_page=64)
        pipeline.run(files | cell)
    with duckdb.connect(out, read_only=True) as connection:
        print(connection.execute(AGGREGATE.format(table="reports.cell")).fetchall()[:3])


if __name__ == "__main__":
    main(*sys.argv[1:])
