"""Sums: what a report states for a whole, held against the parts that it states beside it.

The rules of adding up are the design's (section 6): categories that the contract declares exclusive
and exhaustive, places that make up their region, periods that make up a longer one. What overlaps
is never added. Everything here is columns; which difference is a finding is the suite's to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from orchestration.read.contracts import DIMENSIONS, Dimension
from orchestration.read.reference import TOTAL, Indicator

if TYPE_CHECKING:
    import pandas as pd

Numbers = npt.NDArray[np.float64]
Keys = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

APPROXIMATE_SHARE = 0.02
"""How far from its parts an approximate total may lie, as the warehouse has it (`tolerance_approximate_share`)."""
SERIES = ("indicator_code", "data_status", "place_code", "deliverable_code", *DIMENSIONS)
"""What makes figures of different periods one series of its reporter."""
_SOURCE = ("receipt_id", "citation", "citation_place")
_LOWER, _UPPER = ("more_than", "at_least"), ("less_than", "at_most")
_EXACT_TO = 1e-9
_FAR_FROM_WHOLE = 20


@dataclass(slots=True)
class _Columns:
    """Columns of one length."""

    def take(self, chosen: Marks | Keys) -> Self:
        """Some of the rows."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(slots=True)
class Figures(_Columns):
    """Figures with what is needed to add them up; `value` is missing where one was suppressed or not reported.

    `unit` is that of the last digit as written, by half of which a figure may be off for having been
    rounded: 0.1 for 66.6 %, 1000 for 89 000, and 0 for 425 persons, who were counted.
    """

    value: Numbers
    unit: Numbers
    is_lower: Marks
    is_upper: Marks
    is_approximate: Marks


def figures(value: Numbers, qualifier: npt.NDArray[Any], is_count: Marks) -> Figures:
    """Stated values as figures; what does not apply adds nothing."""
    stated = np.where(np.isnan(value) & (qualifier == "not_applicable"), 0.0, value)
    return Figures(
        stated,
        units(stated, is_count),
        np.isin(qualifier, _LOWER),
        np.isin(qualifier, _UPPER),
        qualifier == "approximate",
    )


def units(value: Numbers, is_count: Marks) -> Numbers:
    """By how much a figure may be off for having been written with as many digits as it has."""
    whole = np.abs(np.nan_to_num(value))
    units = np.ones_like(whole)
    for digits in range(1, 7):
        scaled = whole * 10.0 ** (digits - 1)
        units[np.abs(scaled - np.round(scaled)) > _EXACT_TO * np.maximum(1.0, scaled)] = 10.0**-digits
    rounded = np.select([whole % 1_000_000 == 0, whole % 1_000 == 0], [1_000_000.0, 1_000.0], 0.0)
    return np.where(whole == 0, 0.0, np.where(is_count, rounded, units))


def codes(columns: Iterable["pd.Series | npt.NDArray[Any]"]) -> Keys:
    """One number, counted from 0, for each combination of the columns' values."""
    import pandas as pd

    combined = np.zeros(0, np.int64)
    size = 1
    for column in columns:
        found = pd.factorize(column, use_na_sentinel=False)[0].astype(np.int64)
        own = int(found.max(initial=0)) + 1
        if not combined.size:
            combined, size = found, own
            continue
        if size * own > 1 << 62:
            combined = pd.factorize(combined)[0].astype(np.int64)
            size = int(combined.max(initial=0)) + 1
        combined, size = combined * own + found, size * own
    return pd.factorize(combined)[0].astype(np.int64)


# --- a whole beside its parts


@dataclass(slots=True)
class Compared(_Columns):
    """Totals beside the sums of their parts.

    `rows` are the totals' places in the frame, `difference` is sum - total, and 0 where they agree
    within the bounds of their qualifiers; `is_rounding` marks what rounding alone explains.
    """

    rows: Keys
    parts: Numbers
    difference: Numbers
    is_rounding: Marks


