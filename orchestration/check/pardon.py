"""What an acceptance does to a judged batch: which failures refuse nothing, a person having decided so.

An accepted rule is still judged and still told. Its rows count where they hold what counting needs;
a row that lacks it, or breaks another critical rule, stays in quarantine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.check.corrections import WITHOUT_VALUE
from orchestration.check.judge import Judgement, Positions
from orchestration.findings import Catalogue


def split(
    judgements: Sequence[Judgement],
    rows: pa.Table,
    spans: Mapping[str, tuple[int, int]],
    accepted: Mapping[str, frozenset[str]],
    catalogue: Catalogue,
    registers: Mapping[str, Sequence[str]],
) -> tuple[list[Judgement], list[Judgement]]:
    """The judgements with the failures that refuse, and those with the failures that were accepted.

    `spans` says where each receipt's rows begin in `rows` and how many there are, `accepted` despite
    which rules, all of them overridable, its report stands.
    """
    if not accepted:
        return list(judgements), []
    refusing, pardoned = [], []
    for judgement in judgements:
        rule = catalogue[judgement.rule]
        parts = []
        for receipt_id, rules in accepted.items():
            if judgement.rule in rules and receipt_id in spans:
                first, count = spans[receipt_id]
                begin, end = np.searchsorted(judgement.failed, [first, first + count])
                failed = judgement.failed[begin:end]
                parts.append(failed if rule.scope == "report" else _usable(rows, failed, registers))
        forgiven = np.concatenate(parts) if parts else judgement.failed[:0]
        if not forgiven.size:
            refusing.append(judgement)
            continue
        refusing.append(replace(judgement, failed=np.setdiff1d(judgement.failed, forgiven)))
        pardoned.append(replace(judgement, failed=np.sort(forgiven)))
    return refusing, pardoned


def _usable(rows: pa.Table, positions: Positions, registers: Mapping[str, Sequence[str]]) -> Positions:
    """Those of the rows that can be counted: what, where and when are known, and a value or why there is none."""
    names = ["indicator_code", "place_code", "period_end", "value", "qualifier"]
    table = rows.select(names).take(pa.array(positions))
    usable = pc.and_(
        pc.and_(
            pc.is_in(table.column("indicator_code"), pa.array(registers["indicators"], pa.string())),
            pc.is_in(table.column("place_code"), pa.array(registers["places"], pa.string())),
        ),
        pc.and_(
            pc.is_valid(table.column("period_end")),
            pc.or_(
                pc.is_valid(table.column("value")),
                pc.is_in(table.column("qualifier"), pa.array(sorted(WITHOUT_VALUE))),
            ),
        ),
    )
    counted: Positions = positions[usable.to_numpy()]
    return counted
