"""History: what was accepted of a reporter before, for the rules that hold a report against it.

The history of a report are the accepted figures of the same organisation and family that were
received before it, whether they lie in the lake or were read in the same batch: so a day comes out
the same, read alone or among many. Nothing here refuses a row.
"""

import contextlib
import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from upath import UPath

from orchestration import gathered, storage
from orchestration.check import frame as frames
from orchestration.check import lake as lakes
from orchestration.check import sums
from orchestration.check.judge import Positions
from orchestration.read.candidates import ReadReport
from orchestration.read.reference import Reference

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    *("receipt_id", "organisation_code", *sums.SERIES),
    *("period_start", "period_end", "period_grain", "value", "qualifier"),
)
_TIMES = ("receipt_id", "received_at")
_FEWEST_PERIODS = 4
_FEWEST_EQUAL = 3
_SIGMA = 1.4826  # what makes a standard deviation of a median absolute deviation
_PAIRS = 4_000_000  # so many figures are held against earlier ones at a time


@dataclass(frozen=True)
class Past:
    """Where accepted figures lie, and the received days that are being read again instead.

    `gathered_folder` is where the lake's files lie gathered, if they do. Which files there are is looked up once, for
    all families: what a load writes meanwhile lies on the days that it reads again.
    """

    lake: UPath
    reread: frozenset[dt.date] = frozenset()
    gathered_folder: Path | None = None

    def load(self, family: str, organisations: Collection[str], before: dt.date) -> pa.Table:
        """The accepted rows of some organisations on the days before `before`, with `received_at`."""
        senders = pa.array(sorted(organisations), pa.string())
        parts: list[pa.Table] = []
        for name, month in self._observations.items():
            if name > f"{before:%Y-%m}":
                break
            gathered_reports = self._reports[name].gathered if name in self._reports else None
            if month.gathered is not None and gathered_reports is not None:
                # What is gathered can be made again any time; the lake decides.
                with contextlib.suppress(OSError, KeyError, pa.ArrowInvalid):
                    parts += self._gathered(month.gathered, gathered_reports, family, senders, before)
                    continue
            for path in month.files:
                day = _day(path.name)
                if path.parent.name != f"family={family}" or day is None or day >= before or day in self.reread:
                    continue
                rows = storage.read_columns(path, _COLUMNS)
                rows = rows.filter(pc.is_in(rows.column("organisation_code"), senders))
                if rows.num_rows:
                    reports = lakes.unit_path(self.lake, "reports", family, day)
                    parts.append(_with_times(rows, storage.read_columns(reports, _TIMES)))
        return pa.concat_tables(parts) if parts else NOTHING

    @cached_property
    def _observations(self) -> dict[str, gathered.Month]:
        return gathered.months(self.lake, self.gathered_folder, "observations")

    @cached_property
    def _reports(self) -> dict[str, gathered.Month]:
        return gathered.months(self.lake, self.gathered_folder, "reports")

    def _gathered(
        self, observations: Path, reports: Path, family: str, senders: pa.Array, before: dt.date
    ) -> list[pa.Table]:
        """The rows of a month that lies gathered."""
        kept = []
        for rows in _of_family(observations, (*_COLUMNS, "received_date"), family):
            day = rows.column("received_date")
            is_read_again = pc.is_in(day, pa.array(sorted(self.reread), pa.date32()))
            is_past = pc.and_(pc.less(day, pa.scalar(before, pa.date32())), pc.invert(is_read_again))
            kept.append(rows.filter(pc.and_(is_past, pc.is_in(rows.column("organisation_code"), senders))))
        rows = pa.concat_tables(kept).select(list(_COLUMNS)) if kept else NOTHING
        if not rows.num_rows:
            return []
        return [_with_times(rows, pa.concat_tables(_of_family(reports, _TIMES, family)))]


def _of_family(path: Path, names: Sequence[str], family: str) -> Iterator[pa.Table]:
    """Some columns of one family's rows in a file, row group by row group: those in which it cannot be are left out."""
    with pq.ParquetFile(path) as file:
        column = file.schema.names.index("family")
        for group in range(file.num_row_groups):
            told = file.metadata.row_group(group).column(column).statistics
            if told is not None and told.has_min_max and not told.min <= family <= told.max:
                continue
            rows = file.read_row_group(group, columns=[*names, "family"], use_threads=False)
            yield rows.filter(pc.equal(rows.column("family"), family)).select(list(names))


def _with_times(rows: pa.Table, times: pa.Table) -> pa.Table:
    at = pc.index_in(rows.column("receipt_id"), times.column("receipt_id").combine_chunks())
    return rows.append_column("received_at", times.column("received_at").take(at))


NOTHING = pa.table({name: pa.array([], lakes.OBSERVATIONS.field(name).type) for name in _COLUMNS}).append_column(
    "received_at", pa.array([], pa.timestamp("us"))
)
"""The past of those who reported nothing before."""


