"""What the check room writes to the lake: one file a family and received day in each table.

A unit is replaced whole, so that a day can be reread any time with the same result. Every table
also has a file of zero rows, so that whoever reads `**/*.parquet` always finds one.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from upath import UPath

from orchestration import storage
from orchestration.findings import Finding
from orchestration.read.candidates import DECIMAL
from orchestration.receive import receipts

_TEXT = pa.string()
_DATE = pa.date32()

OBSERVATIONS = pa.schema(
    [
        ("observation_id", _TEXT),
        ("receipt_id", _TEXT),
        ("family", _TEXT),
        ("organisation_code", _TEXT),
        ("indicator_code", _TEXT),
        ("period_start", _DATE),
        ("period_end", _DATE),
        ("period_grain", _TEXT),
        ("place_code", _TEXT),
        ("sex", _TEXT),
        ("age_group", _TEXT),
        ("residence", _TEXT),
        ("population_group", _TEXT),
        ("value", DECIMAL),
        ("numerator", DECIMAL),
        ("denominator", DECIMAL),
        ("qualifier", _TEXT),
        ("data_status", _TEXT),
        ("source_sheet", _TEXT),
        ("source_cell", _TEXT),
        ("source_text", _TEXT),
        ("row_number", pa.int32()),
        ("citation", _TEXT),
        ("citation_place", _TEXT),
        ("remark", _TEXT),
        ("deliverable_code", _TEXT),
        ("deliverable_status", _TEXT),
        ("received_date", _DATE),
        ("correction_code", _TEXT),
        ("value_as_reported", DECIMAL),
    ]
)
REPORTS = pa.schema(
    [
        ("receipt_id", _TEXT),
        ("family", _TEXT),
        ("contract_version", pa.int32()),
        ("organisation_code", _TEXT),
        ("report_key", _TEXT),
        ("title", _TEXT),
        ("language", _TEXT),
        ("period_start", _DATE),
        ("period_end", _DATE),
        ("period_grain", _TEXT),
        ("data_status", _TEXT),
        ("state", _TEXT),
        ("verdict", _TEXT),
        ("is_readable", pa.bool_()),
        ("is_complete", pa.bool_()),
        ("is_valid", pa.bool_()),
        ("accepted_by_decision", pa.bool_()),
        ("observations_read", pa.int32()),
        ("observations_accepted", pa.int32()),
        ("observations_quarantined", pa.int32()),
        ("findings", pa.int32()),
        ("file_name", _TEXT),
        ("file_format", _TEXT),
        ("file_encoding", _TEXT),
        ("received_date", _DATE),
        ("received_at", pa.timestamp("us")),
    ]
)
REJECTIONS = pa.schema(
    [
        ("receipt_id", _TEXT),
        ("family", _TEXT),
        ("organisation_code", _TEXT),
        ("rule_code", _TEXT),
        ("severity", _TEXT),
        ("scope", _TEXT),
        ("observation_id", _TEXT),
        ("source_sheet", _TEXT),
        ("source_cell", _TEXT),
        ("source_text", _TEXT),
        ("found", _TEXT),
        ("expected", _TEXT),
        ("is_quarantined", pa.bool_()),
        ("rows_failed", pa.int32()),
        ("received_date", _DATE),
    ]
)
CHECKS = pa.schema(
    [
        ("receipt_id", _TEXT),
        ("family", _TEXT),
        ("organisation_code", _TEXT),
        ("rule_code", _TEXT),
        ("severity", _TEXT),
        ("scope", _TEXT),
        ("rows_judged", pa.int32()),
        ("rows_failed", pa.int32()),
        ("received_date", _DATE),
    ]
)
CONTRACT_DIMENSIONS = pa.schema(
    [
        ("family", _TEXT),
        ("contract_version", pa.int32()),
        ("dimension", _TEXT),
        ("position", pa.int32()),
        ("category", _TEXT),
    ]
)
RULES = pa.schema(
    [
        ("rule_code", _TEXT),
        ("severity", _TEXT),
        ("scope", _TEXT),
        *(
            (f"{text}_{language}", _TEXT)
            for text in ("title", "message", "instruction")
            for language in ("ar", "fr", "en")
        ),
    ]
)
CORRECTIONS = pa.schema(
    [
        ("correction_code", _TEXT),
        ("organisation_code", _TEXT),
        ("family", _TEXT),
        ("period_start", _DATE),
        ("period_end", _DATE),
        ("receipt_id", _TEXT),
        ("indicator_code", _TEXT),
        ("row_key", _TEXT),
        ("action", _TEXT),
        ("value", DECIMAL),
        ("numerator", DECIMAL),
        ("denominator", DECIMAL),
        ("qualifier", _TEXT),
        ("factor", DECIMAL),
        ("expected", _TEXT),
        ("reason", _TEXT),
        ("reported_by", _TEXT),
        ("reported_to", _TEXT),
        ("reported_on", _DATE),
        ("status", _TEXT),
        ("known_since", pa.timestamp("us")),
    ]
)
DECISIONS = pa.schema(
    [
        ("decision_id", _TEXT),
        ("receipt_id", _TEXT),
        ("rule_code", _TEXT),
        ("action", _TEXT),
        ("reason", _TEXT),
        ("decided_by", _TEXT),
        ("decided_at", pa.timestamp("us")),
        ("is_in_force", pa.bool_()),
    ]
)
REFERENCE_TABLES = {
    "contract_dimension": CONTRACT_DIMENSIONS,
    "rule": RULES,
    "correction": CORRECTIONS,
    "decision": DECISIONS,
}
"""What the models know of contracts, rules, corrections and decisions: one file each."""
UNIT_TABLES = {
    "observations": OBSERVATIONS,
    "reports": REPORTS,
    "rejections": REJECTIONS,
    "checks": CHECKS,
}
EMPTY = "_schema.parquet"


def shape_of(tables: Mapping[str, pa.Schema]) -> str:
    """What stands for the columns of some tables and their types."""
    said = "\n".join(f"{name}\n{schema}" for name, schema in sorted(tables.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


SHAPE = shape_of(UNIT_TABLES)
"""The units' shape: files of another one were written by another version."""


