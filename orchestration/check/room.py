"""The room of checking: a family's candidate rows and reports to verdicts, lake files and quarantine."""

import datetime as dt
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.check import correct, lake, pardon, suites
from orchestration.check import frame as frames
from orchestration.check.judge import Judgement, judge
from orchestration.check.rulings import Rulings
from orchestration.check.states import states
from orchestration.check.suites import Entry
from orchestration.findings import Catalogue, Finding
from orchestration.read.candidates import ReadReport
from orchestration.read.contracts import Contract
from orchestration.read.reference import Reference

FIELDS = ("indicator_text", "place_text", "period_text")
NO_RULINGS = Rulings()


@dataclass
class Counts:
    """What the check of one family came to."""

    reports: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "sent_back": 0, "unreadable": 0})
    observations: dict[str, int] = field(default_factory=lambda: {"read": 0, "accepted": 0, "quarantined": 0})
    rules: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """Per rule: its severity, rows judged, rows failed."""


@dataclass
class Checked:
    """A family's checked reports by received day, ready for the lake, and the findings to be told."""

    units: dict[dt.date, dict[str, pa.Table]]
    counts: Counts
    findings: list[tuple[ReadReport, Finding]]


@dataclass
class _Verdict:
    report: ReadReport
    first: int
    rows: int
    state: str
    findings: list[Finding] = field(default_factory=list)
    critical_rows: dict[int, str] = field(default_factory=dict)
    refused_by: str = ""
    dropped: pa.Table | None = None
    accepted_rules: frozenset[str] = frozenset()
    pardoned: set[str] = field(default_factory=set)
    """The accepted rules that the report in fact broke."""

    def refuse(self, rule: str) -> None:
        """Send the report back by a rule of the whole report, unless a person decided that it stands despite it."""
        if rule in self.accepted_rules:
            self.pardoned.add(rule)
        else:
            self.state, self.refused_by = "sent_back", self.refused_by or rule

    @property
    def rows_read(self) -> int:
        """All rows of the report, those that a correction dropped too."""
        return self.rows + (self.dropped.num_rows if self.dropped is not None else 0)


def check_family(
    family: str,
    reports: Sequence[ReadReport],
    rows: pa.Table,
    *,
    contracts: Sequence[Contract],
    reference: Reference,
    catalogue: Catalogue,
    expectations: Path,
    rulings: Rulings = NO_RULINGS,
) -> Checked:
    """Correct and judge everything that was read of one family, in one validation.

    `rows` are the reports' candidate rows, report after report in the order of `reports`. A row
    that breaks a critical row rule is quarantined; a report that breaks a critical report rule, or
    of which more rows are bad than its contract allows, is sent back whole. `rulings` are what persons
    decided: corrections come before the judging, acceptances after it.

    Raises SuiteError when the family's suite cannot judge.
    """
    corrected = correct.apply(reports, rows, rulings.corrections)
    rows = corrected.rows
    verdicts = _verdicts(reports, rows, rulings)
    _corrected(verdicts, corrected, catalogue)
    judgements: list[Judgement] = []
    entries: dict[str, Entry] = {}
    if rows.num_rows:
        suite = suites.load_suite(expectations, family, catalogue)
        entries = {entry.rule: entry for entry in suite.entries}
        received = {report.receipt_id: report.received_date for report in reports}
        versions = {contract.version: contract for contract in contracts if contract.family == family}
        grains = sorted({grain for contract in versions.values() for grain in contract.period.grains})
        registers: dict[str, Sequence[str]] = {
            "indicators": sorted(reference.indicators),
            "places": sorted(reference.places.codes),
            "organisations": sorted(reference.organisations.codes),
            "deliverables": sorted(reference.deliverables),
            "period_grains": grains,
        }
        judgements = judge(frames.build(rows, received, reference.indicators), suite, registers)
        spans = {verdict.report.receipt_id: (verdict.first, verdict.rows) for verdict in verdicts}
        refusing, pardoned = pardon.split(judgements, rows, spans, rulings.accepted, catalogue, registers)
        _apply(refusing, entries, verdicts, rows, catalogue, reference, registers)
        _apply(pardoned, entries, verdicts, rows, catalogue, reference, registers, is_pardoned=True)
        for verdict in verdicts:
            _settle(verdict, versions)
    return _collect(family, verdicts, rows, judgements, catalogue)


