"""Great Expectations as the judge: which rules of a suite a frame breaks, and the positions of the rows that fail.

The only module that imports Great Expectations, and only when something is to be judged: the
import takes seconds.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from orchestration.check.suites import Suite, SuiteError

if TYPE_CHECKING:
    import pandas as pd

Positions = npt.NDArray[np.int64]
"""Rows of a batch, by their place in it, ascending."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one rule found in the batch: the rows that fail, and which it judged at all (None: every row)."""

    rule: str
    failed: Positions
    judged: Positions | None = None


def judge(frame: "pd.DataFrame", suite: Suite, registers: Mapping[str, Sequence[str]]) -> list[Judgement]:
    """Validate `frame` (indexed by the rows' positions) against `suite`.

    Raises SuiteError when an expectation does not exist or cannot be evaluated on these columns: a
    rule that could not be judged never counts as passed.
    """
    gx, _ = great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = _batch_definition(context, suite).get_batch({"dataframe": frame[_columns(frame, suite)]})
    narrowed = _narrowed(suite, registers, frame)
    # Whether a rule fails costs half of where it fails, and most rules of most nights do not.
    asked = batch.validate(_expectations(narrowed, registers), result_format="BOOLEAN_ONLY")
    passed = {result.expectation_config.meta["rule"]: result.success for result in asked.results}
    # A rule that may fail in a share of the rows passes with some that fail.
    doubtful = tuple(entry for entry in narrowed.entries if not passed[entry.rule] or "mostly" in entry.arguments)
    failed = _failures(batch, replace(narrowed, entries=doubtful), registers) if doubtful else {}
    entries = {entry.rule: entry for entry in suite.entries}
    found = []
    for rule in passed:
        where = entries[rule].judged_where
        judged = frame.index[frame[where].notna()].to_numpy(np.int64) if where else None
        found.append(Judgement(rule, failed.get(rule, _NOWHERE), judged))
    return found


_NOWHERE: Positions = np.zeros(0, np.int64)


def _failures(batch: Any, suite: Suite, registers: Mapping[str, Sequence[str]]) -> dict[str, Positions]:
    """The rows that fail, by rule."""
    outcome = batch.validate(
        _expectations(suite, registers),
        result_format={
            # Without a column named for it, the answer is the plain index: a failing row costs 0.2 microseconds
            # instead of the 13 of a key looked up in its row.
            "result_format": "COMPLETE",
            "exclude_unexpected_values": True,
            "return_unexpected_index_query": False,
        },
    )
    results = {result.expectation_config.meta["rule"]: result for result in outcome.results}
    return {rule: _failed(suite, rule, result) for rule, result in results.items()}


def _narrowed(suite: Suite, registers: Mapping[str, Sequence[str]], frame: "pd.DataFrame") -> Suite:
    """The suite with those codes of its registers only that stand in the frame.

    Great Expectations writes every set of values out some hundred times; a code that no row has decides nothing.
    """
    entries = []
    for entry in suite.entries:
        value, column = (entry.arguments.get(name) for name in ("value_set", "column"))
        # What names no register, or no column, is told of by whoever makes the expectation, or judges by it.
        register = str(value.get("register")) if isinstance(value, dict) else ""
        if entry.expectation in _OF_SETS and register in registers and column in frame:
            codes = list(registers[register])
            present = set(frame[column].dropna().unique())
            # An empty set may mean any value.
            kept = [code for code in codes if code in present] or codes[:1]
            entry = entry.model_copy(update={"arguments": entry.arguments | {"value_set": kept}})
        entries.append(entry)
    return replace(suite, entries=tuple(entries))


_OF_SETS = frozenset({"expect_column_values_to_be_in_set", "expect_column_values_to_not_be_in_set"})


