-- Every candidate for a place and a period in the organisations' series of totals, with an identity of its own.
with

series as (
    select * from {{ ref('int_series') }}
    where is_total
),

rolled_up as (
    select * from {{ ref('int_rolled_up__year') }}
    union all
    select * from {{ ref('int_rolled_up__half_year') }}
    union all
    select * from {{ ref('int_rolled_up__quarter') }}
    union all
    select * from {{ ref('int_rolled_up__month') }}
    union all
    select * from {{ ref('int_rolled_up__days') }}
),

keyed_node as (
    select
        rolled_up.*,
        series.indicator_code,
        series.data_status,
        series.organisation_code,
        series.value_type,
        series.across_places,
        series.across_periods,
        series.source_rank,
        {{ parent_length('rolled_up.period_start', 'rolled_up.period_end') }} as parent_months
    from rolled_up
    inner join series on rolled_up.series_id = series.series_id
    where {{ is_built('rolled_up.period_end', of_series=true) }}
),

final as (
    select
        keyed_node.*,
        {{ identity('keyed_node', [
            'indicator_code', 'data_status', 'organisation_code', 'place_code', 'period_start', 'period_end', 'basis'
        ], 'node') }} as step_id
    from keyed_node
)

select * from final
