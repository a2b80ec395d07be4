"""Whether planted errors are all found, and what judging costs, beside reading the same rows.

    python -m benchmarks.check --rows 200000 --seed 1

Reports of monthly figures by province, sent by some organisations year after year, of which one row
in a hundred breaks a rule that is known beforehand. Prints for each rule how many errors were
planted and found, what else was refused or told, and the seconds and the peak memory of the check
room; then the same for reports in which every row breaks one rule.
"""

import argparse
import csv
import datetime as dt
import hashlib
import io
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from upath import UPath

from orchestration.check.room import Checked, check_family
from orchestration.findings import load_catalogue
from orchestration.read import candidates
from orchestration.read.contracts import load_contracts
from orchestration.read.formats.document import Limits
from orchestration.read.parallel import read_batches
from orchestration.read.reference import load_reference
from orchestration.receive.receipts import Receipt

PROJECT = Path(__file__).resolve().parent.parent
CONTRACTS, SEEDS = PROJECT / "raw" / "contracts", PROJECT / "dbt_project" / "seeds"
EXPECTATIONS = PROJECT / "expectations"
LIMITS = Limits(256 * 1024 * 1024, 1024 * 1024 * 1024, 5_000_000)
FAMILY = "official_figures"
COLUMNS = (
    *("indicator_code", "period", "place", "sex", "age_group", "residence"),
    *("value", "qualifier", "deliverable_code", "deliverable_status", "citation"),
)
INDICATORS = ("PPO_VIOLENCE_CASES", "PPO_RAPE_CASES", "PPO_VIOLENCE_VICTIMS", "ONDE_CALLS")
YEARS = 10  # reports a sender
PLANTED_SHARE = 0.01
RECEIVED = dt.date(2025, 1, 1)

Row = dict[str, str]
Place = tuple[str, int]
"""A report's file name and a line of it."""

# What makes a good row break one rule and no other.
ROW_ERRORS: dict[str, Mapping[str, str]] = {
    "NUMBER_UNREADABLE": {"value": "beaucoup"},
    "NUMBER_ERROR_CELL": {"value": "#REF!"},
    "NUMBER_TOO_LARGE": {"value": "1" + "0" * 18},
    "VALUE_NEGATIVE": {"value": "-5"},
    "COUNT_NOT_WHOLE": {"value": "12,5"},
    "VALUE_UNEXPLAINED": {"value": "", "qualifier": "exact"},
    "INDICATOR_UNKNOWN": {"indicator_code": "PPO_VIOLENCE_CASE_LIST"},
    "INDICATOR_MISSING": {"indicator_code": ""},
    "PLACE_UNKNOWN": {"place": "Chefchauen"},
    "SEX_UNKNOWN": {"sex": "X"},
    "AGE_GROUP_UNKNOWN": {"age_group": "6-11 mois"},
    "RESIDENCE_UNKNOWN": {"residence": "littoral"},
    "QUALIFIER_UNKNOWN": {"qualifier": "presque"},
    "PERIOD_UNREADABLE": {"period": "naguère"},
    "PERIOD_IN_FUTURE": {"period": "2099-01"},
    "CITATION_MISSING": {"citation": ""},
    "DELIVERABLE_UNKNOWN": {"deliverable_code": "NO_SUCH_STUDY"},
    "DELIVERABLE_STATUS_UNKNOWN": {"deliverable_status": "perdu"},
    "VALUE_JUMPS": {"value": "5000"},
    "TEXT_BLANKS": {"place": " {place} "},
}
# What follows a good row, and which of these rows, counted from the good one, break the rule.
FOLLOWING: dict[str, tuple[tuple[Mapping[str, str], ...], tuple[int, ...]]] = {
    "STATEMENT_REPEATED": (({},), (1,)),
    "STATEMENT_CONTRADICTED": (({"value": "77"},), (0, 1)),
    "SEXES_DIFFER_FROM_TOTAL": (({"sex": "F", "value": "20"}, {"sex": "M", "value": "30"}), (0,)),
    "PARTS_DIFFER_FROM_TOTAL": (({"residence": "U", "value": "20"}, {"residence": "R", "value": "30"}), (0,)),
}


@dataclass
class Reports:
    """Generated reports: their files, and which lines break which rule."""

    receipts: list[Receipt] = field(default_factory=list)
    truth: dict[str, set[Place]] = field(default_factory=dict)
    rows: int = 0