def write_docs(
    families: Iterable[tuple["pd.DataFrame", Suite]], registers: Mapping[str, Mapping[str, Sequence[str]]], folder: Path
) -> Path:
    """Validate frames against their suites once more and write Great Expectations' Data Docs into `folder`.

    `registers` are those of each family. Returns the page to open. Raises SuiteError as `judge` does.
    """
    gx, _ = great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(
        "quality", {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index}
    )
    for frame, suite in families:
        expectations = context.suites.add(_expectations(suite, registers[suite.family]))
        batch = _batch_definition(context, suite)
        definition = gx.ValidationDefinition(name=suite.family, data=batch, suite=expectations)
        context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": frame[_columns(frame, suite)]}, result_format="SUMMARY"
        )
    context.build_data_docs(site_names=["quality"])
    for page in folder.rglob("*.html"):
        page.write_text(_without_network(page.read_text(encoding="utf-8")), encoding="utf-8")
    return folder / "index.html"


# Data Docs take their styles, scripts and logo from a dozen servers of others, who would learn who reads them.
_FETCHED = re.compile(
    r"<script[^>]*\bsrc=\"http[^>]*>\s*</script>|<(?:link|img)[^>]*\b(?:href|src)=\"http[^>]*>", re.IGNORECASE
)
_OWN_STYLE = """<meta http-equiv="Content-Security-Policy" content="default-src 'self' 'unsafe-inline' data:">
<style>
body { font-family: sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }
table { border-collapse: collapse; margin: 0.5em 0; }
td, th { border: 1px solid #bbb; padding: 0.3em 0.6em; text-align: start; vertical-align: top; }
.modal, #sticky-nav, #cta-footer, .navigation-menu { display: none; }
</style>
"""


def _without_network(page: str) -> str:
    return _FETCHED.sub("", page).replace("<head>", "<head>\n" + _OWN_STYLE, 1)


def _expectations(suite: Suite, registers: Mapping[str, Sequence[str]]) -> Any:
    gx, expectation_class = great_expectations()
    expectations = []
    for entry in suite.entries:
        try:
            arguments = {name: _argument(value, registers) for name, value in entry.arguments.items()}
            expectation = expectation_class(entry.expectation)(**arguments, meta={"rule": entry.rule})
        except Exception as error:
            raise SuiteError(f"suite {suite.family}: {entry.rule}: {entry.expectation}: {error}") from error
        expectations.append(expectation)
    # Added one by one, each would be compared with all before it.
    return gx.ExpectationSuite(name=suite.family, expectations=expectations)


def _batch_definition(context: Any, suite: Suite) -> Any:
    source = context.data_sources.add_pandas(f"lake {suite.family}")
    return source.add_dataframe_asset(suite.family).add_batch_definition_whole_dataframe("batch")


def great_expectations() -> tuple[Any, Any]:
    """Great Expectations, and what finds an expectation by its name; imported with the first call."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl

    return gx, get_expectation_impl


def _columns(frame: "pd.DataFrame", suite: Suite) -> list[str]:
    """The columns that a suite names: Great Expectations hashes whatever it is given."""
    named = {value for entry in suite.entries for value in entry.arguments.values() if isinstance(value, str)}
    return [name for name in frame.columns if name in named]


def _argument(value: Any, registers: Mapping[str, Sequence[str]]) -> Any:
    if isinstance(value, dict) and value.keys() == {"register"}:
        return list(registers[value["register"]])
    return value


def _failed(suite: Suite, rule: str, result: Any) -> Positions:
    exception = result.exception_info or {}
    raised = [exception] if "raised_exception" in exception else list(exception.values())
    for info in raised:
        if info.get("raised_exception"):
            raise SuiteError(f"suite {suite.family}: {rule} could not be judged: {info.get('exception_message')}")
    failed = np.unique(np.asarray(result.result.get("unexpected_index_list") or (), np.int64))
    if not result.success and not failed.size:
        raise SuiteError(f"suite {suite.family}: {rule} failed without naming a row")
    return failed
