"""Great Expectations as the judge: one validation a family and batch, row keys in the answer.

The only module that imports Great Expectations, and only when something is to be judged: the
import takes seconds.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.check.suites import Suite, SuiteError

if TYPE_CHECKING:
    import pandas as pd

ROW_KEY = "row_key"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one rule found in the batch: how many rows it judged, and the keys of those that fail."""

    rule: str
    rows_judged: int
    failed: tuple[int, ...]


def judge(frame: "pd.DataFrame", suite: Suite, registers: Mapping[str, Sequence[str]]) -> list[Judgement]:
    """Validate `frame` (with an integer column `row_key`) against `suite`, once.

    Raises SuiteError when an expectation does not exist or cannot be evaluated on these columns: a
    rule that could not be judged never counts as passed.
    """
    gx, expectation_class = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    expectations = gx.ExpectationSuite(name=suite.family)
    for entry in suite.entries:
        try:
            arguments = {name: _argument(value, registers) for name, value in entry.arguments.items()}
            expectation = expectation_class(entry.expectation)(**arguments, meta={"rule": entry.rule})
        except Exception as error:
            raise SuiteError(f"suite {suite.family}: {entry.rule}: {entry.expectation}: {error}") from error
        expectations.add_expectation(expectation)
    batch = (
        context.data_sources.add_pandas("lake")
        .add_dataframe_asset(suite.family)
        .add_batch_definition_whole_dataframe("batch")
        .get_batch({"dataframe": frame})
    )
    outcome = batch.validate(
        expectations,
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [ROW_KEY],
            "exclude_unexpected_values": True,
            "return_unexpected_index_query": False,
        },
    )
    return [_judgement(suite, result) for result in outcome.results]


def _great_expectations() -> tuple[Any, Any]:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl

    return gx, get_expectation_impl


def _argument(value: Any, registers: Mapping[str, Sequence[str]]) -> Any:
    if isinstance(value, dict) and value.keys() == {"register"}:
        return list(registers[value["register"]])
    return value


def _judgement(suite: Suite, result: Any) -> Judgement:
    rule = result.expectation_config.meta["rule"]
    exception = result.exception_info or {}
    raised = [exception] if "raised_exception" in exception else list(exception.values())
    for info in raised:
        if info.get("raised_exception"):
            raise SuiteError(f"suite {suite.family}: {rule} could not be judged: {info.get('exception_message')}")
    details = result.result
    judged = int(details.get("element_count", 0)) - int(details.get("missing_count") or 0)
    failed: list[int] = []
    for keys in details.get("unexpected_index_list") or ():
        value = keys[ROW_KEY]
        failed += [int(key) for key in value] if isinstance(value, list) else [int(value)]
    if not result.success and not failed:
        raise SuiteError(f"suite {suite.family}: {rule} failed without naming a row")
    return Judgement(rule, judged, tuple(sorted(set(failed))))