def write(folder: Path, rows: int, seed: int, *, everywhere: Mapping[str, str] | None = None) -> Reports:
    """Write whole reports into `folder` until they have `rows` rows.

    With `everywhere` no error is planted; every row is changed so instead.
    """
    chosen = random.Random(seed)  # noqa: S311
    reports = Reports()
    places = [code for code in sorted(load_reference(SEEDS).parents) if len(code) == len("MA-CHE")]
    count = -(-rows // (len(INDICATORS) * len(places) * 12))
    senders = -(-count // YEARS)
    for number in range(count):
        year, sender = number // senders, number % senders
        name = f"{number:05}.csv"
        lines: list[Row] = []
        for indicator in INDICATORS:
            for place in places:
                for month in range(1, 13):
                    good = {
                        "indicator_code": indicator,
                        "period": f"{1990 + year}-{month:02}",
                        "place": place,
                        "value": str(200 + chosen.randrange(-12, 13)),
                        "citation": "annual report",
                    }
                    if everywhere is None and chosen.random() < PLANTED_SHARE:
                        _plant(chosen, reports, name, lines, good, has_history=year > 0)
                    else:
                        lines.append(good | (everywhere or {}))
        reports.rows += len(lines)
        _file(folder, reports, name, f"SENDER_{sender:02}", lines, RECEIVED + dt.timedelta(year))
    return reports


def _plant(
    chosen: random.Random, reports: Reports, name: str, lines: list[Row], good: Row, *, has_history: bool
) -> None:
    rules = [rule for rule in (*ROW_ERRORS, *FOLLOWING) if has_history or rule != "VALUE_JUMPS"]
    rule = chosen.choice(rules)
    line = len(lines) + 2  # the first line is the header
    if rule in ROW_ERRORS:
        lines.append(good | {column: text.format(**good) for column, text in ROW_ERRORS[rule].items()})
        broken: Sequence[int] = (0,)
    else:
        more, broken = FOLLOWING[rule]
        lines += [good, *(good | row for row in more)]
    reports.truth.setdefault(rule, set()).update((name, line + offset) for offset in broken)


def _file(folder: Path, reports: Reports, name: str, sender: str, lines: list[Row], day: dt.date) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(lines)
    content = text.getvalue().encode()
    (folder / name).write_bytes(content)
    reports.receipts.append(
        Receipt(
            receipt_id=hashlib.sha256(name.encode()).hexdigest(),
            organisation_code=sender,
            organisation_folder=sender,
            file_name=name,
            inbox_path=name,
            file_sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            archive_path=name,
            received_date=day,
            received_at=dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=len(reports.receipts)),
            mtime_ns=0,
        )
    )


@dataclass
class Outcome:
    """What judging came to: the lines refused or told of by each rule, seconds, and megabytes at most.

    `cpu` are the seconds that the processor worked for it, whatever else the machine did.
    """

    found: dict[str, set[Place]]
    observations: dict[str, int]
    seconds: float
    cpu: float
    imports: float
    before: int
    peak: int


def read(folder: Path, reports: Reports) -> float:
    """Read the reports as a load does, into `folder`/readings; returns the seconds it took."""
    contracts, reference = load_contracts(CONTRACTS), load_reference(SEEDS)
    for receipt in reports.receipts:
        reference.organisations.add_code(receipt.organisation_code)
    start = time.perf_counter()
    writer = candidates.Writer(folder / "readings")
    for batch in read_batches(reports.receipts, UPath(folder), contracts, reference, LIMITS):
        writer.add(batch)
    writer.close()
    return time.perf_counter() - start


def judge(folder: Path) -> Outcome:
    """Judge what was read, in this process."""
    start = time.perf_counter()
    import great_expectations  # noqa: F401

    imports = time.perf_counter() - start
    contracts, reference = load_contracts(CONTRACTS), load_reference(SEEDS)
    before = _megabytes()
    start, cpu = time.perf_counter(), time.process_time()
    reports, rows = candidates.load(folder / "readings", FAMILY)
    checked = check_family(
        FAMILY,
        reports,
        rows,
        contracts=contracts,
        reference=reference,
        catalogue=load_catalogue(EXPECTATIONS / "rules.yml"),
        expectations=EXPECTATIONS,
    )
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    names = {report.receipt_id: report.file_name for report in reports}
    return Outcome(_found(checked, names), checked.counts.observations, seconds, cpu, imports, before, _megabytes())


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _found(checked: Checked, names: Mapping[str, str]) -> dict[str, set[Place]]:
    found: dict[str, set[Place]] = {}
    for unit in checked.units.values():
        for row in unit["rejections"].to_pylist():
            if row["is_quarantined"] or row["severity"] != "critical":
                line = int(row["source_cell"].lstrip("ABCDEFGHIJK"))
                found.setdefault(row["rule_code"], set()).add((names[row["receipt_id"]], line))
    return found


def in_a_process_of_its_own(folder: Path) -> Outcome:
    """`judge`, where nothing else takes memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(judge, folder).result()


def differences(truth: Mapping[str, set[Place]], found: Mapping[str, set[Place]]) -> list[str]:
    """Every error that was not found, and everything found that was not planted."""
    said = []
    for rule in sorted({*truth, *found}):
        planted, seen = truth.get(rule, set()), found.get(rule, set())
        said += [f"{rule}: {name} line {line} was not found" for name, line in sorted(planted - seen)]
        said += [f"{rule}: {name} line {line} is no error" for name, line in sorted(seen - planted)]
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    wrong: list[str] = []
    for title, everywhere in (("one row in a hundred", None), ("every row", ROW_ERRORS["NUMBER_UNREADABLE"])):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            reports = write(folder, given.rows, given.seed, everywhere=everywhere)
            reading = read(folder, reports)
            outcome = in_a_process_of_its_own(folder)
        print(f"{title} bad: {reports.rows} rows in {len(reports.receipts)} reports")
        if everywhere is None:
            for rule in sorted({*reports.truth, *outcome.found}):
                planted, found = reports.truth.get(rule, set()), outcome.found.get(rule, set())
                print(f"  {rule:28} planted {len(planted):6}  found {len(planted & found):6}")
            wrong = differences(reports.truth, outcome.found)
            print(f"  not found, or found but not planted: {len(wrong)}")
        print(f"  {outcome.observations}")
        print(f"  reading {reading:6.1f} s on {len(os.sched_getaffinity(0))} cores")
        print(f"  judging {outcome.seconds:6.1f} s on one core, of which it worked {outcome.cpu:.1f} s")
        print(f"  imports {outcome.imports:6.1f} s for Great Expectations")
        print(f"  memory  {outcome.peak} MB at most, {outcome.before} MB before anything was judged")
    for line in wrong[:20]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
