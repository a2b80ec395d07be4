"""The public part of a release: `public/hasila.duckdb`, the marts without what could point to a child.

Everything else that is public (exports, the portal) is made from this file and from nothing else. What a mart
loses on the way is written here, mart by mart; `disclosure` decides which figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration import memory
from orchestration.release import marts
from orchestration.release.disclosure import record
from orchestration.release.disclosure.control import Control, decide
from orchestration.release.disclosure.policy import Policy
from orchestration.release.marts import SCHEMA, text_literal

FOLDER = "public"
WAREHOUSE = "hasila.duckdb"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What disclosure control did: figures shown and withheld, by why."""

    sensitive_figures: int
    withheld: dict[str, int]
    exposed: int

    def as_manifest(self, policy: Policy) -> dict[str, object]:
        """What the manifest says of it."""
        return {
            "threshold": policy.threshold,
            "rounding_base": policy.rounding_base,
            "sensitive_figures": self.sensitive_figures,
            "withheld": self.withheld,
            "exposed_by_earlier_releases": self.exposed,
        }


def write(folder: Path, warehouse: Path, policy: Policy, kept: Sequence[Path]) -> Outcome:
    """Write `public/hasila.duckdb` and the record of what was withheld into the release folder `folder`.

    `warehouse` is the release's restricted file, `kept` the folders of the releases that stay public beside it, the
    one before it first. Raises duckdb.Error, OSError.
    """
    target = folder / FOLDER / WAREHOUSE
    target.parent.mkdir(parents=True, exist_ok=True)
    with memory.connect_beside(warehouse) as connection:
        connection.execute(f"attach {text_literal(str(warehouse))} as built (read_only)")
        control = decide(connection, "built", policy, kept)
        record.write(folder, control.record)
        _stage(connection, control, policy)
        before = kept[0] / FOLDER / WAREHOUSE if kept else None
        _attach_before(connection, before)
        present = marts.tables(connection, "built")
        selects = {name: _SELECTS.get(name, _AS_IT_IS) for name in MARTS if name in present}
        marts.copy_tables(
            connection, "built", target, {name: select.format(mart=name) for name, select in selects.items()}, DROPPED
        )
    listed = [reason for figures in control.record.figures.values() for _, reason in figures]
    counts = {reason: listed.count(reason) for reason in sorted({reason for reason in listed if reason})}
    return Outcome(len(listed), counts, control.exposed)


def _stage(connection: duckdb.DuckDBPyConnection, control: Control, policy: Policy) -> None:
    """Put what was decided where the selects below find it."""
    figures = list(control.withheld)
    columns = {name: [getattr(figure, name) for figure in figures] for name in record.Figure._fields}
    schema = pa.schema([field for field in record.SCHEMA if field.name in record.Figure._fields])
    connection.register("withheld_figure", pa.table(columns, schema=schema))
    connection.execute("create temp table withheld as select * exclude (value) from withheld_figure")
    connection.unregister("withheld_figure")
    connection.execute(
        "create temp table sensitive as select indicator_code from built.marts.dim_indicator where is_sensitive"
    )
    base = policy.rounding_base
    connection.execute(f"create macro is_rounded() as {'true' if base else 'false'}")
    # A bound may only become weaker: what is more than 13 is more than 10, and not more than 15.
    rounded = f"""
        case
            when qualifier in ('more_than', 'at_least') then floor(value / {base})
            when qualifier in ('less_than', 'at_most') then ceil(value / {base})
            else round(value / {base})
        end * {base}
    """
    connection.execute(f"create macro shown(value, qualifier) as {rounded if base else 'value'}")
    connection.execute(
        "create macro said(value, qualifier) as "
        "case when is_rounded() and value > 0 and qualifier = 'exact' then 'approximate' else qualifier end"
    )
    connection.execute(f"create macro is_small(value) as value > 0 and value < {policy.threshold}")
    # What can be read off the public figures already, and so may stand beside where it came from.
    connection.execute(_SHOWN_FIGURES)


