"""Candidate rows as a table, made without a file."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from orchestration.read import candidates
from orchestration.read.candidates import ReadReport

_TEXTS = dict.fromkeys(candidates.SCHEMA.names, "")
GOOD: dict[str, Any] = _TEXTS | {
    "receipt_id": "r1",
    "indicator_code": "PPO_VIOLENCE_CASES",
    "period_start": dt.date(2017, 1, 1),
    "period_end": dt.date(2017, 12, 31),
    "period_grain": "year",
    "place_code": "MA",
    "sex": "_T",
    "age_group": "_T",
    "residence": "_T",
    "population_group": "_T",
    "value": Decimal(1),
    "numerator": None,
    "denominator": None,
    "qualifier": "exact",
    "data_status": "reported",
    "row_number": 1,
    "value_problem": None,
    "cells": "{}",
}


def table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows like `GOOD`, but for what each says."""
    return pa.Table.from_pylist([GOOD | dict(row) for row in rows], schema=candidates.SCHEMA)


def report(
    receipt_id: str = "r1", received_at: dt.datetime = dt.datetime(2025, 1, 31), sender: str = "PPO"
) -> ReadReport:
    """The report that rows belong to."""
    return ReadReport(
        receipt_id=receipt_id,
        organisation_code=sender,
        file_name=f"{receipt_id}.csv",
        received_date=received_at.date(),
        received_at=received_at,
        family="official_figures",
        contract_version=1,
        report_key=receipt_id,
        title="",
        language=None,
        period_start=None,
        period_end=None,
        period_grain=None,
        data_status="reported",
        state="read",
        file_format="csv",
        file_encoding="utf-8",
        findings=(),
    )
