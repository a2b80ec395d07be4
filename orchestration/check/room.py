"""The room of checking: a family's candidate rows and reports to verdicts, lake files and quarantine."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.check import correct, history, lake, pardon, suites
from orchestration.check import frame as frames
from orchestration.check.history import Past
from orchestration.check.judge import Judgement, Positions, judge
from orchestration.check.judge import write_docs as write_pages
from orchestration.check.rulings import Rulings
from orchestration.check.states import states
from orchestration.check.suites import Entry, Suite
from orchestration.findings import Catalogue, Finding
from orchestration.read.candidates import ReadReport
from orchestration.read.contracts import Contract
from orchestration.read.formats.document import parted
from orchestration.read.reference import Reference
from orchestration.read.room import UNMATCHED

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("indicator_text", "place_text", "period_text")
MOST_ROWS = 20_000
"""So many rows are judged at once, unless one sender has more: judging a row takes up to ten kilobytes."""
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
    refusal: Finding | None = None
    """The batch rule that refuses the family as a whole: something is wrong with more than its reports."""


@dataclass
class _Verdict:
    """A report's rows are `first` to `first + rows`, exclusive, of the batch."""

    report: ReadReport
    first: int
    rows: int
    state: str
    findings: list[Finding] = field(default_factory=list)
    refused_by: str = ""
    bad_rows: int = 0
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

    @property
    def accepted(self) -> int:
        """How many of its rows count."""
        return self.rows - self.bad_rows if self.state == "accepted" else 0


Refusals = npt.NDArray[np.object_]
"""For each row of a batch the rule that refuses it alone, or an empty text."""


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
    past: Past | None = None,
) -> Checked:
    """Correct and judge everything that was read of one family, in one validation, or in several where that is much.

    Where `past` leads to what the family's reporters reported before, or the batch itself holds it,
    the accepted rows are held against that in a second one, which refuses nothing. No rule looks beyond one sender:
    the outcome is the same in however many parts (`MOST_ROWS`) its senders are judged.

    `rows` are the reports' candidate rows, report after report in the order of `reports`. A row
    that breaks a critical row rule is quarantined; a report that breaks a critical report rule, or
    of which more rows are bad than its contract allows, is sent back whole. `rulings` are what persons
    decided: corrections come before the judging, acceptances after it.

    Raises SuiteError when the family's suite cannot judge.
    """
    corrected = correct.apply(reports, rows, rulings.corrections)
    rows, parts = _in_parts(corrected.rows, reports)
    verdicts = _verdicts(reports, rows, rulings)
    _corrected(verdicts, corrected, catalogue)
    judgements: list[Judgement] = []
    refusals: Refusals = np.full(rows.num_rows, "", object)
    if rows.num_rows:
        suite = suites.load_suite(expectations, family, catalogue)
        versions = {contract.version: contract for contract in contracts if contract.family == family}
        registers = _registers(versions, reference)
        found = []
        for part in parts:
            own = _within(verdicts, part)
            of_part = [verdict.report for verdict in own]
            frame = frames.build(rows.slice(part.start, len(part)), of_part, versions, reference, suite.shares)
            frame.index += part.start
            judged = judge(frame, suite, registers)
            teller = _Teller(rows, frame, suite, catalogue, reference, registers)
            spans = {verdict.report.receipt_id: (verdict.first, verdict.rows) for verdict in own}
            refusing, pardoned = pardon.split(judged, rows, spans, rulings.accepted, catalogue, registers)
            _apply(refusing, own, refusals, teller)
            _apply(pardoned, own, refusals, teller, is_pardoned=True)
            for verdict in own:
                _settle(verdict, refusals, versions)
            found.append(judged)
        judgements = _of_all_parts(found)
        more = []
        for frame, own in _with_history(family, verdicts, parts, refusals, rows, past, reference):
            held = suites.load_history_suite(expectations, family, catalogue)
            judged = [_without_told(judgement, judgements) for judgement in judge(frame, held, {})]
            _apply(judged, own, refusals, _Teller(rows, frame, held, catalogue, reference, registers))
            more.append(judged)
        judgements = _joined(judgements, _of_all_parts(more))
    return _collect(family, verdicts, refusals, rows, judgements, catalogue)


