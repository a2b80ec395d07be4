"""The frame that rows are judged on: what is one statement, said again or contradicted."""

from decimal import Decimal
from typing import Any

import pytest

from orchestration.check import frame
from orchestration.read.contracts import Contract
from orchestration.read.reference import Reference
from tests.unit.check import rows


@pytest.mark.parametrize(
    ("changes", "repetitions", "statements"),
    [
        ([{}, {}], [0, 1], 1),
        ([{}, {"value": Decimal(2)}], [0, 0], 1),
        # Half of two and half of two hundred are not one figure: a roll-up weighs them.
        (
            [
                {"value": Decimal(50), "numerator": Decimal(1), "denominator": Decimal(2)},
                {"value": Decimal(50), "numerator": Decimal(100), "denominator": Decimal(200)},
            ],
            [0, 0],
            1,
        ),
        # A deliverable that was planned and is done: the model takes what went furthest.
        (
            [
                {"deliverable_code": "STUDY_SOCIAL_NORMS", "deliverable_status": "planned"},
                {"deliverable_code": "STUDY_SOCIAL_NORMS", "deliverable_status": "done"},
            ],
            [0, 0],
            2,
        ),
    ],
)
def test_rows_are_repetitions_only_where_they_say_the_same(
    reference: Reference,
    contracts: tuple[Contract, ...],
    changes: list[dict[str, Any]],
    repetitions: list[int],
    statements: int,
) -> None:
    (contract,) = (contract for contract in contracts if contract.family == "official_figures")
    found = frame.build(rows.table(changes), [rows.report()], {contract.version: contract}, reference)
    assert found["repetition"].tolist() == repetitions
    assert found["contradiction_key"].dropna().nunique() == statements
