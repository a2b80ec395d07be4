"""The frame that is judged: candidate rows, and columns that make a rule a plain expectation.

Rules over several fields (a percentage above 100, a statement made twice with different values, a
total beside its parts) become columns here, so that a suite stays readable. What a column says of a
report's sums is worked out in `sums`, of its spellings in `spelling`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.check import spelling, sums
from orchestration.check.sums import Compared, Exhaustive
from orchestration.read.candidates import ReadReport
from orchestration.read.contracts import Contract
from orchestration.read.reference import Reference

if TYPE_CHECKING:
    import pandas as pd

_TEXTS = (
    "receipt_id",
    "indicator_code",
    "place_code",
    "period_grain",
    "sex",
    "age_group",
    "residence",
    "population_group",
    "qualifier",
    "data_status",
    "value_problem",
    "citation",
    "citation_place",
    "deliverable_code",
    "deliverable_status",
)
_STATEMENT = (
    "receipt_id",
    "indicator_code",
    "place_code",
    "period_start",
    "period_end",
    "sex",
    "age_group",
    "residence",
    "population_group",
    "deliverable_code",
    # Of one deliverable a report may say what it was and what it is; the one that went furthest counts.
    "deliverable_status",
    "citation",
    "citation_place",
)


def build(
    rows: pa.Table,
    reports: Sequence[ReadReport],
    versions: Mapping[int, Contract],
    reference: Reference,
    shares: Sequence[Sequence[str]] = (),
) -> "pd.DataFrame":
    """The frame of some candidate rows, one line a row, indexed by its position.

    `reports` are those the rows belong to, `versions` the contract of their family by version,
    `shares` the indicators that are shares of one whole.
    Besides the candidate's texts it has:
    `value` (float), `value_stated` (1 where there is a value or a qualifier that says why not),
    `count`, `percent` (the value where the indicator is one), `fraction` (what a count has beyond
    whole numbers), `days_ahead` (how far a period ends after its report was received),
    `numerator_excess`, `deliverable_named` (0 where deliverables are counted without saying which),
    `repetition` (0 for the first of identical rows), `contradiction_key` (the
    statement's key, empty for repetitions and rows without value), and what `_add_percent_of_parts`, `_add_sums`,
    `_add_zeros`, `_add_outliers` and `spelling.add` say.
    """
    import pandas as pd

    frame = pd.DataFrame(index=pd.RangeIndex(rows.num_rows))
    for name in _TEXTS:
        column = rows.column(name).to_pandas()
        frame[name] = column.where(column != "", None)
    for name in ("value", "numerator", "denominator"):
        frame[name] = rows.column(name).cast(pa.float64()).to_pandas()
    start = pd.to_datetime(rows.column("period_start").to_pandas())
    end = pd.to_datetime(rows.column("period_end").to_pandas())
    frame["period_start"], frame["period_end"] = start, end
    received = {report.receipt_id: report.received_date for report in reports}
    frame["days_ahead"] = (end - pd.to_datetime(frame["receipt_id"].map(received))).dt.days.astype(float)

    indicators = reference.indicators
    kinds = frame["indicator_code"].map({code: indicator.value_type for code, indicator in indicators.items()})
    frame["count"] = frame["value"].where(kinds == "count")
    frame["fraction"] = frame["count"] % 1
    frame["percent"] = frame["value"].where(kinds == "percent")
    frame["numerator_excess"] = frame["numerator"] - frame["denominator"]
    _add_percent_of_parts(frame)
    unexplained = frame["value"].isna() & frame["qualifier"].isin(list(_NEED_VALUE)) & frame["value_problem"].isna()
    frame["value_stated"] = (~unexplained).astype(int)

    counted = {code for code, indicator in indicators.items() if indicator.is_deliverable_count}
    nameless = frame["indicator_code"].isin(list(counted)) & frame["deliverable_code"].isna()
    frame["deliverable_named"] = (~nameless).astype(int)

    stated = pc.binary_join_element_wise(
        *(rows.column(name).cast(pa.string()) for name in _STATEMENT),
        "\x1f",
        null_handling="replace",
        null_replacement="",
    )
    universes = frame["indicator_code"].map({code: indicator.universe_sex for code, indicator in indicators.items()})
    outside = universes.isin(["F", "M"]) & frame["sex"].isin(["F", "M"]) & (universes != frame["sex"])
    frame["sex_outside_indicator"] = outside.astype(int)

    statement = stated.to_pandas()
    written = statement + "\x1f" + frame["qualifier"].fillna("")
    for name in ("value", "numerator", "denominator"):
        if rows.column(name).null_count < rows.num_rows:
            written += "\x1f" + rows.column(name).cast(pa.string()).to_pandas().fillna("")
    frame["repetition"] = written.groupby(written).cumcount()
    frame["contradiction_key"] = statement.where(frame["repetition"].eq(0) & frame["value_problem"].isna(), None)
    _add_sums(frame, reports, versions, reference, shares)
    _add_zeros(frame)
    tagged = [report.receipt_id for report in reports if report.is_tagged]
    spelling.add(frame, rows, frame["receipt_id"].isin(tagged).to_numpy())
    _add_outliers(frame, tagged)
    return frame


_NEED_VALUE = ("exact", "approximate", "at_least", "at_most", "more_than", "less_than")


def _add_sums(
    frame: "pd.DataFrame",
    reports: Sequence[ReadReport],
    versions: Mapping[int, Contract],
    reference: Reference,
    shares: Sequence[Sequence[str]],
) -> None:
    """Totals beside their parts.

    `<kind>_difference` is what the parts of a total come to more than it (0 where they agree or
    rounding explains it, empty where nothing is compared), `<kind>_sum` what they come to; the kinds
    are `sex`, `age_group`, `category`, `place` and `period`. `rounding_difference` and
    `rounding_sum` are those of any kind that rounding explains. `share_difference`, `share_sum` and
    `share_rounding` are of shares of one whole, and `share_text` are the shares. `flow_as_stock` and `stock_added`
    are 1 where a longer period's figure is that of its last part though it should be more, or the
    sum of its parts though it should not be.
    """
    statements = sums.Statements(frame, reference.indicators)
    numbers = {version: number for number, version in enumerate(versions)}
    of_report = {report.receipt_id: numbers.get(report.contract_version or 0, -1) for report in reports}
    version = frame["receipt_id"].map(of_report).to_numpy().astype(np.int64)
    exhaustive: list[Exhaustive] = [contract.exhaustive for contract in versions.values()]
    for kind in ("sex", "age_group", "category", "place", "period", "rounding"):
        frame[f"{kind}_difference"] = np.nan
        frame[f"{kind}_sum"] = np.nan
    _put(frame, "sex", statements.by_category("sex", exhaustive, version))
    _put(frame, "age_group", statements.by_category("age_group", exhaustive, version))
    _put(frame, "category", statements.by_category("residence", exhaustive, version))
    _put(frame, "category", statements.by_category("population_group", exhaustive, version))
    _put(frame, "place", statements.by_place(reference.parents))
    _put_shares(frame, statements, shares)
    own = frame.iloc[statements.rows]
    series = sums.codes(own[name] for name in ("receipt_id", "citation", "citation_place", *sums.SERIES))
    own = own.assign(row=statements.rows, series=series, order=0)
    put_periods(frame, sums.by_period(own, own, reference.indicators))


def put_periods(frame: "pd.DataFrame", periods: sums.Periods) -> None:
    """What longer periods say beside shorter ones, as columns of the frame."""
    _put(frame, "period", Compared(periods.rows, periods.parts, periods.difference, periods.is_rounding))
    for name, judged, mark in (
        ("flow_as_stock", ~periods.is_stock, periods.is_flow_as_stock),
        ("stock_added", periods.is_stock, periods.is_stock_added),
    ):
        column = np.full(len(frame), np.nan)
        column[periods.rows[judged]] = mark[judged]
        frame[name] = column
    last = np.full(len(frame), np.nan)
    last[periods.rows] = np.where(periods.is_stock, periods.last, periods.parts)
    frame["period_right"] = last


def _put(frame: "pd.DataFrame", kind: str, compared: Compared) -> None:
    """Set what was compared; of two comparisons of one row the larger difference stands."""
    for name, difference in (
        (kind, np.where(compared.is_rounding, 0.0, compared.difference)),
        ("rounding", np.where(compared.is_rounding, compared.difference, 0.0)),
    ):
        column, parts = (frame[f"{name}_{what}"].to_numpy(float).copy() for what in ("difference", "sum"))
        there = column[compared.rows]
        is_larger = np.isnan(there) | (np.abs(difference) > np.abs(there))
        column[compared.rows[is_larger]] = difference[is_larger]
        parts[compared.rows[is_larger]] = compared.parts[is_larger]
        frame[f"{name}_difference"], frame[f"{name}_sum"] = column, parts


def _put_shares(frame: "pd.DataFrame", statements: sums.Statements, shares: Sequence[Sequence[str]]) -> None:
    columns = {name: np.full(len(frame), np.nan) for name in ("share_difference", "share_rounding", "share_sum")}
    text = np.full(len(frame), None, object)
    for indicators in shares:
        compared, texts = statements.by_share(indicators)
        at = compared.rows
        columns["share_difference"][at] = np.where(compared.is_rounding, 0.0, compared.difference)
        columns["share_rounding"][at] = np.where(compared.is_rounding, compared.difference, 0.0)
        columns["share_sum"][at] = compared.parts
        text[at] = texts
    for name, column in columns.items():
        frame[name] = column
    frame["share_text"] = text


def _add_percent_of_parts(frame: "pd.DataFrame") -> None:
    """A percentage beside its numerator and denominator.

    `percent_difference` is what these give more than it (0 where its last digit explains that, rounded or cut off;
    empty where one of the three is missing, or is no part of the other), `percent_of_parts` what they give.
    """
    is_exact = frame["qualifier"].eq("exact") & frame["denominator"].gt(0) & frame["numerator_excess"].le(0)
    stated, given = frame["percent"].where(is_exact), 100 * frame["numerator"] / frame["denominator"]
    difference = given - stated
    unit = sums.units(stated.to_numpy(float), np.zeros(len(frame), bool))
    # A zero tells nothing of its digits: 0 % of 1 in 200 was rounded to whole percents at the worst.
    frame["percent_difference"] = difference.where(difference.abs() >= np.where(unit == 0, 1.0, unit), difference * 0)
    frame["percent_of_parts"] = given.where(difference.notna()).round(2).map("{:g}".format, na_action="ignore")


def _add_zeros(frame: "pd.DataFrame") -> None:
    """`is_all_zero`: 1 where every value of the report is zero, in reports with more than one; empty without value."""
    value = frame["value"]
    values = value.groupby(frame["receipt_id"])
    is_zero = (values.transform("max") == 0) & (values.transform("min") == 0)
    is_judged = value.notna() & (values.transform("count") > 1)
    frame["is_all_zero"] = is_zero.astype(float).where(is_judged)
    frame["zeros"] = values.transform("count")


def _add_outliers(frame: "pd.DataFrame", tagged: Sequence[str]) -> None:
    """`deviations`: how many standard deviations a value lies from the mean of its indicator in its report.

    Empty in reports without HXL tags. `mean` is that mean, in four digits.
    """
    value = frame["value"].where(frame["receipt_id"].isin(tagged))
    values = value.groupby([frame["receipt_id"], frame["indicator_code"]])
    mean, deviation = values.transform("mean"), values.transform("std", ddof=0)
    frame["deviations"] = ((value - mean).abs() / deviation).where(deviation > 0)
    frame["mean"] = [f"{one:.4g}" if one == one else None for one in mean] if tagged else None