def write_docs(
    read: Mapping[str, tuple[Sequence[ReadReport], pa.Table]],
    folder: Path,
    *,
    contracts: Sequence[Contract],
    reference: Reference,
    catalogue: Catalogue,
    expectations: Path,
    rulings: Rulings = NO_RULINGS,
) -> Path:
    """Great Expectations' Data Docs of what was read and corrected, by family; returns the page to open.

    Raises SuiteError.
    """
    versions = {
        family: {contract.version: contract for contract in contracts if contract.family == family} for family in read
    }
    suite = {family: suites.load_suite(expectations, family, catalogue) for family in read}
    corrected = {
        family: correct.apply(reports, rows, rulings.corrections).rows for family, (reports, rows) in read.items()
    }
    judged = (
        (frames.build(corrected[family], reports, versions[family], reference, suite[family].shares), suite[family])
        for family, (reports, _) in read.items()
        if corrected[family].num_rows
    )
    return write_pages(judged, {family: _registers(versions[family], reference) for family in read}, folder)


def _registers(versions: Mapping[int, Contract], reference: Reference) -> dict[str, Sequence[str]]:
    """The codes that suites may name a register for."""
    return {
        "indicators": sorted(reference.indicators),
        "places": sorted(reference.places.codes),
        "organisations": sorted(reference.organisations.codes),
        "deliverables": sorted(reference.deliverables),
        "period_grains": sorted({grain for contract in versions.values() for grain in contract.period.grains}),
    }


def _verdicts(reports: Sequence[ReadReport], rows: pa.Table, rulings: Rulings) -> list[_Verdict]:
    spans = _reports_in(rows)
    verdicts = []
    for report in reports:
        first, count = spans.get(report.receipt_id, (0, 0))
        state = "accepted" if report.state == "read" else report.state
        accepted = rulings.accepted.get(report.receipt_id, frozenset())
        verdicts.append(_Verdict(report, first, count, state, list(report.findings), accepted_rules=accepted))
    return verdicts


def _in_parts(rows: pa.Table, reports: Sequence[ReadReport]) -> tuple[pa.Table, list[range]]:
    """The rows, those of a sender near each other, and the parts in which they are judged, senders being kept whole."""
    # Rows are looked up one report and rule at a time, which costs dear in a table of many pieces.
    rows = rows.combine_chunks()
    if rows.num_rows <= MOST_ROWS:
        return rows, [range(rows.num_rows)]
    of_senders: dict[str, list[tuple[int, int]]] = defaultdict(list)
    spans = _reports_in(rows)
    for report in reports:
        if report.receipt_id in spans:
            of_senders[report.organisation_code].append(spans[report.receipt_id])
    pieces, parts, first, end = [], [], 0, 0
    for of_sender in of_senders.values():
        count = sum(length for _, length in of_sender)
        if end > first and end - first + count > MOST_ROWS:
            parts.append(range(first, end))
            first = end
        pieces += [rows.slice(*span) for span in of_sender]
        end += count
    return pa.concat_tables(pieces).combine_chunks(), [*parts, range(first, end)]


def _reports_in(rows: pa.Table) -> dict[str, tuple[int, int]]:
    """Where each report's rows begin, and how many there are, by receipt."""
    spans: dict[str, tuple[int, int]] = {}
    if rows.num_rows:
        runs = pc.run_end_encode(rows.column("receipt_id").combine_chunks())
        first = 0
        for receipt_id, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            spans[receipt_id] = (first, end - first)
            first = end
    return spans


def _within(verdicts: Sequence[_Verdict], part: range) -> list[_Verdict]:
    """The verdicts on the reports whose rows are a part of the batch."""
    return [verdict for verdict in verdicts if verdict.rows and verdict.first in part]


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


def _spans(verdicts: Sequence[_Verdict]) -> tuple[Positions, Positions]:
    """Where each report's rows begin and end."""
    first = np.array([verdict.first for verdict in verdicts], np.int64)
    return first, first + np.array([verdict.rows for verdict in verdicts], np.int64)


def _apply(
    judgements: Sequence[Judgement],
    verdicts: Sequence[_Verdict],
    refusals: Refusals,
    teller: "_Teller",
    *,
    is_pardoned: bool = False,
) -> None:
    """Write what the rules found onto the reports, and who refuses which row.

    What is pardoned is told and refuses nothing.
    """
    first, end = _spans(verdicts)
    for judgement in judgements:
        if not judgement.failed.size:
            continue
        rule = teller.catalogue[judgement.rule]
        if rule.severity == "critical" and rule.scope == "row" and not is_pardoned:
            free = judgement.failed[refusals[judgement.failed] == ""]
            refusals[free] = judgement.rule
        starts, ends = np.searchsorted(judgement.failed, first), np.searchsorted(judgement.failed, end)
        for index in np.flatnonzero(ends > starts).tolist():
            verdict = verdicts[index]
            if is_pardoned:
                verdict.pardoned.add(judgement.rule)
            elif rule.scope == "report" and rule.severity == "critical":
                verdict.refuse(judgement.rule)
            verdict.findings += teller.told(judgement.rule, judgement.failed[starts[index] : ends[index]], verdict.rows)