def _compare(rows: Keys, totals: Figures, sums: Figures, is_complete: Marks) -> Compared:
    """Compare totals with the sums beside them: where all parts are there, or those that are exceed the total."""
    difference = sums.value - totals.value
    is_equal = np.abs(difference) <= _EXACT_TO * np.maximum(1.0, np.abs(totals.value))
    is_known = ~np.isnan(difference) & (is_complete | ((difference > 0) & ~is_equal))
    is_within = (
        (totals.is_lower & (difference >= 0))
        | (totals.is_upper & (difference <= 0))
        | (sums.is_lower & (difference <= 0))
        | (sums.is_upper & (difference >= 0))
    )
    slack = (totals.unit + sums.unit) / 2
    little = np.abs(totals.value) * APPROXIMATE_SHARE
    # A whole number of thousands may well be exact: it is taken for rounded only where little is missing.
    slack = np.where(totals.unit + sums.unit >= 1_000, np.minimum(slack, little), slack)
    slack = np.where(totals.is_approximate | sums.is_approximate, np.maximum(slack, little), slack)
    difference = np.where(is_equal | is_within, 0.0, difference)
    is_rounding = (difference != 0) & (np.abs(difference) <= slack * (1 + _EXACT_TO))
    return Compared(rows, sums.value, difference, is_rounding).take(is_known)


def _added(parts: Figures, group: Keys, groups: int) -> tuple[Figures, Keys]:
    """The parts of each group added up, and how many of them have a value."""

    def total(column: npt.NDArray[Any]) -> Numbers:
        return np.bincount(group, column.astype(float), groups).astype(float)

    present = np.bincount(group, ~np.isnan(parts.value), groups).astype(np.int64)
    value = np.where(present > 0, total(np.nan_to_num(parts.value)), np.nan)
    marks = (total(mark) > 0 for mark in (parts.is_lower, parts.is_upper, parts.is_approximate))
    return Figures(value, total(parts.unit), *marks), present


def _nothing() -> Compared:
    return Compared(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, bool))


def _joined(found: Sequence[Compared]) -> Compared:
    return Compared(
        *(np.concatenate([getattr(part, field.name) for part in (_nothing(), *found)]) for field in fields(Compared))
    )


Exhaustive = Mapping[Dimension, Sequence[str]]


