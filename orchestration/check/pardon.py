"""What an acceptance does to a judged batch: which failures refuse nothing, a person having decided so.

An accepted rule is still judged and still told. Its rows count where they hold what counting needs;
a row that lacks it, or breaks another critical rule, stays in quarantine.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from orchestration.check.corrections import WITHOUT_VALUE
from orchestration.check.judge import Judgement
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
        forgiven: set[int] = set()
        for receipt_id, rules in accepted.items():
            if judgement.rule in rules and receipt_id in spans:
                first, count = spans[receipt_id]
                begin = bisect_left(judgement.failed, first)
                failed = judgement.failed[begin : bisect_left(judgement.failed, first + count)]
                forgiven.update(failed if rule.scope == "report" else _usable(rows, failed, registers))
        refusing.append(
            replace(judgement, failed=tuple(position for position in judgement.failed if position not in forgiven))
            if forgiven
            else judgement
        )
        if forgiven:
            pardoned.append(replace(judgement, failed=tuple(sorted(forgiven))))
    return refusing, pardoned


def _usable(rows: pa.Table, positions: Iterable[int], registers: Mapping[str, Sequence[str]]) -> list[int]:
    """Those of the rows that can be counted: what, where and when are known, and a value or why there is none."""
    wanted = list(positions)
    names = ("indicator_code", "place_code", "period_end", "value", "qualifier")
    indicators, places = set(registers["indicators"]), set(registers["places"])
    table = rows.select(names).take(pa.array(wanted, pa.int64())).to_pylist()
    return [
        position
        for position, row in zip(wanted, table, strict=True)
        if row["indicator_code"] in indicators
        and row["place_code"] in places
        and row["period_end"] is not None
        and (row["value"] is not None or row["qualifier"] in WITHOUT_VALUE)
    ]