class _Teller:
    """Tells of failing rows as findings: with their cell, their text, and what would have been right."""

    def __init__(
        self,
        rows: pa.Table,
        frame: "pd.DataFrame",
        suite: Suite,
        catalogue: Catalogue,
        reference: Reference,
        registers: Mapping[str, Sequence[str]],
    ):
        self._rows = rows
        self._frame = frame
        self._entries = {entry.rule: entry for entry in suite.entries}
        self._everywhere = suite.everywhere
        self.catalogue = catalogue
        self._reference = reference
        self._registers = registers
        self._nearest: dict[tuple[str, str], str] = {}

    def told(self, code: str, failed: Positions, rows: int) -> list[Finding]:
        """The findings of one rule in one report, of whose `rows` rows those at `failed` break it.

        One a row, and one for all values of a line that fail by the same cell of it; one alone where the rule's
        sense is the report's, or where it fails everywhere.
        """
        entry = self._entries[code]
        if self.catalogue[code].scope == "report":
            return self._findings(entry, self._worst(entry, failed))
        if not self._everywhere.holds(failed.size, rows):
            return list(dict.fromkeys(self._findings(entry, failed)))
        some = self._findings(entry, failed[:_SHOWN_CELLS])
        cells = ", ".join(
            dict.fromkeys(
                finding.cell if finding.sheet == some[0].sheet else f"{finding.sheet}!{finding.cell}"
                for finding in some
                if finding.cell
            )
        )
        more = "…" if failed.size > _SHOWN_CELLS else ""
        found = f"{some[0].found[:40]} · {failed.size} / {rows}: {cells}{more}"
        return [replace(some[0], found=found, rows=int(failed.size))]

    def _worst(self, entry: Entry, failed: Positions) -> Positions:
        if not entry.worst:
            return failed[:1]
        sizes = np.abs(self._frame.loc[failed, entry.worst].to_numpy(float))
        return failed[[int(np.nanargmax(sizes)) if not np.isnan(sizes).all() else 0]]

    def _findings(self, entry: Entry, positions: Positions) -> list[Finding]:
        needed = {"source_sheet", "source_cell", "cells", "value_expected", *FIELDS, "source_text"}
        if entry.found in self._rows.column_names:
            needed.add(entry.found)
        taken = self._rows.select(sorted(needed)).take(pa.array(positions))
        table = {name: taken.column(name).to_pylist() for name in needed}
        if entry.found not in table:
            table[entry.found] = self._from_frame(entry.found, positions)
        right = self._from_frame(entry.expected_from, positions) if entry.expected_from else None
        roles = self._from_frame(entry.role_from, positions) if entry.role_from else [entry.role] * positions.size
        findings = []
        for index, role in enumerate(roles):
            found = str(table[entry.found][index] or "")
            cells: dict[str, str] = json.loads(table["cells"][index])
            of_value = role == "value"
            expected = right[index] if right else self._expected(entry, found)
            # What stands over the values, as a group of ages may, has no cell in their row: theirs leads there.
            cell = cells.get(role, table["source_cell"][index])
            findings.append(
                Finding(
                    entry.rule,
                    *parted(table["source_sheet"][index], cell),
                    found,
                    expected or (table["value_expected"][index] if of_value else ""),
                )
            )
        return findings

    def _from_frame(self, name: str, positions: Positions) -> list[str]:
        """A column of the frame as texts; whole numbers without their point, empty where it is empty."""
        return [
            "" if value is None or value != value else f"{value:.10g}" if isinstance(value, float) else str(value)
            for value in self._frame.loc[positions, name].tolist()
        ]

    def _expected(self, entry: Entry, found: str) -> str:
        # One name that nobody knows may stand in every row.
        known = self._nearest.get((entry.rule, found))
        if known is None:
            known = _expected(entry, found, self._reference, self._registers)
            self._nearest[entry.rule, found] = known
        return known


_SHOWN_CELLS = 10