def _verdicts(reports: Sequence[ReadReport], rows: pa.Table, rulings: Rulings) -> list[_Verdict]:
    owners = rows.column("receipt_id").to_pylist()
    spans: dict[str, tuple[int, int]] = {}
    for position, owner in enumerate(owners):
        first, _ = spans.get(owner, (position, 0))
        spans[owner] = (first, position + 1 - first)
    verdicts = []
    for report in reports:
        first, count = spans.get(report.receipt_id, (0, 0))
        state = "accepted" if report.state == "read" else report.state
        accepted = rulings.accepted.get(report.receipt_id, frozenset())
        verdicts.append(_Verdict(report, first, count, state, list(report.findings), accepted_rules=accepted))
    return verdicts


def _corrected(verdicts: Sequence[_Verdict], corrected: correct.Corrected, catalogue: Catalogue) -> None:
    """Write what the corrections did, or could not do, onto the reports."""
    for verdict in verdicts:
        receipt_id = verdict.report.receipt_id
        told = corrected.findings.get(receipt_id, [])
        verdict.findings += told
        if corrected.dropped.num_rows:
            verdict.dropped = corrected.dropped.filter(pc.equal(corrected.dropped.column("receipt_id"), receipt_id))
        for finding in told:
            if catalogue[finding.code].severity == "critical":
                verdict.refuse(finding.code)


def _apply(
    judgements: Sequence[Judgement],
    entries: Mapping[str, Entry],
    verdicts: Sequence[_Verdict],
    rows: pa.Table,
    catalogue: Catalogue,
    reference: Reference,
    registers: Mapping[str, Sequence[str]],
    *,
    is_pardoned: bool = False,
) -> None:
    """Write what the rules found onto the reports, each failing row with its cell and its text."""
    owner: dict[str, _Verdict] = {verdict.report.receipt_id: verdict for verdict in verdicts}
    for judgement in judgements:
        if not judgement.failed:
            continue
        rule, entry = catalogue[judgement.rule], entries[judgement.rule]
        failing = rows.take(pa.array(judgement.failed, pa.int64()))
        needed = {"receipt_id", "source_sheet", "source_cell", "cells", entry.found, "value_expected"}
        table = {name: failing.column(name).to_pylist() for name in needed}
        told: set[str] = set()
        nearest: dict[str, str] = {}
        for index, position in enumerate(judgement.failed):
            verdict = owner[table["receipt_id"][index]]
            if is_pardoned:
                verdict.pardoned.add(judgement.rule)
            elif rule.severity == "critical" and rule.scope == "row":
                verdict.critical_rows.setdefault(position, judgement.rule)
            if rule.scope == "report":
                if rule.severity == "critical" and not is_pardoned:
                    verdict.refuse(judgement.rule)
                if verdict.report.receipt_id in told:
                    continue
                told.add(verdict.report.receipt_id)
            found = str(table[entry.found][index] or "")
            if found not in nearest:
                # One name that nobody knows may stand in every row.
                nearest[found] = _expected(entry, found, reference, registers)
            cells: dict[str, str] = json.loads(table["cells"][index])
            verdict.findings.append(
                Finding(
                    judgement.rule,
                    table["source_sheet"][index],
                    cells.get(entry.role, table["source_cell"][index] if entry.role == "value" else ""),
                    found,
                    nearest[found] or (table["value_expected"][index] if entry.role == "value" else ""),
                )
            )


def _expected(entry: Entry, found: str, reference: Reference, registers: Mapping[str, Sequence[str]]) -> str:
    """What the suite says would be right, the codes a wrong name may have meant, or the few that are allowed."""
    if entry.expected:
        return entry.expected
    for value in entry.arguments.values():
        if not isinstance(value, dict):
            continue
        register = value.get("register")
        if register in ("indicators", "places"):
            names = reference.indicator_names if register == "indicators" else reference.places
            return ", ".join(names.nearest(found)) or "–"
        if register and len(registers[register]) <= 12:
            return ", ".join(registers[register])
    return ""


