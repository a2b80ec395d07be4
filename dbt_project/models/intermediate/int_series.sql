-- One row per series: an organisation's figures for one indicator, disaggregation and data status,
-- with the rules (rule 3) by which they are rolled up.
{% set key = [
    'organisation_code', 'indicator_code', 'data_status', 'sex', 'age_group', 'residence', 'population_group'
] %}
with

cell_total as (select * from {{ ref('int_cell_total') }}),

indicator as (select * from {{ ref('stg_framework__indicator') }}),

series as (
    select distinct
        cell_total.organisation_code,
        cell_total.indicator_code,
        cell_total.data_status,
        cell_total.sex,
        cell_total.age_group,
        cell_total.residence,
        cell_total.population_group
    from cell_total
),

numbered as (
    select
        cast(row_number() over (
            order by
                series.indicator_code,
                series.organisation_code,
                series.data_status,
                series.sex,
                series.age_group,
                series.residence,
                series.population_group
        ) as integer) as series_id,
        series.*,
        series.sex = '_T' and series.age_group = '_T'
        and series.residence = '_T' and series.population_group = '_T' as is_total,
        indicator.value_type,
        indicator.across_places,
        -- A ratio is a state, not a flow: over periods its latest value counts.
        case
            when
                indicator.across_periods <> 'none'
                and (indicator.across_places = 'ratio' or indicator.across_sources = 'ratio') then 'latest'
            else indicator.across_periods
        end as across_periods,
        case
            when indicator.value_type = 'percent' and indicator.across_sources = 'sum' then 'priority'
            else indicator.across_sources
        end as across_sources,
        -- Where the organisation stands in the indicator's ranked list; after it when it is not there.
        coalesce(
            nullif(position('|' || series.organisation_code || '|' in '|' || indicator.source_priority || '|'), 0),
            1000000
        ) as source_rank
    from series
    inner join indicator on series.indicator_code = indicator.indicator_code
),

final as (
    select
        numbered.*,
        {{ is_renumbered('numbered', key) }} as is_renumbered
    from numbered
)

select * from final
