"""Applying corrections to candidate rows: after reading, before checking.

The rules judge what counts, so that a corrected value is held to them like any other. The cell's
text stays as written; beside it stand the correction and the value as reported.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.check.corrections import WITHOUT_VALUE, Correction
from orchestration.findings import Finding
from orchestration.read import periods
from orchestration.read.candidates import DECIMAL, SCHEMA, ReadReport

DROPPED = "CORRECTION_DROPPED"
"""The rule under which a dropped row lies in quarantine."""
ADDED = pa.schema([("correction_code", pa.string()), ("value_as_reported", DECIMAL)])
"""What a corrected row says of its correction; both null in all other rows."""
_TEXTS = ("place_code", "sex", "age_group", "residence", "population_group", "deliverable_code")
_OF_THE_VALUE = frozenset(
    {
        *("NUMBER_UNREADABLE", "NUMBER_ERROR_CELL", "NUMBER_TOO_LARGE", "NUMBER_AMBIGUOUS"),
        *("FORMULA_WITHOUT_VALUE", "QUALIFIER_CONTRADICTED", "VALUE_MERGED", "VALUE_OF_OTHER_KIND"),
    }
)
_BOUND = Decimal(10) ** 18
_STEP = Decimal("1e-10")
_CHANGED = (
    "value",
    "numerator",
    "denominator",
    "qualifier",
    "value_problem",
    "value_expected",
    "problem_text",
    "cells",
)


@dataclass
class Corrected:
    """Candidate rows after correction.

    `rows` has the columns of `ADDED` besides its own and lacks the rows of `dropped`, which has them
    too. `findings` are to be told of each receipt's report.
    """

    rows: pa.Table
    dropped: pa.Table
    findings: dict[str, list[Finding]] = field(default_factory=dict)


def apply(reports: Sequence[ReadReport], rows: pa.Table, corrections: Iterable[Correction]) -> Corrected:
    """Apply to the reports' candidate rows what was decided about them; the order of `corrections` is nothing.

    `rows` are those of `reports`, report after report. A correction whose row is not there once, or
    does not hold what is expected, changes nothing: its report gets CORRECTION_EXPECTATION_GONE,
    unless the error is known to be fixed at the source. Two corrections that meet in one row change
    nothing either: CORRECTIONS_COLLIDE.
    """
    matched = _matched(reports, corrections)
    if not matched:
        return Corrected(_with_added(rows, {}), _with_added(SCHEMA.empty_table(), {}))
    spans = _spans(rows)
    findings: dict[str, list[Finding]] = {}
    found: dict[int, list[Correction]] = {}
    for report, correction in matched:
        first, count = spans.get(report.receipt_id, (0, 0))
        position, gone = _row_of(correction, rows.slice(first, count))
        if gone is not None:
            if correction.status != "fixed_at_source":
                findings.setdefault(report.receipt_id, []).append(gone)
            continue
        found.setdefault(first + position, []).append(correction)
    changes: dict[int, dict[str, Any]] = {}
    dropped: list[int] = []
    for position in sorted(found):
        several = found[position]
        row = rows.slice(position, 1).to_pylist()[0]
        told = findings.setdefault(row["receipt_id"], [])
        if len(several) > 1:
            names = ", ".join(correction.code for correction in several)
            told.append(Finding("CORRECTIONS_COLLIDE", row["source_sheet"], row["source_cell"], names))
            continue
        (correction,) = several
        changes[position] = _change(correction, row)
        told.append(_told(correction, row, changes[position]))
        if correction.action == "drop":
            dropped.append(position)
    table = _with_added(rows, changes)
    if not dropped:
        return Corrected(table, table.slice(0, 0), findings)
    leaves = _mask(rows.num_rows, dropped)
    return Corrected(table.filter(pc.invert(leaves)), table.filter(leaves), findings)


def of_report(correction: Correction, receipt_id: str, organisation: str, family: str, span: object) -> bool:
    """Whether a correction is about this report; `span` are the first and the last day of its period."""
    ref, own = correction.report, correction.span
    return (
        (ref.organisation_code, ref.family) == (organisation, family)
        and (own is None or (own.start, own.end) == span)
        and (ref.receipt_id is None or receipt_id.startswith(ref.receipt_id))
    )


def _matched(reports: Sequence[ReadReport], corrections: Iterable[Correction]) -> list[tuple[ReadReport, Correction]]:
    by_sender: dict[tuple[str, str], list[Correction]] = {}
    for correction in sorted(corrections, key=lambda correction: correction.code):
        if correction.is_applied:
            by_sender.setdefault((correction.report.organisation_code, correction.report.family), []).append(correction)
    return [
        (report, correction)
        for report in reports
        if report.state == "read"
        for correction in by_sender.get((report.organisation_code, report.family), ())
        if of_report(
            correction,
            report.receipt_id,
            report.organisation_code,
            report.family,
            (report.period_start, report.period_end),
        )
    ]


def _spans(rows: pa.Table) -> dict[str, tuple[int, int]]:
    """Where each report's rows begin, and how many there are."""
    encoded = pc.run_end_encode(rows.column("receipt_id").combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    spans, first = {}, 0
    for receipt_id, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
        spans[receipt_id] = first, end - first
        first = end
    return spans


def _row_of(correction: Correction, rows: pa.Table) -> tuple[int, Finding | None]:
    """The position of the one row that is meant, or the finding that it is not there as expected."""
    terms = [pc.equal(rows.column(name), wanted) for name, wanted in _key(correction).items()]
    meant = terms[0]
    for term in terms[1:]:
        meant = pc.and_(meant, term)
    positions = pc.indices_nonzero(meant).to_pylist()
    if len(positions) != 1:
        sheet, cell = correction.source
        return 0, _gone(correction, sheet, cell, "–" if not positions else f"{len(positions)} ×")
    row = rows.slice(positions[0], 1).to_pylist()[0]
    holds = (
        row["value"] == correction.expect
        if isinstance(correction.expect, Decimal)
        else row["source_text"].strip() == correction.expect.strip()
    )
    if correction.action == "scale" and (row["value"] is None or abs(row["value"] * _factor(correction)) >= _BOUND):
        holds = False
    if holds:
        return positions[0], None
    return 0, _gone(correction, row["source_sheet"], row["source_cell"], row["source_text"] or "–")


def _key(correction: Correction) -> dict[str, Any]:
    if correction.row is None:
        sheet, cell = correction.source
        return {"source_sheet": sheet, "source_cell": cell}
    row = correction.row
    key: dict[str, Any] = {"indicator_code": row.indicator_code}
    if row.period is not None:
        span = periods.parse(row.period)
        key |= {"period_start": pa.scalar(span.start, pa.date32()), "period_end": pa.scalar(span.end, pa.date32())}
    return key | {name: getattr(row, name) for name in _TEXTS if getattr(row, name) is not None}


def _gone(correction: Correction, sheet: str, cell: str, found: str) -> Finding:
    return Finding("CORRECTION_EXPECTATION_GONE", sheet, cell, found, _signed(correction, _shown(correction.expect)))


def _signed(correction: Correction, said: str) -> str:
    """What a message says of a correction: its matter, its name and its reason."""
    reason = " ".join(correction.reason.split())
    return f"{said} ({correction.code}: {reason})"


def _shown(value: Decimal | str | None) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value or "–"


def _factor(correction: Correction) -> Decimal:
    return correction.factor if correction.factor is not None else Decimal(1)


def _change(correction: Correction, row: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of one row: the changed columns, with those of `ADDED`."""
    change = {name: row[name] for name in _CHANGED}
    change |= {"correction_code": correction.code, "value_as_reported": row["value"]}
    if correction.action == "scale":
        change["value"] = (row["value"] * _factor(correction)).quantize(_STEP)
    elif correction.action == "override":
        # Parts that gave another value prove nothing of this one.
        change |= {
            "value": correction.value,
            "numerator": correction.numerator,
            "denominator": correction.denominator,
            "qualifier": correction.qualifier or ("exact" if row["qualifier"] in WITHOUT_VALUE else row["qualifier"]),
        }
        cells: dict[str, str] = json.loads(row["cells"])
        replaced = {row["source_cell"], cells.get("numerator"), cells.get("denominator")}
        if row["value_problem"] in _OF_THE_VALUE and cells.get("value") in replaced:
            change |= {"value_problem": None, "value_expected": "", "problem_text": ""}
            change["cells"] = json.dumps(cells | {"value": row["source_cell"]}, separators=(",", ":"))
    return change


def _told(correction: Correction, row: Mapping[str, Any], change: Mapping[str, Any]) -> Finding:
    place = row["source_sheet"], row["source_cell"], row["source_text"] or "–"
    if correction.action == "drop":
        return Finding("CORRECTION_DROPPED", *place, _signed(correction, "–"))
    if correction.action == "flag":
        return Finding("CORRECTION_FLAGGED", *place, _signed(correction, _shown(row["value"])))
    counts = _shown(change["qualifier"] if change["value"] is None else change["value"])
    return Finding("CORRECTION_APPLIED", *place, _signed(correction, counts))


def _mask(length: int, positions: Iterable[int]) -> pa.BooleanArray:
    import numpy as np

    mask = np.zeros(length, dtype=bool)
    mask[list(positions)] = True
    return pa.array(mask)


def _with_added(rows: pa.Table, changes: Mapping[int, Mapping[str, Any]]) -> pa.Table:
    """`rows` with the columns of `ADDED`, and with the changed values in their places."""
    for name in ADDED.names:
        rows = rows.append_column(ADDED.field(name), pa.nulls(rows.num_rows, ADDED.field(name).type))
    if not changes:
        return rows
    positions = sorted(changes)
    mask = _mask(rows.num_rows, positions)
    for name in (*_CHANGED, *ADDED.names):
        place = rows.schema.get_field_index(name)
        kind = rows.schema.field(place)
        new = pa.array([changes[position][name] for position in positions], kind.type)
        column = rows.column(name).combine_chunks()
        rows = rows.set_column(place, kind, pc.replace_with_mask(column, mask, new))
    return rows
