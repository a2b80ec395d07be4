"""How fast reports are read, beside what the parsers alone take for the same files.

    python -m benchmarks.read --count 1000 --seed 1 --rounds 5

Per round, by turns in one run and on the same cores: `hasila` (bytes to candidate rows as Arrow tables), and
`bare`, which hands the same bytes to calamine, the csv module and the json module and keeps
nothing. Prints files per second and the ratio of the two, each as the median of the rounds. On one core hasila
has read the same files before and remembers their words; each of its processes begins anew.
"""

import argparse
import cProfile
import csv
import datetime as dt
import hashlib
import io
import json
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from python_calamine import CalamineWorkbook
from upath import UPath

from benchmarks.reports import CONTRACTS, SEEDS, mixed
from orchestration import processes
from orchestration.read.contracts import load_contracts
from orchestration.read.formats.document import Limits
from orchestration.read.parallel import modules_for, read_batches
from orchestration.read.reference import load_reference
from orchestration.receive.receipts import Receipt

LIMITS = Limits(256 * 1024 * 1024, 1024 * 1024 * 1024, 5_000_000)


def archived(
    folder: Path, count: int, seed: int, rows: tuple[int, int], formats: Sequence[str] = ()
) -> tuple[list[Receipt], list[str]]:
    """The generated files in a folder, with their receipts and the encoding of each."""
    receipts, opened = [], []
    for number, (_, _, report) in enumerate(mixed(count, seed, load_contracts(CONTRACTS), rows=rows, formats=formats)):
        name = f"{number:05}-{report.file_name}"
        (folder / name).write_bytes(report.content)
        digest = hashlib.sha256(report.content).hexdigest()
        day = dt.date(2025, 1, 31)
        receipts.append(
            Receipt(
                receipt_id=f"{digest}{number}",
                organisation_code=report.organisation_code,
                organisation_folder=report.organisation_code,
                file_name=report.file_name,
                inbox_path=name,
                file_sha256=digest,
                size_bytes=len(report.content),
                archive_path=name,
                received_date=day,
                received_at=dt.datetime.combine(day, dt.time()),
                mtime_ns=0,
            )
        )
        opened.append(f"{report.encoding}|{report.delimiter}")
    return receipts, opened


def bare(files: Sequence[tuple[str, str]]) -> int:
    """The cells of some files, by the parsers alone, who are told encoding and delimiter."""
    cells = 0
    for path, opened in files:
        content = Path(path).read_bytes()
        if path.endswith(".csv"):
            encoding, _, delimiter = opened.partition("|")
            lines = csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter)
            cells += sum(len(row) for row in lines)
        elif path.endswith(".json"):
            json.loads(content)
        else:
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            for name in book.sheet_names:
                cells += sum(map(len, book.get_sheet_by_name(name).to_python(skip_empty_area=False)))
    return cells


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, nargs=2, default=(10, 120), metavar=("LEAST", "MOST"))
    parser.add_argument("--formats", nargs="*", default=(), help="only these formats")
    parser.add_argument("--profile", action="store_true", help="also show what one process spends its time on")
    given = parser.parse_args()
    contracts, reference = load_contracts(CONTRACTS), load_reference(SEEDS)
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        receipts, opened = archived(Path(folder), given.count, given.seed, tuple(given.rows), given.formats)
        files = [(f"{folder}/{receipt.archive_path}", how) for receipt, how in zip(receipts, opened, strict=True)]
        size = sum(receipt.size_bytes for receipt in receipts)
        print(f"{len(files)} files, {size / 1e6:.1f} MB, {cores} cores")

        def one_process() -> None:
            for _ in read_batches(receipts, UPath(folder), contracts, reference, LIMITS, count=1):
                pass

        def all_cores() -> None:
            for _ in read_batches(receipts, UPath(folder), contracts, reference, LIMITS):
                pass

        parts = [files[start : start + 16] for start in range(0, len(files), 16)]
        took: dict[str, list[float]] = {"bare, 1 core": [], "hasila, 1 core": [], "bare": [], "hasila": []}
        # The pool of the bare parsers is warm; hasila's cost of starting its processes counts. A program has one fork
        # server: were it started by that pool, each of hasila's processes would import for itself what in a load it
        # finds imported.
        processes.prepare(modules_for(len(receipts)))
        with ProcessPoolExecutor(cores, mp_context=get_context("forkserver")) as pool:
            list(pool.map(bare, parts))
            one_process()
            for _ in range(given.rounds):
                took["bare, 1 core"].append(timed(lambda: bare(files)))
                took["hasila, 1 core"].append(timed(one_process))
                took["bare"].append(timed(lambda: list(pool.map(bare, parts))))
                took["hasila"].append(timed(all_cores))
        median = {name: statistics.median(seconds) for name, seconds in took.items()}
        for name, seconds in took.items():
            spread = f"{min(seconds):.2f} to {max(seconds):.2f} s"
            print(f"{name:16} {median[name]:6.2f} s  {len(files) / median[name]:7.0f} files/s  ({spread})")
        print(f"ratio on {cores} cores: {median['hasila'] / median['bare']:.2f}")
        print(f"ratio on one core: {median['hasila, 1 core'] / median['bare, 1 core']:.2f}")
        if given.profile:
            profile = cProfile.Profile()
            profile.runcall(one_process)
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    main()
