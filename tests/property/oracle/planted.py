"""Ten mistakes that a warehouse like this could make, each as a change of the SQL.

The oracle must see every one of them; a change whose place is no longer found is an error, not a pass.
"""

from dataclasses import dataclass
from pathlib import Path

_ROLL_UP = "macros/adding_up.sql"


@dataclass(frozen=True)
class Mistake:
    """A mistake by name, the file it is planted in, and the texts that are replaced in it, each found once."""

    name: str
    seen_in: str
    """The mart in which the oracle must see it, whatever other marts it spoils."""
    file: str
    changes: tuple[tuple[str, str], ...]

    def planted(self, project: Path) -> str:
        """The file's text with the mistake. Raises ValueError where it cannot be planted."""
        content = (project / self.file).read_text(encoding="utf-8")
        for old, new in self.changes:
            if content.count(old) != 1:
                raise ValueError(f"{self.name}: {self.file} holds {content.count(old)} times: {old}")
            content = content.replace(old, new)
        return content


_STATED_LAST = ("        1 as basis_order\n", "        9 as basis_order\n")

MISTAKES = (
    Mistake(
        "sum instead of latest",
        "indicator_by_objective_year",
        _ROLL_UP,
        (
            (
                "        series.across_periods as rule\n",
                "        replace(series.across_periods, 'latest', 'sum') as rule\n",
            ),
        ),
    ),
    Mistake(
        "ratio averaged",
        "indicator_by_objective_year",
        _ROLL_UP,
        (
            (
                """            "sum(case when part.is_counted then part.numerator end)"
            ~ " * max(case when part.value_type = 'percent' then 100 else 1 end)",
            'sum(case when part.is_counted then part.denominator end)') }}""",
                """            'sum(case when part.is_counted then part.value end)',
            'sum(case when part.is_counted then 1 end)') }}""",
            ),
        ),
    ),
    Mistake(
        "superseded version counted",
        "indicator_by_objective_year",
        "models/intermediate/int_cell_total.sql",
        (("where is_standing and deliverable_code is null", "where deliverable_code is null"),),
    ),
    Mistake(
        "child added to parent",
        "indicator_by_place_year",
        _ROLL_UP,
        (
            _STATED_LAST,
            (
                "    where node.candidate_rank = 1\n),\n\nranked_place_part",
                """    where node.candidate_rank = 1
    union all
    select
        stated.series_id,
        stated.place_code,
        stated.place_code as parent_code,
        stated.period_start,
        stated.period_end,
        {% for column in carried %}stated.{{ column }},
        {% endfor -%}
        'stated' as basis,
        series.value_type,
        series.across_places as rule
    from stated
    inner join series on stated.series_id = series.series_id
    where stated.depth = {{ depth - 1 }}
),

ranked_place_part""",
            ),
        ),
    ),
    Mistake(
        "quarter added to year",
        "indicator_by_objective_year",
        _ROLL_UP,
        (
            _STATED_LAST,
            (
                "    where finer.parent_months = {{ length }}\n",
                """    where finer.parent_months = {{ length }}
    union all
    select
        statement.series_id,
        statement.place_code,
        statement.period_start as parent_start,
        statement.period_start,
        statement.period_end,
        false as is_leaf,
        {% for column in carried %}{{
            set_of('statement.report_number') if column == 'reports' else 'statement.' ~ column }},
        {% endfor -%}
        series.value_type,
        series.across_periods as rule
    from statement
    inner join series on statement.series_id = series.series_id
    where not {{ is_multi_year('statement.period_start', 'statement.period_end') }}
""",
            ),
        ),
    ),
    Mistake(
        "multi-year split",
        "indicator_by_objective_year",
        "models/intermediate/int_standing_statement.sql",
        (
            (
                """cell_total as (
    select * from {{ ref('int_cell_total') }}
    where {{ is_built('period_end', of_series=true) }}
),""",
                """cell_total as (
    select whole.* replace (
        whole.value / (extract(year from whole.period_end) - extract(year from whole.period_start) + 1) as value,
        greatest(whole.period_start, make_date(single.year, 1, 1)) as period_start,
        least(whole.period_end, make_date(single.year, 12, 31)) as period_end
    )
    from {{ ref('int_cell_total') }} as whole,
        unnest(generate_series(year(whole.period_start), year(whole.period_end))) as single (year)
),""",
            ),
        ),
    ),
    Mistake(
        "source added twice",
        "indicator_by_objective_year",
        "models/intermediate/int_across_sources.sql",
        (
            (
                """organisation_figure as (
    select * from {{ ref('int_organisation_figure') }}
    where {{ is_built('period_end') }}
),""",
                """organisation_figure as (
    select * from {{ ref('int_organisation_figure') }}
    union all
    select * from {{ ref('int_organisation_figure') }}
    where across_sources = 'sum'
),""",
            ),
        ),
    ),
    Mistake(
        "deliverable twice",
        "indicator_by_objective_year",
        "models/intermediate/int_figure.sql",
        (
            ("        deliverable.status,\n", "        deliverable.status,\n        deliverable.times_reported,\n"),
            (
                "count(case when dated_deliverable.status = 'done' then 1 end)",
                "sum(case when dated_deliverable.status = 'done' then dated_deliverable.times_reported else 0 end)",
            ),
        ),
    ),
    Mistake(
        "qualifier lost",
        "indicator_by_objective_year",
        _ROLL_UP,
        (
            (
                "then {{ qualifier_of_sum('part.qualifier', 'part.is_counted', 'part.is_missing') }}",
                "then 'exact'",
            ),
        ),
    ),
    Mistake(
        "rejected report counted",
        "fct_report",
        "models/intermediate/int_report_version.sql",
        (("    where report.state = 'accepted'\n    window", "    window"),),
    ),
)