def _day(name: str) -> dt.date | None:
    if not (name.startswith("received=") and name.endswith(".parquet")):
        return None
    return dt.date.fromisoformat(name.removeprefix("received=").removesuffix(".parquet"))


def build(
    rows: pa.Table, accepted: Positions, reports: Sequence[ReadReport], past: pa.Table, reference: Reference
) -> "pd.DataFrame | None":
    """The frame of those accepted rows that have a history, indexed by their place in `rows`; None where none has.

    `jump`: how many robust standard deviations a value lies from the median of the figures for
    other periods of the same length, empty with fewer than four of them; `usual` is that median.
    `copied_share`: which share of the report's figures for a period equal those for the period
    before, empty with fewer than three that count what was done and are not both zero; `copied` are
    their numbers and `copied_from` is that period. And the columns of `frame.put_periods`, with the
    shorter periods that were reported before.
    """
    pool = _pool(rows, accepted, reports, past, reference)
    first = pool.groupby("series")["order"].transform("min")
    own = pool[(pool["row"] >= 0) & (pool["order"] > first)].reset_index(drop=True)
    if own.empty:
        return None
    frame = own.set_index("row")
    frame.index.name = None
    _add_earlier(frame, own, pool, reference)
    numbered = own.assign(row=np.arange(len(own)))
    for name in ("period_difference", "period_sum", "rounding_difference", "rounding_sum"):
        frame[name] = np.nan
    frames.put_periods(frame, sums.by_period(numbered, pool, reference.indicators))
    return frame


def _pool(
    rows: pa.Table, accepted: Positions, reports: Sequence[ReadReport], past: pa.Table, reference: Reference
) -> "pd.DataFrame":
    """The accepted figures of the batch and before it.

    `row` is the place in the batch, -1 for earlier ones; `order` grows with the moment of receipt;
    `series` is what may be compared over periods.
    """
    import pandas as pd

    taken = rows.select([name for name in _COLUMNS if name != "organisation_code"]).take(pa.array(accepted))
    of = {report.receipt_id: report for report in reports}
    receipts = taken.column("receipt_id").to_pylist()
    batch = taken.append_column(
        "organisation_code", pa.array([of[receipt].organisation_code for receipt in receipts], pa.string())
    ).append_column("received_at", pa.array([of[receipt].received_at for receipt in receipts], pa.timestamp("us")))
    # What is empty is null in the lake.
    both = [
        table.set_column(
            table.column_names.index("deliverable_code"),
            "deliverable_code",
            pc.fill_null(table.column("deliverable_code"), ""),
        ).select([*_COLUMNS, "received_at"])
        for table in (batch, past)
    ]
    table = pa.concat_tables(both)
    value = table.column("value").cast(pa.float64())
    pool: pd.DataFrame = table.drop_columns(["value"]).to_pandas()
    pool["value"] = value.to_pandas()
    pool["row"] = np.concatenate([accepted, np.full(past.num_rows, -1, np.int64)])
    for name in ("period_start", "period_end"):
        pool[name] = pd.to_datetime(pool[name])
    counted = [code for code, one in reference.indicators.items() if not one.is_deliverable_count]
    is_figure = pool["value"].notna() & (pool["deliverable_code"] == "") & pool["indicator_code"].isin(counted)
    pool = pool[is_figure & pool["period_start"].notna()].reset_index(drop=True)
    pool["order"] = pool.groupby(["received_at", "receipt_id"], sort=True).ngroup()
    pool["series"] = sums.codes(pool[name] for name in ("organisation_code", *sums.SERIES))
    return pool