def _with_history(
    family: str,
    verdicts: Sequence[_Verdict],
    parts: Sequence[range],
    refusals: Refusals,
    rows: pa.Table,
    past: Past | None,
    reference: Reference,
) -> "Iterator[tuple[pd.DataFrame, list[_Verdict]]]":
    """What is accepted beside what its senders reported before, part by part; nothing of those that reported nothing.

    Each frame comes with the verdicts on its reports.
    """
    standing = [verdict for verdict in verdicts if verdict.state == "accepted" and verdict.rows]
    if not standing:
        return
    senders = {verdict.report.organisation_code for verdict in standing}
    latest = max(verdict.report.received_date for verdict in standing)
    earlier = past.load(family, senders, latest) if past else history.NOTHING
    for part in parts:
        if not (own := _within(standing, part)):
            continue
        _, positions = _rows_of(own)
        accepted = np.sort(positions[refusals[positions] == ""])
        own_senders = pa.array(sorted({verdict.report.organisation_code for verdict in own}), pa.string())
        of_part = earlier.filter(pc.is_in(earlier.column("organisation_code"), own_senders))
        frame = history.build(rows, accepted, [verdict.report for verdict in own], of_part, reference)
        if frame is not None:
            yield frame, own


def _of_all_parts(found: Sequence[Sequence[Judgement]]) -> list[Judgement]:
    """The judgements of the parts of a batch, one a rule."""
    by_rule: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in chain.from_iterable(found):
        by_rule[judgement.rule].append(judgement)
    judgements = []
    for rule, several in by_rule.items():
        judged = [one.judged for one in several if one.judged is not None]
        judgements.append(
            Judgement(
                rule,
                np.concatenate([one.failed for one in several]),
                np.concatenate(judged) if len(judged) == len(several) else None,
            )
        )
    return judgements


def _without_told(judgement: Judgement, told: Sequence[Judgement]) -> Judgement:
    """A judgement without the rows that the same rule was told of already."""
    before = [other.failed for other in told if other.rule == judgement.rule]
    return replace(judgement, failed=np.setdiff1d(judgement.failed, before[0])) if before else judgement


def _joined(first: Sequence[Judgement], second: Sequence[Judgement]) -> list[Judgement]:
    """The judgements of two validations, one a rule."""
    found = {judgement.rule: judgement for judgement in first}
    for judgement in second:
        if (other := found.get(judgement.rule)) is None:
            found[judgement.rule] = judgement
            continue
        judged = None
        if other.judged is not None and judgement.judged is not None:
            judged = np.union1d(other.judged, judgement.judged)
        found[judgement.rule] = Judgement(judgement.rule, np.union1d(other.failed, judgement.failed), judged)
    return list(found.values())


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


def _settle(verdict: _Verdict, refusals: Refusals, versions: Mapping[int, Contract]) -> None:
    """Send back what its contract does not let stand with so many bad rows."""
    verdict.bad_rows = int(np.count_nonzero(refusals[verdict.first : verdict.first + verdict.rows] != ""))
    if verdict.state != "accepted" or not verdict.bad_rows:
        return
    contract = versions[verdict.report.contract_version or 0]
    share = verdict.bad_rows / verdict.rows
    if contract.bad_rows == "send_back" or share > contract.largest_bad_share:
        allowed = 0 if contract.bad_rows == "send_back" else int(contract.largest_bad_share * verdict.rows)
        code = "REPORT_TOO_MANY_BAD_ROWS"
        verdict.refuse(code)
        verdict.findings.append(Finding(code, found=f"{verdict.bad_rows} / {verdict.rows}", expected=f"≤ {allowed}"))