def _attach_before(connection: duckdb.DuckDBPyConnection, before: Path | None) -> None:
    """The headline figures as the release before showed them."""
    columns = "programme_code, indicator_code, data_status, period_start, period_end, value, qualifier"
    try:
        if before is not None:
            connection.execute(f"attach {text_literal(str(before))} as before (read_only)")
            connection.execute(
                f"create temp table shown_before as select {columns} from before.{SCHEMA}.indicator_by_objective_year"
            )
            return
    except duckdb.Error:
        # A release of an older make, or a damaged one: then nothing is known to have been shown.
        pass
    connection.execute(
        f"create temp table shown_before as select {columns} from built.{SCHEMA}.indicator_by_objective_year limit 0"
    )


_SERIES = ("indicator_code", "data_status", "period_start", "period_end")
_CELL = (*_SERIES, "place_code", *record.DIMENSIONS)


def _same(columns: Iterable[str], one: str, other: str) -> str:
    """That two tables agree in some columns."""
    return " and ".join(f"{one}.{column} = {other}.{column}" for column in columns)


_SHOWN_FIGURES = f"""
    create temp table shown_figure as
    select figure.* from ({record.ALL_FIGURES.format(source="built")}) as figure
    semi join sensitive on figure.indicator_code = sensitive.indicator_code
    anti join withheld on {_same(_CELL, "figure", "withheld")}
    where figure.value is not null and not is_rounded()
"""

_AS_IT_IS = "select * from built.marts.{mart}"

_IS_SENSITIVE = "mart.indicator_code in (select indicator_code from sensitive)"

# A comparison may be of several indicators: what is withheld of one would follow from those beside it.
_IS_COMPARED = "list_contains(string_split(mart.indicator_codes, '|'), {}.indicator_code)"

_NATIONAL = " and ".join(
    [
        _same(_SERIES, "withheld", "mart"),
        "withheld.place_code = 'MA'",
        *(f"withheld.{dimension} = '_T'" for dimension in record.DIMENSIONS),
    ]
)
_OF_A_PLACE = " and ".join(
    [
        _same((*_SERIES, "place_code"), "withheld", "mart"),
        *(f"withheld.{dimension} = '_T'" for dimension in record.DIMENSIONS),
    ]
)


def _figure_mart(is_withheld: str, further: str = "") -> str:
    """A mart of figures: what is withheld has no value and says so; what is shown may be rounded.

    `is_withheld` is how a row finds what was decided about it.
    """
    return f"""
        with judged as (
            select
                mart.*,
                withheld.indicator_code is not null as is_withheld,
                {_IS_SENSITIVE} as is_sensitive
            from built.marts.{{mart}} as mart
            left join withheld on {is_withheld}
        )
        select * exclude (is_withheld, is_sensitive) replace (
            case when is_withheld then null when is_sensitive then shown(value, qualifier) else value end as value,
            case
                when is_withheld then 'suppressed'
                when is_sensitive then said(value, qualifier)
                else qualifier
            end as qualifier
            {further}
        )
        from judged
    """


# A progress tells the value it was made from, and a rating on which side of a bound that lies.
_PROGRESS = """
            , case when is_sensitive and is_small(baseline) then null else baseline end as baseline,
            case
                when is_withheld or is_sensitive and (is_small(baseline) or is_rounded()) then null else progress
            end as progress,
            case
                when is_withheld or is_sensitive and (is_small(baseline) or is_rounded()) then 'unknown' else rating
            end as rating
"""