def _settle(verdict: _Verdict, versions: Mapping[int, Contract]) -> None:
    """Send back what its contract does not let stand with so many bad rows."""
    if verdict.state != "accepted" or not verdict.critical_rows:
        return
    contract = versions[verdict.report.contract_version or 0]
    share = len(verdict.critical_rows) / verdict.rows
    if contract.bad_rows == "send_back" or share > contract.largest_bad_share:
        allowed = 0 if contract.bad_rows == "send_back" else int(contract.largest_bad_share * verdict.rows)
        code = "REPORT_TOO_MANY_BAD_ROWS"
        verdict.refuse(code)
        verdict.findings.append(
            Finding(code, found=f"{len(verdict.critical_rows)} / {verdict.rows}", expected=f"≤ {allowed}")
        )


def _collect(
    family: str, verdicts: Sequence[_Verdict], rows: pa.Table, judgements: Sequence[Judgement], catalogue: Catalogue
) -> Checked:
    counts = Counts()
    for judgement in judgements:
        severity = catalogue[judgement.rule].severity
        counts.rules[judgement.rule] = (severity, judgement.rows_judged, len(judgement.failed))
    by_day: dict[dt.date, list[_Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_day[verdict.report.received_date].append(verdict)
    units = {day: _unit(family, day_verdicts, rows, judgements, catalogue) for day, day_verdicts in by_day.items()}
    for verdict in verdicts:
        counts.reports[verdict.state] += 1
        counts.observations["read"] += verdict.rows_read
        accepted = verdict.rows - len(verdict.critical_rows) if verdict.state == "accepted" else 0
        counts.observations["accepted"] += accepted
        counts.observations["quarantined"] += verdict.rows_read - accepted
    told = [(verdict.report, finding) for verdict in verdicts for finding in verdict.findings]
    return Checked(units, counts, told)


def _unit(
    family: str,
    verdicts: Sequence[_Verdict],
    rows: pa.Table,
    judgements: Sequence[Judgement],
    catalogue: Catalogue,
) -> dict[str, pa.Table]:
    """The four lake tables of one family and day."""
    reports: list[dict[str, Any]] = []
    rejections: list[dict[str, Any]] = []
    checks: list[dict[str, Any]] = []
    kept: list[int] = []
    received: list[dt.date] = []
    organisations: list[str] = []
    for verdict in verdicts:
        report = verdict.report
        base = {
            "receipt_id": report.receipt_id,
            "family": family,
            "organisation_code": report.organisation_code,
            "received_date": report.received_date,
        }
        span = range(verdict.first, verdict.first + verdict.rows)
        standing = [] if verdict.state != "accepted" else [p for p in span if p not in verdict.critical_rows]
        kept += standing
        received += [report.received_date] * len(standing)
        organisations += [report.organisation_code] * len(standing)
        known = states(
            {*verdict.critical_rows.values(), *(finding.code for finding in verdict.findings)},
            catalogue,
            was_opened=bool(report.file_format),
            was_judged=verdict.rows > 0,
        )
        reports.append(
            base
            | {name: getattr(report, name) for name in _REPORT_FIELDS}
            | asdict(known)
            | {
                "state": verdict.state,
                "verdict": "accepted_with_findings"
                if verdict.state == "accepted" and _counts(verdict, catalogue)
                else verdict.state,
                "accepted_by_decision": verdict.state == "accepted" and bool(verdict.pardoned),
                "observations_read": verdict.rows_read,
                "observations_accepted": len(standing),
                "observations_quarantined": verdict.rows_read - len(standing),
                "findings": len(verdict.findings),
            }
        )
        rejections += [base | _told(finding, catalogue) for finding in verdict.findings]
        refused = {} if verdict.state == "accepted" else dict.fromkeys(span, verdict.refused_by)
        rejections += _quarantined(base, refused | verdict.critical_rows, rows, catalogue)
        rejections += _dropped(base, verdict, catalogue)
        checks += _judged(base, verdict, judgements, catalogue)
    return {
        "observations": _observations(family, rows, kept, received, organisations),
        "reports": pa.Table.from_pylist(reports, schema=lake.REPORTS),
        "rejections": pa.Table.from_pylist(rejections, schema=lake.REJECTIONS),
        "checks": pa.Table.from_pylist(checks, schema=lake.CHECKS),
    }


_REPORT_FIELDS = (
    "contract_version",
    "report_key",
    "title",
    "language",
    "period_start",
    "period_end",
    "period_grain",
    "data_status",
    "file_name",
    "file_format",
    "file_encoding",
    "received_at",
)


def _counts(verdict: _Verdict, catalogue: Catalogue) -> bool:
    """Whether there is a finding that a person should look at."""
    return any(catalogue[finding.code].severity != "info" for finding in verdict.findings)


def _told(finding: Finding, catalogue: Catalogue) -> dict[str, Any]:
    rule = catalogue[finding.code]
    return {
        "rule_code": finding.code,
        "severity": rule.severity,
        "scope": rule.scope,
        "observation_id": None,
        "source_sheet": finding.sheet,
        "source_cell": finding.cell,
        "source_text": None,
        "found": finding.found,
        "expected": finding.expected,
        "is_quarantined": False,
    }


def _quarantined(
    base: Mapping[str, Any], refused: Mapping[int, str], rows: pa.Table, catalogue: Catalogue
) -> list[dict[str, Any]]:
    """The refused rows, each with the rule that refused it and the text as written."""
    if not refused:
        return []
    positions = sorted(refused)
    table = rows.take(pa.array(positions, pa.int64()))
    columns = {
        name: table.column(name).to_pylist()
        for name in ("observation_id", "source_sheet", "source_cell", "source_text", *FIELDS)
    }
    return [
        {
            **base,
            "rule_code": refused[position],
            "severity": catalogue[refused[position]].severity,
            "scope": catalogue[refused[position]].scope,
            "observation_id": columns["observation_id"][index],
            "source_sheet": columns["source_sheet"][index],
            "source_cell": columns["source_cell"][index],
            "source_text": columns["source_text"][index],
            "found": " | ".join(str(columns[name][index] or "") for name in FIELDS),
            "expected": "",
            "is_quarantined": True,
        }
        for index, position in enumerate(positions)
    ]


def _dropped(base: Mapping[str, Any], verdict: _Verdict, catalogue: Catalogue) -> list[dict[str, Any]]:
    """The rows that a correction dropped, each with the correction as what was expected of it."""
    if verdict.dropped is None:
        return []
    refused = dict.fromkeys(range(verdict.dropped.num_rows), correct.DROPPED)
    names = verdict.dropped.column("correction_code").to_pylist()
    quarantined = _quarantined(base, refused, verdict.dropped, catalogue)
    return [row | {"expected": name} for row, name in zip(quarantined, names, strict=True)]


def _judged(
    base: Mapping[str, Any],
    verdict: _Verdict,
    judgements: Sequence[Judgement],
    catalogue: Catalogue,
) -> list[dict[str, Any]]:
    """How many of a report's rows each rule judged and failed; zero failed differs from not judged."""
    if not verdict.rows:
        return []
    end = verdict.first + verdict.rows
    return [
        {
            **base,
            "rule_code": judgement.rule,
            "severity": catalogue[judgement.rule].severity,
            "scope": catalogue[judgement.rule].scope,
            "rows_judged": verdict.rows,
            "rows_failed": bisect_left(judgement.failed, end) - bisect_left(judgement.failed, verdict.first),
        }
        for judgement in judgements
    ]


def _observations(
    family: str, rows: pa.Table, kept: list[int], received: list[dt.date], organisations: list[str]
) -> pa.Table:
    table = rows.take(pa.array(kept, pa.int64()))
    added = {
        "family": pa.array([family] * len(kept), pa.string()),
        "organisation_code": pa.array(organisations, pa.string()),
        "received_date": pa.array(received, pa.date32()),
    }
    columns = [
        added[name] if name in added else _null_if_empty(table.column(name), name) for name in lake.OBSERVATIONS.names
    ]
    return pa.table(columns, schema=lake.OBSERVATIONS)


_OPTIONAL = frozenset({"citation", "citation_place", "remark", "deliverable_code", "deliverable_status"})


def _null_if_empty(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if name not in _OPTIONAL:
        return column
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