def unit_path(lake: UPath, table: str, family: str, received_date: dt.date) -> UPath:
    """The file of one family and received day in one table."""
    return lake / table / f"family={family}" / f"received={received_date.isoformat()}.parquet"


def write_unit(lake: UPath, family: str, received_date: dt.date, tables: dict[str, pa.Table]) -> None:
    """Replace the files of one family and received day."""
    for name, schema in UNIT_TABLES.items():
        storage.write_table(unit_path(lake, name, family, received_date), tables[name].cast(schema))


def remove_unit(lake: UPath, family: str, received_date: dt.date) -> None:
    """Remove the files of a family of which nothing was received on that day after all."""
    for name in UNIT_TABLES:
        path = unit_path(lake, name, family, received_date)
        if path.exists():
            path.unlink()


def families(lake: UPath) -> set[str]:
    """The families that have files in the lake."""
    folder = lake / "reports"
    if not folder.exists():
        return set()
    return {path.name.removeprefix("family=") for path in folder.iterdir() if path.name.startswith("family=")}


def families_of(lake: UPath, received_date: dt.date) -> set[str]:
    """The families that have files for a received day."""
    name = f"received={received_date.isoformat()}.parquet"
    return {family for family in families(lake) if (lake / "reports" / f"family={family}" / name).exists()}


def report_columns(lake: UPath, received_date: dt.date, names: Sequence[str] = REPORTS.names) -> Iterator[pa.Table]:
    """Some columns of the reports that the lake has for a received day, family by family.

    A file of an older shape is as good as none: its day is read again.
    """
    columns = pa.schema([REPORTS.field(name) for name in names])
    for family in sorted(families_of(lake, received_date)):
        try:
            table = storage.read_table(unit_path(lake, "reports", family, received_date), columns)
        except KeyError:
            continue
        yield table


def reports_of(lake: UPath, received_date: dt.date) -> dict[str, dict[str, Any]]:
    """The reports that the lake has for a received day, by receipt."""
    tables = report_columns(lake, received_date)
    return {row["receipt_id"]: row for table in tables for row in table.to_pylist()}


def states_of(lake: UPath, family: str, received_date: dt.date) -> dict[str, str]:
    """The state of each report of a family and received day, as the lake has it; none where it has no file."""
    path = unit_path(lake, "reports", family, received_date)
    if not path.exists():
        return {}
    table = storage.read_table(path, pa.schema([("receipt_id", _TEXT), ("state", _TEXT)]))
    return dict(zip(table.column("receipt_id").to_pylist(), table.column("state").to_pylist(), strict=True))


def with_findings(
    lake: UPath, received_date: dt.date, most: int = 1000
) -> Iterator[tuple[dict[str, Any], list[Finding]]]:
    """The reports that the lake has for a received day, each with its findings in the order they were made.

    Not more than `most` of them are in memory as rows at once.
    """
    for reports in report_columns(lake, received_date):
        if not reports.num_rows:
            continue
        family = reports.column("family")[0].as_py()
        told = storage.read_table(unit_path(lake, "rejections", family, received_date), REJECTIONS)
        told = told.filter(pc.invert(told.column("is_quarantined")))
        for first in range(0, reports.num_rows, most):
            some = reports.slice(first, most)
            found = _findings(told.filter(pc.is_in(told.column("receipt_id"), some.column("receipt_id"))))
            for report in some.to_pylist():
                yield report, found.get(report["receipt_id"], [])


def _findings(told: pa.Table) -> dict[str, list[Finding]]:
    """Rows of the table `rejections` as findings by receipt."""
    found: dict[str, list[Finding]] = {}
    for row in told.to_pylist():
        sheet, cell, text, right = (row[name] or "" for name in ("source_sheet", "source_cell", "found", "expected"))
        found.setdefault(row["receipt_id"], []).append(
            Finding(row["rule_code"], sheet, cell, text, right, row["rows_failed"])
        )
    return found


def ensure_schemas(lake: UPath | Path) -> None:
    """Write the zero-row file of each table where it is missing or of an older shape."""
    for name, schema in {**UNIT_TABLES, "receipts": receipts.SCHEMA}.items():
        path = UPath(lake) / name / EMPTY
        if path.exists():
            try:
                storage.read_table(path, schema)
                continue
            except (ValueError, KeyError, pa.ArrowInvalid):
                pass
        storage.write_table(path, schema.empty_table())
