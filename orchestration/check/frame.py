"""The frame that is judged: candidate rows, and columns that make a rule a plain expectation.

Rules over several fields (a percentage above 100, a statement made twice with different values)
become columns here, so that a suite stays readable.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.read.reference import Indicator

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
    "citation",
    "citation_place",
)


def build(rows: pa.Table, received: Mapping[str, object], indicators: Mapping[str, Indicator]) -> "pd.DataFrame":
    """The frame of some candidate rows, one line a row, indexed by its position.

    `received` leads from a receipt to its received date. Besides the candidate's texts it has:
    `value` (float), `value_stated` (1 where there is a value or a qualifier that says why not),
    `count`, `percent` (the value where the indicator is one), `fraction` (what a count has beyond
    whole numbers), `days_ahead` (how far a period ends after its report was received),
    `numerator_excess`, `deliverable_named` (0 where deliverables are counted without saying which),
    `repetition` (0 for the first of identical rows), `contradiction_key` (the
    statement's key, empty for repetitions and rows without value).
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
    frame["period_start"] = start
    frame["days_ahead"] = (end - pd.to_datetime(frame["receipt_id"].map(dict(received)))).dt.days.astype(float)

    kinds = frame["indicator_code"].map({code: indicator.value_type for code, indicator in indicators.items()})
    frame["count"] = frame["value"].where(kinds == "count")
    frame["fraction"] = frame["count"] % 1
    frame["percent"] = frame["value"].where(kinds == "percent")
    frame["numerator_excess"] = frame["numerator"] - frame["denominator"]
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
    value = rows.column("value").cast(pa.string()).to_pandas().fillna("")
    written = statement + "\x1f" + value + "\x1f" + frame["qualifier"].fillna("")
    frame["repetition"] = written.groupby(written).cumcount()
    frame["contradiction_key"] = statement.where(frame["repetition"].eq(0) & frame["value_problem"].isna(), None)
    return frame


_NEED_VALUE = ("exact", "approximate", "at_least", "at_most", "more_than", "less_than")