def _collect(
    family: str,
    verdicts: Sequence[_Verdict],
    refusals: Refusals,
    rows: pa.Table,
    judgements: Sequence[Judgement],
    catalogue: Catalogue,
) -> Checked:
    counts = Counts()
    for judgement in judgements:
        severity = catalogue[judgement.rule].severity
        judged = rows.num_rows if judgement.judged is None else judgement.judged.size
        counts.rules[judgement.rule] = (severity, judged, judgement.failed.size)
    by_day: dict[dt.date, list[_Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_day[verdict.report.received_date].append(verdict)
    units = {
        day: _unit(family, day_verdicts, refusals, rows, judgements, catalogue) for day, day_verdicts in by_day.items()
    }
    for verdict in verdicts:
        counts.reports[verdict.state] += 1
        counts.observations["read"] += verdict.rows_read
        counts.observations["accepted"] += verdict.accepted
        counts.observations["quarantined"] += verdict.rows_read - verdict.accepted
    told = [(verdict.report, finding) for verdict in verdicts for finding in verdict.findings]
    return Checked(units, counts, told, _refusal(family, verdicts))


_FEWEST_REFUSED = 3


def _refusal(family: str, verdicts: Sequence[_Verdict]) -> Finding | None:
    """Several reports of a family, and every one sent back: the form has changed, or the rules are wrong."""
    sent_back = sum(verdict.state == "sent_back" for verdict in verdicts)
    if family == UNMATCHED or sent_back < _FEWEST_REFUSED or sent_back < len(verdicts):
        return None
    return Finding("FAMILY_REFUSED", found=f"{sent_back} / {len(verdicts)}")


def _unit(
    family: str,
    verdicts: Sequence[_Verdict],
    refusals: Refusals,
    rows: pa.Table,
    judgements: Sequence[Judgement],
    catalogue: Catalogue,
) -> dict[str, pa.Table]:
    """The four lake tables of one family and day."""
    reports: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for verdict in verdicts:
        base = _base(family, verdict)
        known = states(
            {
                *np.unique(refusals[verdict.first : verdict.first + verdict.rows]).tolist(),
                *(finding.code for finding in verdict.findings),
            }
            - {""},
            catalogue,
            was_opened=bool(verdict.report.file_format),
            was_judged=verdict.rows > 0,
        )
        reports.append(
            base
            | {name: getattr(verdict.report, name) for name in _REPORT_FIELDS}
            | asdict(known)
            | {
                "state": verdict.state,
                "verdict": "accepted_with_findings"
                if verdict.state == "accepted" and _counts(verdict, catalogue)
                else verdict.state,
                "accepted_by_decision": verdict.state == "accepted" and bool(verdict.pardoned),
                "observations_read": verdict.rows_read,
                "observations_accepted": verdict.accepted,
                "observations_quarantined": verdict.rows_read - verdict.accepted,
                "findings": len(verdict.findings),
            }
        )
        told += [base | _told(finding, catalogue) for finding in verdict.findings]
    owner, positions = _rows_of(verdicts)
    refused_by = refusals[positions].copy()
    whole = np.array([verdict.state != "accepted" for verdict in verdicts], bool)[owner]
    by_report = np.array([verdict.refused_by for verdict in verdicts], object)[owner]
    # A row's own fault says more than that of its report.
    unnamed = whole & (refused_by == "")
    refused_by[unnamed] = by_report[unnamed]
    stands = ~whole & (refused_by == "")
    quarantined = _quarantined(
        family, verdicts, owner[~stands], positions[~stands], refused_by[~stands], rows, catalogue
    )
    return {
        "observations": _observations(family, verdicts, owner[stands], positions[stands], rows),
        "reports": pa.Table.from_pylist(reports, schema=lake.REPORTS),
        "rejections": pa.concat_tables(
            [
                pa.Table.from_pylist(told, schema=lake.REJECTIONS),
                quarantined,
                _dropped(family, verdicts, catalogue),
            ]
        ),
        "checks": _judged(family, verdicts, judgements, catalogue),
    }


def _base(family: str, verdict: _Verdict) -> dict[str, Any]:
    return {
        "receipt_id": verdict.report.receipt_id,
        "family": family,
        "organisation_code": verdict.report.organisation_code,
        "received_date": verdict.report.received_date,
    }


def _rows_of(verdicts: Sequence[_Verdict]) -> tuple[Positions, Positions]:
    """The rows of some reports: for each the report it belongs to, and its place in the batch."""
    first, end = _spans(verdicts)
    owner = np.repeat(np.arange(len(verdicts)), end - first)
    before = np.cumsum(end - first) - (end - first)
    return owner, np.arange(owner.size) - before[owner] + first[owner]


def _bases(family: str, verdicts: Sequence[_Verdict], owner: Positions) -> dict[str, pa.Array]:
    """`_base`, of the reports that some rows belong to, as columns."""
    index = pa.array(owner)
    bases = pa.Table.from_pylist([_base(family, verdict) for verdict in verdicts], schema=_BASE)
    return {name: bases.column(name).combine_chunks().take(index) for name in _BASE.names}


_BASE = pa.schema(
    [
        ("receipt_id", pa.string()),
        ("family", pa.string()),
        ("organisation_code", pa.string()),
        ("received_date", pa.date32()),
    ]
)


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
        "scope": "report" if finding.rows else rule.scope,
        "observation_id": None,
        "source_sheet": finding.sheet,
        "source_cell": finding.cell,
        "source_text": None,
        "found": finding.found,
        "expected": finding.expected,
        "is_quarantined": False,
        "rows_failed": finding.rows,
    }


def _quarantined(
    family: str,
    verdicts: Sequence[_Verdict],
    owner: Positions,
    positions: Positions,
    refused_by: Refusals,
    rows: pa.Table,
    catalogue: Catalogue,
) -> pa.Table:
    """The refused rows, each with the rule that refused it and the text as written."""
    names = ("observation_id", "source_sheet", "source_cell", "source_text", *FIELDS)
    taken = rows.select(names).take(pa.array(positions))
    code = pa.array(refused_by, pa.string())
    rules = pa.array(list(catalogue), pa.string())
    index = pc.index_in(code, rules)
    columns = _bases(family, verdicts, owner) | {
        "rule_code": code,
        "severity": pa.array([rule.severity for rule in catalogue.values()], pa.string()).take(index),
        "scope": pa.array([rule.scope for rule in catalogue.values()], pa.string()).take(index),
        "found": pc.binary_join_element_wise(
            *(taken.column(name) for name in FIELDS), " | ", null_handling="replace", null_replacement=""
        ),
        "expected": pa.repeat("", positions.size),
        "is_quarantined": pa.repeat(True, positions.size),
        "rows_failed": pa.repeat(pa.scalar(0, pa.int32()), positions.size),
        **{name: taken.column(name) for name in names[:4]},
    }
    return pa.table([columns[name] for name in lake.REJECTIONS.names], schema=lake.REJECTIONS)


def _dropped(family: str, verdicts: Sequence[_Verdict], catalogue: Catalogue) -> pa.Table:
    """The rows that a correction dropped, each with the correction as what was expected of it."""
    tables = [verdict.dropped for verdict in verdicts]
    held = [table for table in tables if table is not None and table.num_rows]
    if not held:
        return lake.REJECTIONS.empty_table()
    rows = pa.concat_tables(held)
    owner = np.repeat(np.arange(len(verdicts)), [table.num_rows if table is not None else 0 for table in tables])
    refused_by = np.full(rows.num_rows, correct.DROPPED, object)
    quarantined = _quarantined(family, verdicts, owner, np.arange(rows.num_rows), refused_by, rows, catalogue)
    place = quarantined.schema.get_field_index("expected")
    return quarantined.set_column(place, quarantined.schema.field(place), rows.column("correction_code"))


def _judged(
    family: str, verdicts: Sequence[_Verdict], judgements: Sequence[Judgement], catalogue: Catalogue
) -> pa.Table:
    """How many of a report's rows each rule judged and failed.

    A rule that judged none of them has no row: that is another thing than none that fails.
    """
    first, end = _spans(verdicts)

    def within(positions: Positions) -> Positions:
        return np.searchsorted(positions, end) - np.searchsorted(positions, first)

    parts = [lake.CHECKS.empty_table()]
    for judgement in judgements:
        rule = catalogue[judgement.rule]
        judged = end - first if judgement.judged is None else within(judgement.judged)
        owner = np.flatnonzero(judged)
        columns = _bases(family, verdicts, owner) | {
            "rule_code": pa.repeat(judgement.rule, owner.size),
            "severity": pa.repeat(rule.severity, owner.size),
            "scope": pa.repeat(rule.scope, owner.size),
            "rows_judged": pa.array(judged[owner], pa.int32()),
            "rows_failed": pa.array(within(judgement.failed)[owner], pa.int32()),
        }
        parts.append(pa.table([columns[name] for name in lake.CHECKS.names], schema=lake.CHECKS))
    return pa.concat_tables(parts)


def _observations(
    family: str, verdicts: Sequence[_Verdict], owner: Positions, positions: Positions, rows: pa.Table
) -> pa.Table:
    table = rows.take(pa.array(positions))
    bases = _bases(family, verdicts, owner)
    columns = [
        bases[name] if name in bases else _null_if_empty(table.column(name), name) for name in lake.OBSERVATIONS.names
    ]
    return pa.table(columns, schema=lake.OBSERVATIONS)


_OPTIONAL = frozenset({"citation", "citation_place", "remark", "deliverable_code", "deliverable_status"})


def _null_if_empty(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if name not in _OPTIONAL:
        return column
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
