"""National totals counted once more, apart from the models, from the observations that stand.

The models follow every rule of adding up; this follows only the plainest case of each and leaves the
rest alone, so that one mistake is not made twice. A figure is recounted where each of its axes is
plain: exact totals of reports, places that do not hold each other and periods that do not overlap,
added because the indicator's rule is `sum` or because there is only one.
"""

import duckdb

SQL = """
    with recursive above as (
        select place_code, parent_code as above_code from built.marts.dim_place where parent_code is not null
        union
        select above.place_code, place.parent_code
        from above inner join built.marts.dim_place as place on above.above_code = place.place_code
        where place.parent_code is not null
    ),
    observation as (
        select
            observation.receipt_id, observation.organisation_code, observation.place_code,
            observation.period_start, observation.period_end, observation.value,
            {
                'indicator_code': observation.indicator_code,
                'data_status': observation.data_status,
                'period_start': case
                    when observation.is_multi_year then observation.period_start
                    else make_date(observation.year, 1, 1)
                end,
                'period_end': case
                    when observation.is_multi_year then observation.period_end
                    else make_date(observation.year, 12, 31)
                end
            } as figure,
            observation.sex = '_T' and observation.age_group = '_T' and observation.residence = '_T'
            and observation.population_group = '_T' as is_total,
            observation.qualifier = 'exact' and observation.deliverable_code is null
            and observation.numerator is null as is_plain,
            indicator.across_places = 'sum' as adds_places,
            indicator.across_periods = 'sum' as adds_periods,
            indicator.across_sources = 'sum' as adds_sources
        from built.marts.fct_observation as observation
        inner join built.marts.dim_indicator as indicator using (indicator_code)
        where not indicator.is_deliverable_count
    ),
    total as (select * from observation where is_total),
    -- A stated total is used, whatever its parts are; without one, which parts give it is for the rules to say.
    without_total as (
        select part.figure
        from observation as part anti join total using (receipt_id, figure, place_code, period_start, period_end)
        where not part.is_total
    ),
    stated_twice as (
        select figure from total
        group by figure, organisation_code, place_code, period_start, period_end having count(*) > 1
    ),
    place as (select distinct figure, organisation_code, place_code from total),
    nested as (
        select place.figure
        from place
        inner join above using (place_code)
        inner join place as outer_place
            on place.figure = outer_place.figure
            and place.organisation_code = outer_place.organisation_code
            and above.above_code = outer_place.place_code
    ),
    period as (select distinct figure, organisation_code, period_start, period_end from total),
    -- What a span shares a month with is not always added to it (rule 4): which parts are is for the rules to say.
    overlapping as (
        select figure from period
        qualify date_trunc('month', period_start) <= max(last_day(period_end)) over (
            partition by figure, organisation_code order by period_start, period_end
            rows between unbounded preceding and 1 preceding
        )
    ),
    recount as (
        select figure, sum(value) as value
        from total
        group by figure
        having bool_and(is_plain)
            and (bool_and(adds_places) or min(place_code) = 'MA' and max(place_code) = 'MA')
            and (
                bool_and(adds_periods)
                or bool_and(period_start = figure.period_start and period_end = figure.period_end)
            )
            and (bool_and(adds_sources) or count(distinct organisation_code) = 1)
            and figure not in (from without_total union from stated_twice union from nested union from overlapping)
    )
    select
        figure.indicator_code, figure.data_status,
        strftime(figure.period_start, '%Y-%m-%d') || '/' || strftime(figure.period_end, '%Y-%m-%d') as period,
        recount.value, mart.value as stated
    from recount
    left join built.marts.indicator_by_objective_year as mart
        on figure.indicator_code = mart.indicator_code and figure.data_status = mart.data_status
        and figure.period_start = mart.period_start and figure.period_end = mart.period_end
    order by all
"""


def recount(connection: duckdb.DuckDBPyConnection) -> tuple[int, list[str]]:
    """How many national figures of the database attached as `built` were recounted, and those that differ."""
    rows = connection.execute(SQL).fetchall()
    wrong = [
        f"{indicator} {period} ({status}): {stated if stated is not None else '–'}, recounted {value}"
        for indicator, status, period, value, stated in rows
        if stated != value
    ]
    return len(rows), wrong
