"""A pandas script: `python -m benchmarks.rivals.with_pandas INBOX OUT.duckdb openpyxl|calamine`."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.rivals.frames import AGGREGATE, cells

BATCH = 64


def read(paths: list[Path], engine: str) -> pd.DataFrame:
    """The cells of some files."""
    return pd.concat([cells(path, engine) for path in paths])


def main(inbox: str, out: str, engine: str) -> None:
    paths = sorted(path for path in Path(inbox).rglob("*") if path.is_file())
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    with duckdb.connect(out) as connection, ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for number, frame in enumerate(pool.map(read, batches, [engine] * len(batches))):
            connection.register("frame", frame)
            connection.execute(
                "create table cell as select * from frame" if number == 0 else "insert into cell select * from frame"
            )
            connection.unregister("frame")
        print(connection.execute(AGGREGATE.format(table="cell")).fetchall()[:3])


if __name__ == "__main__":
    main(*sys.argv[1:])