def _add_earlier(frame: "pd.DataFrame", own: "pd.DataFrame", pool: "pd.DataFrame", reference: Reference) -> None:
    """The columns that hold each figure against the earlier ones of its series for periods of the same length."""
    import pandas as pd

    pool = pool.assign(
        kind=sums.codes([pool["series"], pool["period_grain"]]),
        period=sums.codes([pool["period_start"], pool["period_end"]]),
    )
    own = own.assign(**pool.set_index("row").loc[own["row"], ["kind", "period"]].reset_index(drop=True))
    pool = pool.sort_values(["kind", "order"], kind="stable")
    orders = int(pool["order"].max()) + 1
    # A series' figures lie together in the order of their receipt: those before a report's own are one stretch.
    place = (pool["kind"] * orders + pool["order"]).to_numpy()
    order = own["order"].to_numpy()
    begin = np.searchsorted(place, (own["kind"] * orders).to_numpy())
    end = np.searchsorted(place, (own["kind"] * orders).to_numpy() + order)
    # A later version of the same period's figure stands in its stead from its receipt on.
    until = pool.groupby(["kind", "period"])["order"].shift(-1, fill_value=orders).to_numpy()
    value, period = pool["value"].to_numpy(), pool["period"].to_numpy()
    starts, ends = (_days(pool[name]) for name in ("period_start", "period_end"))
    span = ends * (int(np.abs(ends).max()) + 1) + starts
    own_start, own_period = _days(own["period_start"]), own["period"].to_numpy()
    usual, spread, before_value = (np.full(len(own), np.nan) for _ in range(3))
    periods, before = np.zeros(len(own), np.int64), np.full(len(own), -1, np.int64)
    for some in _in_parts(end - begin):
        # One line a figure, with the earlier ones of its series side by side.
        at = begin[some, None] + np.arange((end - begin)[some].max())
        stands = at < end[some, None]
        at[~stands] = 0
        stands &= (period[at] != own_period[some, None]) & (until[at] >= order[some, None])
        beside = np.where(stands, value[at], np.inf)
        periods[some] = stands.sum(axis=1)
        usual[some] = _medians(beside, periods[some])
        spread[some] = _medians(np.abs(beside - usual[some, None]), periods[some])
        is_before = stands & (ends[at] < own_start[some, None])
        latest = np.where(is_before, span[at], np.iinfo(np.int64).min).argmax(axis=1)
        found = is_before[np.arange(some.size), latest]
        before[some[found]] = at[np.arange(some.size), latest][found]
    before_value[before >= 0] = value[before[before >= 0]]
    frame["jump"] = np.where(periods >= _FEWEST_PERIODS, _jumps(own, usual, spread, reference), np.nan)
    frame["usual"] = usual
    _add_copies(frame, own, before, before_value, ends, reference)
    named = pool["period_start"].dt.strftime("%Y-%m-%d") + "/" + pool["period_end"].dt.strftime("%Y-%m-%d")
    texts = pd.Series(named.to_numpy(object)).reindex(before)
    frame["copied_from"] = texts.to_numpy(object)


def _days(dates: "pd.Series") -> Positions:
    return dates.to_numpy("datetime64[D]").astype(np.int64)


def _in_parts(lengths: Positions) -> list[Positions]:
    """The rows that have anything before them, those with about as much together, in parts that fit in memory."""
    there = np.flatnonzero(lengths)
    there = there[np.argsort(lengths[there], kind="stable")]
    parts = []
    while there.size:
        # The longest of a part decides how wide all of it are.
        widths = lengths[there]
        fitting = np.flatnonzero(widths * np.arange(1, there.size + 1) <= _PAIRS)
        count = max(1, int(fitting[-1]) + 1 if fitting.size else 1)
        parts.append(there[:count])
        there = there[count:]
    return parts


def _medians(values: sums.Numbers, counts: Positions) -> sums.Numbers:
    """The median of each line's `counts` finite values; nothing where there are none."""
    ordered = np.sort(values, axis=1)
    line = np.arange(counts.size)
    low, high = (
        ordered[line, np.maximum(counts - 1, 0) // 2],
        ordered[line, np.minimum(counts // 2, values.shape[1] - 1)],
    )
    medians = np.full(counts.size, np.nan)
    some = counts > 0
    medians[some] = (low[some] + high[some]) / 2
    return medians


def _jumps(own: "pd.DataFrame", usual: sums.Numbers, spread: sums.Numbers, reference: Reference) -> sums.Numbers:
    """How far each value lies from what is usual, in what such figures vary by anyhow.

    Where they hardly varied so far, a tenth is no jump, nor is what chance makes of a count, nor one
    percentage point.
    """
    kinds = own["indicator_code"].map({code: one.value_type for code, one in reference.indicators.items()})
    of_chance = np.where(kinds == "count", np.maximum(1.0, np.sqrt(np.abs(usual))), np.where(kinds == "percent", 1, 0))
    scale = np.maximum.reduce([_SIGMA * spread, np.abs(usual) / 10, of_chance, np.full(len(own), 1e-9)])
    jumps: sums.Numbers = np.abs(own["value"].to_numpy(float) - usual) / scale
    return jumps


def _add_copies(
    frame: "pd.DataFrame",
    own: "pd.DataFrame",
    before: Positions,
    before_value: sums.Numbers,
    ends: Positions,
    reference: Reference,
) -> None:
    """Whether a report's figures for a period are those for the period before, one by one."""
    flows = [code for code, one in reference.indicators.items() if one.stock_or_flow != "stock"]
    value = own["value"].to_numpy()
    report = sums.codes([own["receipt_id"], own["period"], own["period_grain"]])
    ended = np.where(before >= 0, ends[before], np.iinfo(np.int64).min)
    latest = np.full(int(report.max()) + 1, np.iinfo(np.int64).min)
    np.maximum.at(latest, report, ended)
    tells = (before >= 0) & (ended == latest[report]) & own["indicator_code"].isin(flows).to_numpy()
    tells &= (value != 0) | (before_value != 0)
    compared = np.bincount(report[tells], minlength=latest.size)
    equal = np.bincount(report[tells & (value == before_value)], minlength=latest.size)
    share = np.divide(equal, compared, out=np.full(latest.size, np.nan), where=compared >= _FEWEST_EQUAL)
    frame["copied_share"] = np.where(tells, share[report], np.nan)
    frame["copied"] = np.char.add(np.char.add(equal.astype(str), " / "), compared.astype(str)).astype(object)[report]