class Statements:
    """What the reports of a frame state, once and for all, in numbers that can be added up."""

    def __init__(self, frame: "pd.DataFrame", indicators: Mapping[str, Indicator]):
        self._indicators = indicators
        key = frame["contradiction_key"]
        addable = [code for code, one in indicators.items() if not one.is_deliverable_count]
        value = frame["value"].to_numpy(float)
        qualifier = frame["qualifier"].fillna("").to_numpy(object)
        is_usable = ~np.isnan(value) | np.isin(qualifier, ("suppressed", "not_reported", "not_applicable"))
        is_once = (key.notna() & ~key.duplicated(keep=False)).to_numpy()
        is_addable = (frame["indicator_code"].isin(addable) & frame["deliverable_code"].isna()).to_numpy()
        self.rows = np.flatnonzero(is_once & is_usable & is_addable)
        self._frame = frame.iloc[self.rows]
        is_count = self._frame["count"].notna().to_numpy()
        # A figure with a fault of its own is told for that, not for the sum that it spoils.
        is_odd = is_count & ((value[self.rows] < 0) | (self._frame["fraction"].to_numpy(float) != 0))
        self.figures = figures(np.where(is_odd, np.nan, value[self.rows]), qualifier[self.rows], is_count)
        self._keys: dict[str, Keys] = {}

    def texts(self, name: str) -> npt.NDArray[Any]:
        """A column of the statements."""
        return self._frame[name].to_numpy(object)

    def key(self, *names: str) -> Keys:
        """One number for each combination of some columns' values."""
        for name in names:
            if name not in self._keys:
                self._keys[name] = codes([self._frame[name]])
        return codes([self._keys[name] for name in names])

    def indicators_with(self, **wanted: str) -> Marks:
        """Which statements are of an indicator that has these properties."""
        found = [
            code
            for code, one in self._indicators.items()
            if all(getattr(one, name) == value for name, value in wanted.items())
        ]
        return self._frame["indicator_code"].isin(found).to_numpy()

    def by_category(self, dimension: Dimension, exhaustive: Sequence[Exhaustive], version: Keys) -> Compared:
        """Totals beside the categories of one dimension, all else being equal.

        `exhaustive` are the declarations of the contract's versions, and `version` says for each row
        of the frame which is its own. Percentages are shares, and add up, only where the total
        beside them is the whole, 100, and they come near it: 100 % of girls and of boys are no 200 %.
        """
        category, own = self.texts(dimension), version[self.rows]
        declared = [tuple(one.get(dimension, ())) for one in exhaustive]
        is_part = np.zeros(own.size, bool)
        for number, categories in enumerate(declared):
            is_part |= (own == number) & np.isin(category, categories)
        is_total = category == TOTAL
        is_total &= ~self.indicators_with(value_type="percent") | (self.figures.value == 100)
        if not (is_part.any() and is_total.any()):
            return _nothing()
        others = [name for name in DIMENSIONS if name != dimension]
        group = self.key(*_SOURCE, "indicator_code", "data_status", "place_code", "period_start", "period_end", *others)
        sums, present = _added(self.figures.take(is_part), group[is_part], int(group.max()) + 1)
        expected = np.array([len(categories) for categories in declared])[own][is_total]
        at = group[is_total]
        is_share = self.indicators_with(value_type="percent")[is_total]
        sums.value[at[is_share & (np.abs(sums.value[at] - 100) > _FAR_FROM_WHOLE)]] = np.nan
        return _compare(self.rows[is_total], self.figures.take(is_total), sums.take(at), present[at] == expected)

    def by_share(self, indicators: Sequence[str]) -> tuple[Compared, list[str]]:
        """Indicators that are each a share of one whole, beside the whole; where all of them are stated.

        The first of them stands for all; the texts are their values as a sum.
        """
        chosen = np.flatnonzero(np.isin(self.texts("indicator_code"), indicators))
        if not chosen.size:
            return _nothing(), []
        names = ("data_status", "place_code", "period_start", "period_end", *DIMENSIONS)
        group = codes([self.key(*_SOURCE, *names)[chosen]])
        shares = self.figures.take(chosen)
        sums, present = _added(shares, group, int(group.max()) + 1)
        whole = np.flatnonzero(present == len(indicators))
        first = np.unique(group, return_index=True)[1][whole]
        exact = np.full(whole.size, "exact", object)
        totals = figures(np.full(whole.size, 100.0), exact, np.zeros(whole.size, bool))
        compared = _compare(self.rows[chosen][first], totals, sums.take(whole), np.ones(whole.size, bool))
        texts = [" + ".join(f"{value:.10g}" for value in shares.value[group == number]) for number in whole]
        return compared, texts

    def by_place(self, parents: Mapping[str, str]) -> Compared:
        """Regions and the country beside the places they are made of, where an indicator is added over places.

        What is stated for a place stands for it; where nothing is, its own parts do.
        """
        import pandas as pd

        nodes = sorted({*parents, *parents.values()})
        number = {code: position for position, code in enumerate(nodes)}
        place = self._frame["place_code"].map(number).to_numpy(float)
        is_added = self.indicators_with(across_places="sum") & ~self.indicators_with(value_type="percent")
        chosen = np.flatnonzero(is_added & ~np.isnan(place))
        if np.unique(place[chosen]).size < 2:
            return _nothing()
        parent = np.array([number.get(parents.get(code, ""), -1) for code in nodes])
        depth = np.array([_depth(code, parents) for code in nodes])
        children = np.bincount(parent[parent >= 0], minlength=len(nodes))
        names = ("indicator_code", "data_status", "period_start", "period_end", *DIMENSIONS)
        group = self.key(*_SOURCE, *names)[chosen]
        # A place of a group is one number: what is stated there, or else rolled up from below.
        stated = pd.Series(np.arange(chosen.size), index=group * len(nodes) + place[chosen].astype(np.int64))
        all_figures, rows = self.figures.take(chosen), self.rows[chosen]
        found: list[Compared] = []
        below, rolled, is_whole = np.zeros(0, np.int64), all_figures.take(np.zeros(0, np.int64)), np.zeros(0, bool)
        for level in range(int(depth.max()), 0, -1):
            is_here = depth[stated.index.to_numpy() % len(nodes)] == level
            here, at = stated.index.to_numpy()[is_here], stated.to_numpy()[is_here]
            is_free = ~np.isin(below, here)
            parts = _stacked(all_figures.take(at), rolled.take(is_free))
            where = np.concatenate([here, below[is_free]])
            whole = np.concatenate([~np.isnan(all_figures.value[at]), is_whole[is_free]])
            above, index = np.unique(where - where % len(nodes) + parent[where % len(nodes)], return_inverse=True)
            rolled, _ = _added(parts, index, above.size)
            below, is_whole = above, np.bincount(index, whole, above.size) == children[above % len(nodes)]
            is_stated = np.isin(above, stated.index)
            totals = stated.loc[above[is_stated]].to_numpy()
            found.append(_compare(rows[totals], all_figures.take(totals), rolled.take(is_stated), is_whole[is_stated]))
        return _joined(found)


