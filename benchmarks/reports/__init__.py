"""Realistic reports with the true observations beside them, for any contract, format, language and seed.

    python -m benchmarks.reports --count 1000 --out DIR --seed 1

writes `DIR/inbox/<organisation>/<file>` and `DIR/truth.parquet`. All figures are made up.

The truth is never read from the file: codes and values are drawn first, then written down in one of
the ways that people and systems write them. The registers are the shipped seeds, read here by themselves.
"""

import argparse
import random
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.reports import books, records
from benchmarks.reports.drawing import RECORDS, Writer
from benchmarks.reports.registers import registers_of
from benchmarks.reports.words import list_title
from orchestration.read.contracts import DIMENSIONS, Contract, Format, load_contracts
from orchestration.settings import LANGUAGES, Language

PROJECT = Path(__file__).resolve().parent.parent.parent
SEEDS = PROJECT / "dbt_project" / "seeds"
CONTRACTS = PROJECT / "raw" / "contracts"


class Generated(NamedTuple):
    """A report and what it says.

    `observations` holds one dict a reported value: indicator_code, place_code, period_start,
    period_end, sex, age_group, residence, population_group, value, numerator, denominator,
    qualifier, data_status, deliverable_code, source_sheet, source_cell and source_text.
    `encoding` and `delimiter` are those of delimited text.
    """

    file_name: str
    content: bytes
    observations: list[dict[str, Any]]
    organisation_code: str
    encoding: str = ""
    delimiter: str = ""


def formats_of(contract: Contract) -> tuple[str, ...]:
    """The formats of a contract that can be written: a field of a record has one name, and the format's own."""
    return tuple(name for name in get_args(Format) if name in contract.formats and _is_writable(contract, name))


def _is_writable(contract: Contract, kind: str) -> bool:
    if kind not in RECORDS:
        return True
    spelling = records.Spelling.of(kind)
    labels = (
        [label for lang in LANGUAGES for label in getattr(column.labels, lang)] or list(column.hxl)
        for column in contract.columns.values()
        if column.required
    )
    return len(contract.spread) < 2 and all(any(map(spelling.allows, names)) for names in labels)


_ENDINGS = {"kobo_json": "json", "dhis2_json": "json", "dhis2_xml": "xml", "adx_xml": "xml", "sdmx_ml": "xml"}


def letters(index: int) -> str:
    """The letters of a column counted from 0."""
    found = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        found = chr(65 + rest) + found
    return found


_ENCODINGS: dict[Language, tuple[str, ...]] = {
    "ar": ("utf-8", "utf-8-sig", "utf-16", "cp1256"),
    "fr": ("utf-8", "utf-8-sig", "utf-16", "cp1252"),
    "en": ("utf-8", "utf-8-sig", "utf-16", "cp1252"),
}
_DELIMITERS = (",", ";", "\t")


def generate(
    contract: Contract,
    format: str,  # noqa: A002 - the word that contracts use
    language: Language,
    seed: int,
    rows: int = 20,
    *,
    seeds: Path = SEEDS,
    encoding: str | None = None,
) -> Generated:
    """One made-up report of a contract, and its true observations. The same arguments give the same bytes.

    `format` is one of `formats_of(contract)`; `encoding`, for delimited text, is drawn where none is given.
    """
    if format not in formats_of(contract):
        raise ValueError(f"{contract.family} has no {format} that could be written here")
    drawn = random.Random(f"{contract.family}|{language}|{seed}|bytes")  # noqa: S311
    if format == "csv":
        encoding = encoding or drawn.choice(_ENCODINGS[language])
        delimiter = drawn.choice(_DELIMITERS)
    else:
        encoding, delimiter = "", ""
    writer = Writer(contract, format, language, seed, encoding, registers_of(seeds))
    grids, observations = writer.grids(rows)
    stem = f"{contract.family}-{language}-{seed}"
    if format in RECORDS:
        is_titled = contract.period.source == "title" and "period" not in contract.constants
        title = list_title(*writer.period, writer.grain, language) if is_titled else ""
        file = records.written(format, grids[0].rows, drawn, title)
        content = file.content
        for observation in observations:
            observation["source_cell"] = file.places[observation["source_cell"]]
            observation["source_sheet"] = file.sheet or stem
    else:
        if format != "csv":
            content = books.written(format, grids, language)
        else:
            if not all(writer.fits(str(cell)) for row in grids[0].rows for cell in row if cell is not None):
                # A heading that the contract has in one language only.
                encoding = "utf-8"
            content = books.delimited(grids[0], encoding, delimiter)
        for observation in observations:
            row, column = observation["source_cell"]
            observation["source_cell"] = f"{letters(column)}{row + 1}"
            if format == "csv":
                observation["source_sheet"] = stem
    ending = _ENDINGS.get(format, format)
    return Generated(f"{stem}.{ending}", content, observations, writer.organisation, encoding, delimiter)


# --- many files


_DECIMAL = pa.decimal128(28, 10)
TRUTH = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("file_name", "organisation_code", "family", "format")),
        pa.field("indicator_code", pa.string()),
        pa.field("period_start", pa.date32()),
        pa.field("period_end", pa.date32()),
        pa.field("place_code", pa.string()),
        *(pa.field(name, pa.string()) for name in DIMENSIONS),
        *(pa.field(name, _DECIMAL) for name in ("value", "numerator", "denominator")),
        *(pa.field(name, pa.string()) for name in ("qualifier", "data_status", "deliverable_code")),
        *(pa.field(name, pa.string()) for name in ("source_sheet", "source_cell", "source_text")),
    ]
)


def mixed(
    count: int,
    seed: int,
    contracts: Sequence[Contract],
    *,
    rows: tuple[int, int] = (10, 120),
    seeds: Path = SEEDS,
    formats: Collection[str] = (),
) -> Iterable[tuple[Contract, str, Generated]]:
    """`count` reports of all contracts, languages and formats (or only `formats`), by turns and by chance."""
    drawn = random.Random(seed)  # noqa: S311
    kinds = {
        id(contract): [name for name in formats_of(contract) if not formats or name in formats]
        for contract in contracts
    }
    writable = [contract for contract in contracts if kinds[id(contract)]]
    for number in range(count):
        contract = writable[number % len(writable)]
        kind = drawn.choice(kinds[id(contract)])
        language = drawn.choice(LANGUAGES)
        yield (
            contract,
            kind,
            generate(contract, kind, language, seed * 1_000_000 + number, drawn.randint(*rows), seeds=seeds),
        )


def write(out: Path, count: int, seed: int, contracts: Sequence[Contract], *, rows: tuple[int, int] = (10, 120)) -> int:
    """Writes mixed reports as an inbox, and `truth.parquet`; returns how many observations they hold."""
    truths: list[dict[str, Any]] = []
    for contract, kind, report in mixed(count, seed, contracts, rows=rows):
        path = out / "inbox" / report.organisation_code / report.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.content)
        about = {
            "file_name": report.file_name,
            "organisation_code": report.organisation_code,
            "family": contract.family,
            "format": kind,
        }
        truths += [about | observation for observation in report.observations]
    pq.write_table(pa.Table.from_pylist(truths, schema=TRUTH), out / "truth.parquet", compression="zstd")
    return len(truths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, nargs=2, default=(10, 120), metavar=("LEAST", "MOST"))
    given = parser.parse_args()
    found = write(given.out, given.count, given.seed, load_contracts(CONTRACTS), rows=tuple(given.rows))
    print(f"{given.count} reports, {found} observations in {given.out}")
