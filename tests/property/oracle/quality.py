"""What the check room noted of each rule, added up in plain Python from the lake's own files."""

from collections import defaultdict
from typing import Any

from orchestration import storage
from orchestration.check import lake
from orchestration.settings import Settings

Row = dict[str, Any]
_SENT = ("organisation_code", "family", "period_start", "period_end", "data_status", "received_date")


def noted(settings: Settings) -> list[Row]:
    """The rows that `data_quality` must have, without the share.

    A rule that judged rows counts them; one that is found while reading judged none, which is not zero.
    """
    reports = {row["receipt_id"]: row for row in _rows(settings, "reports")}
    judged = {(row["receipt_id"], row["rule_code"]): row for row in _rows(settings, "checks")}
    told: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in _rows(settings, "rejections"):
        told[row["receipt_id"], row["rule_code"]].append(row)
    found: dict[tuple[Any, ...], list[tuple[str, str]]] = defaultdict(list)
    for key in judged.keys() | told.keys():
        receipt, rule = key
        report = reports[receipt]
        about = judged.get(key) or told[key][0]
        sent = (report[name] for name in _SENT)
        found[*sent, rule, about["severity"], about["scope"]].append(key)
    names = (*_SENT, "rule_code", "severity", "scope")
    return [
        dict(zip(names, cell, strict=True))
        | {
            "reports": len(keys),
            "rows_judged": _total([judged[key]["rows_judged"] for key in keys if key in judged]),
            "rows_failed": _total([judged[key]["rows_failed"] for key in keys if key in judged]),
            "findings": sum(not row["is_quarantined"] for key in keys for row in told.get(key, ())),
            "rows_quarantined": sum(row["is_quarantined"] for key in keys for row in told.get(key, ())),
        }
        for cell, keys in found.items()
    ]


def _total(numbers: list[int]) -> int | None:
    return sum(numbers) if numbers else None


def _rows(settings: Settings, name: str) -> list[Row]:
    schema = lake.UNIT_TABLES[name]
    return [
        row
        for path, _ in storage.listing(settings.lake / name)
        if path.suffix == ".parquet"
        for row in storage.read_table(path, schema).to_pylist()
    ]