def _stacked(first: Figures, second: Figures) -> Figures:
    names = [field.name for field in fields(Figures)]
    return Figures(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))


def _depth(code: str, parents: Mapping[str, str]) -> int:
    depth = 0
    while code in parents:
        code, depth = parents[code], depth + 1
    return depth


# --- a period beside the shorter ones that it is made of

_MADE_OF = {
    ("year", "half_year"): 2,
    ("year", "quarter"): 4,
    ("year", "month"): 12,
    ("half_year", "quarter"): 2,
    ("half_year", "month"): 6,
    ("quarter", "month"): 3,
}


@dataclass(slots=True)
class Periods(_Columns):
    """Figures of longer periods beside those of the shorter ones that they are made of.

    `rows` are the longer ones' places in the frame. `is_flow_as_stock`: what was done over the whole
    period is given as what was done in its last part. `is_stock_added`: what there is at a moment
    was added up over the parts; then `last` would be right. `difference` tells of all else.
    """

    rows: Keys
    parts: Numbers
    last: Numbers
    difference: Numbers
    is_rounding: Marks
    is_flow_as_stock: Marks
    is_stock_added: Marks
    is_stock: Marks


def by_period(own: "pd.DataFrame", pool: "pd.DataFrame", indicators: Mapping[str, Indicator]) -> Periods:
    """The figures of `own` beside those of `pool` for the shorter periods within them.

    Both have `row`, `series`, `order` (of their report's receipt), `indicator_code`, `period_grain`,
    `period_start`, `period_end`, `value`, `qualifier`. Of several figures of `pool` for one period
    the one received last stands; none counts that was received after the figure it is held against.
    """
    import pandas as pd

    names = ["series", "order", "period_grain", "period_start", "period_end", "value", "qualifier"]
    longer = own[own["period_grain"].isin({whole for whole, _ in _MADE_OF}) & own["value"].notna()]
    shorter = pool.loc[pool["period_grain"].isin({part for _, part in _MADE_OF}), names]
    shorter = shorter[shorter["series"].isin(longer["series"])]
    longer = longer[longer["series"].isin(shorter["series"])]
    # Standard periods lie within one calendar year.
    pairs = longer.assign(year=longer["period_end"].dt.year).merge(
        shorter.assign(year=shorter["period_end"].dt.year), on=["series", "year"], suffixes=("", "_part")
    )
    pairs = pairs[
        (pairs["period_start_part"] >= pairs["period_start"])
        & (pairs["period_end_part"] <= pairs["period_end"])
        & (pairs["period_grain_part"] != pairs["period_grain"])
        & (pairs["order_part"] <= pairs["order"])
    ]
    pairs = pairs.sort_values(["row", "period_start_part", "period_end_part", "order_part"], kind="stable")
    pairs = pairs.drop_duplicates(["row", "period_start_part", "period_end_part"], keep="last")
    # A bound, or a part without value, says nothing of a sum.
    pairs["is_plain"] = pairs["qualifier_part"].isin(["exact", "approximate"]) & pairs["value_part"].notna()
    grouped = pairs.groupby(["row", "period_grain_part"], sort=True)["value_part"]
    sums = pd.DataFrame(
        {
            "parts": grouped.sum(),
            "count": grouped.size(),
            "largest": grouped.max(),
            "smallest": grouped.min(),
            "last": grouped.last(),
            "plain": pairs.groupby(["row", "period_grain_part"], sort=True)["is_plain"].all(),
            "filled": pairs.assign(filled=pairs["value_part"] != 0)
            .groupby(["row", "period_grain_part"], sort=True)["filled"]
            .sum(),
        }
    ).reset_index()
    whole = sums.merge(longer[["row", "indicator_code", "period_grain", "value", "qualifier"]], on="row")
    expected = pd.Series(_MADE_OF)
    made_of = pd.MultiIndex.from_frame(whole[["period_grain", "period_grain_part"]])
    is_complete = whole["count"].to_numpy() == expected.reindex(made_of).to_numpy()
    whole = whole[is_complete & whole["plain"] & whole["qualifier"].isin(["exact", "approximate"])]
    # The longest parts say most; the sort above has half years before months before quarters.
    whole = whole.assign(parts_in=whole["count"]).sort_values(["row", "parts_in"]).drop_duplicates("row")
    kinds = {
        name: whole["indicator_code"].map({c: getattr(i, name) for c, i in indicators.items()}).to_numpy(object)
        for name in ("stock_or_flow", "across_periods", "value_type")
    }
    return _periods(whole, kinds)