_SELECTS = {
    "indicator_by_objective_year": _figure_mart(_NATIONAL, _PROGRESS),
    "indicator_by_place_year": _figure_mart(_OF_A_PLACE),
    "indicator_by_group_year": _figure_mart(_same(_CELL, "withheld", "mart")),
    "fct_target": f"""
        select * replace (
            case when {_IS_SENSITIVE} and is_small(mart.baseline) then null else mart.baseline end as baseline
        )
        from built.marts.{{mart}} as mart
    """,
    # Where a figure comes from stays to be seen; what stood there only where the figure says it too.
    "fct_observation": f"""
        with judged as (
            select
                mart.*,
                {_IS_SENSITIVE} as is_sensitive,
                shown_figure.indicator_code is not null as is_shown
            from built.marts.{{mart}} as mart
            left join shown_figure on {_same((*_CELL, "value", "qualifier"), "shown_figure", "mart")}
        )
        select * exclude (is_sensitive, is_shown) replace (
            case when is_sensitive and not is_shown then null else value end as value,
            case when is_sensitive then null else numerator end as numerator,
            case when is_sensitive then null else denominator end as denominator,
            case when is_sensitive then null else value_as_reported end as value_as_reported,
            case when is_sensitive and not is_shown and value is not null then 'suppressed' else qualifier end
                as qualifier,
            case when is_sensitive and not is_shown then null else source_text end as source_text,
            case when is_sensitive and (not is_shown or data_status <> 'published') then null else remark end
                as remark
        )
        from judged
    """,
    # That something was restated is told, not from what to what.
    "restatement": f"""
        select * replace (
            case when {_IS_SENSITIVE} then null else mart.old_value end as old_value,
            case when {_IS_SENSITIVE} then null else mart.new_value end as new_value,
            case when {_IS_SENSITIVE} then null else mart.difference end as difference,
            case when {_IS_SENSITIVE} and mart.old_value is not null then 'suppressed' else mart.old_qualifier end
                as old_qualifier,
            case when {_IS_SENSITIVE} and mart.new_value is not null then 'suppressed' else mart.new_qualifier end
                as new_qualifier
        )
        from built.marts.{{mart}} as mart
    """,
    # Official figures that were printed elsewhere are compared in public where nothing of their indicators is withheld.
    "reconciliation": f"""
        select mart.* from built.marts.{{mart}} as mart
        where not exists (select 1 from sensitive where {_IS_COMPARED.format("sensitive")})
            or (
                mart.data_status = 'published'
                and mart.kind in ('printed_vs_computed', 'date_conflict', 'published_comparison')
                and not exists (select 1 from withheld where {_IS_COMPARED.format("withheld")})
                and not is_rounded()
                and not coalesce(is_small(mart.left_value) or is_small(mart.right_value), false)
                and not coalesce(is_small(abs(mart.difference)), false)
            )
    """,
    # Each side as it was, or is, in public.
    "release_change": f"""
        with judged as (
            select
                mart.*,
                {_IS_SENSITIVE} as is_sensitive,
                shown_before.value as value_before,
                withheld.indicator_code is not null as is_withheld
            from built.marts.{{mart}} as mart
            left join shown_before on {_same(("programme_code", *_SERIES), "shown_before", "mart")}
            left join withheld on {_NATIONAL}
        ),
        sides as (
            select
                judged.*,
                case when is_sensitive then value_before else old_value end as public_old,
                case
                    when is_withheld then null
                    when is_sensitive then shown(new_value, new_qualifier)
                    else new_value
                end as public_new
            from judged
        )
        select * exclude (is_sensitive, value_before, is_withheld, public_old, public_new) replace (
            public_old as old_value,
            case when is_sensitive and old_value is not null and public_old is null then 'suppressed'
                else old_qualifier end as old_qualifier,
            public_new as new_value,
            case
                when new_value is not null and public_new is null then 'suppressed'
                when is_sensitive then said(new_value, new_qualifier)
                else new_qualifier
            end as new_qualifier,
            public_new - public_old as difference
        )
        from sides
    """,
}

MARTS = (
    "data_quality",
    "dim_expected_result",
    "dim_indicator",
    "dim_objective",
    "dim_organisation",
    "dim_place",
    "dim_programme",
    "dim_programme_period",
    "fct_deliverable",
    "fct_expected_report",
    "fct_observation",
    "fct_report",
    "fct_target",
    "indicator_by_group_year",
    "indicator_by_objective_year",
    "indicator_by_place_year",
    "reconciliation",
    "release_change",
    "reporting_performance",
    "restatement",
)
"""What is public. What is not named here is not: rows that were refused, earlier versions, rulings, figure trees."""

DROPPED = {"fct_report": ("inbox_path", "archive_path")}
"""Columns that say where files lie on this installation."""
