-- What each organisation's own series says: its years, its periods that cross years, and what is
-- shown only for the very period it was stated for.
with

series as (select * from {{ ref('int_series') }}),

year_node as (
    select * from {{ ref('int_rolled_up__year') }}
    where candidate_rank = 1 and {{ is_built('period_end', of_series=true) }}
),

shorter_node as (
    select * from {{ ref('int_rolled_up__half_year') }}
    where candidate_rank = 1 and {{ is_built('period_end', of_series=true) }}
    union all
    select * from {{ ref('int_rolled_up__quarter') }}
    where candidate_rank = 1 and {{ is_built('period_end', of_series=true) }}
    union all
    select * from {{ ref('int_rolled_up__month') }}
    where candidate_rank = 1 and {{ is_built('period_end', of_series=true) }}
    union all
    select * from {{ ref('int_rolled_up__days') }}
    where candidate_rank = 1 and {{ is_built('period_end', of_series=true) }}
),

shown_as_stated as (
    select shorter_node.*
    from shorter_node
    inner join series on shorter_node.series_id = series.series_id
    where
        series.across_periods = 'none'
        or (
            series.value_type = 'percent'
            and (shorter_node.numerator is null or shorter_node.denominator is null)
        )
),

node as (
    select * from year_node
    union all
    select * from shown_as_stated
),

final as (
    select
        series.series_id,
        series.organisation_code,
        series.indicator_code,
        series.data_status,
        series.sex,
        series.age_group,
        series.residence,
        series.population_group,
        series.is_total,
        series.value_type,
        series.across_sources,
        series.source_rank,
        node.place_code,
        node.period_start,
        node.period_end,
        node.value,
        node.numerator,
        node.denominator,
        node.qualifier,
        node.month_bits,
        node.reports,
        node.received_at,
        node.basis
    from node
    inner join series on node.series_id = series.series_id
)

select * from final
