"""Rulings: what persons decided about received reports, corrections and decisions taken together.

They may change after a report was loaded. A sealed day remembers the rulings that its reports were
judged under, so that a new one reopens the days it concerns and no other.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestration.check.correct import of_report
from orchestration.check.corrections import Correction


@dataclass(frozen=True, slots=True)
class SealedReport:
    """As much of a report as decides which rulings concern it."""

    receipt_id: str
    organisation_code: str
    family: str
    period_start: dt.date | None
    period_end: dt.date | None


@dataclass(frozen=True)
class Rulings:
    """The corrections, and by receipt the rules despite which its report stands."""

    corrections: tuple[Correction, ...] = ()
    accepted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def digest(self, reports: Iterable[SealedReport]) -> str:
        """The digest of what these rulings do to some reports; empty where they do nothing.

        What a correction says of who was told and when belongs to the warehouse, not to the lake.
        """
        concerned = []
        applied = [correction for correction in self.corrections if correction.is_applied]
        by_sender: dict[tuple[str, str], list[Correction]] = {}
        for correction in applied:
            by_sender.setdefault((correction.report.organisation_code, correction.report.family), []).append(correction)
        for report in reports:
            for correction in by_sender.get((report.organisation_code, report.family), ()):
                span = report.period_start, report.period_end
                if of_report(correction, report.receipt_id, report.organisation_code, report.family, span):
                    said = correction.model_dump_json(exclude={"reported_by", "reported_to", "reported_on"})
                    concerned.append([report.receipt_id, said])
            concerned += [[report.receipt_id, rule] for rule in self.accepted.get(report.receipt_id, ())]
        return hashlib.sha256(json.dumps(sorted(concerned)).encode()).hexdigest() if concerned else ""