def _periods(whole: "pd.DataFrame", kinds: Mapping[str, npt.NDArray[Any]]) -> Periods:
    """Tell what the figure of a whole period is, from the figures of all its parts."""
    value, parts, last = (whole[name].to_numpy(float) for name in ("value", "parts", "last"))
    largest, smallest = whole["largest"].to_numpy(float), whole["smallest"].to_numpy(float)
    is_percent = kinds["value_type"] == "percent"
    is_stock = (kinds["stock_or_flow"] == "stock") & ~is_percent
    is_added = ~is_stock & (kinds["across_periods"] == "sum") & ~is_percent
    is_largest = ~is_stock & (kinds["across_periods"] == "max") & ~is_percent
    # The same persons may be counted in two parts: the whole lies between the largest part and the sum.
    wanted = np.where(is_added, parts, np.where(is_largest, np.clip(value, largest, parts), last))
    is_count = kinds["value_type"] == "count"
    totals = figures(value, whole["qualifier"].to_numpy(object), is_count)
    sums = figures(wanted, np.full(value.size, "exact", object), is_count)
    compared = _compare(np.arange(value.size), totals, sums, np.ones(value.size, bool))
    differs = (compared.difference != 0) & (is_added | is_largest)
    as_stock = differs & (value == last) & (smallest != largest)
    is_stock_added = is_stock & (value == parts) & (value != last) & (whole["filled"].to_numpy() > 1)
    return Periods(
        whole["row"].to_numpy(np.int64),
        wanted,
        last,
        np.where(differs & ~as_stock, compared.difference, 0.0),
        compared.is_rounding & differs & ~as_stock,
        as_stock,
        is_stock_added,
        is_stock,
    ).take(is_stock | is_added | is_largest)
