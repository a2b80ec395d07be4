-- Every figure of the warehouse: values across sources, and deliverables that were counted.
with

across_sources as (select * from {{ ref('int_across_sources') }}),

deliverable as (select * from {{ ref('int_deliverable') }}),

known_deliverable as (select * from {{ ref('stg_framework__deliverable') }}),

dated_deliverable as (
    select
        coalesce(known_deliverable.indicator_code, deliverable.indicator_code) as indicator_code,
        deliverable.data_status,
        deliverable.status,
        -- A period inside one year belongs to its year, as every other period does.
        case
            when {{ is_multi_year('deliverable.first_period_start', 'deliverable.first_period_end') }}
                then deliverable.first_period_start
            else {{ first_of_month('extract(year from deliverable.first_period_start) * 12') }}
        end as period_start,
        case
            when {{ is_multi_year('deliverable.first_period_start', 'deliverable.first_period_end') }}
                then deliverable.first_period_end
            else {{ add_days(first_of_month('extract(year from deliverable.first_period_start) * 12 + 12'), -1) }}
        end as period_end,
        {{ month_bits('deliverable.first_period_start', 'deliverable.first_period_end') }} as month_bits,
        deliverable.reports,
        deliverable.last_received_at
    from deliverable
    left join known_deliverable on deliverable.deliverable_code = known_deliverable.deliverable_code
),

deliverable_count as (
    select
        dated_deliverable.indicator_code,
        dated_deliverable.data_status,
        'MA' as place_code,
        true as is_total,
        dated_deliverable.period_start,
        dated_deliverable.period_end,
        cast(count(case when dated_deliverable.status = 'done' then 1 end) as {{ wide_decimal() }}) as value,
        bit_or(dated_deliverable.month_bits) as month_bits,
        {{ union_of_sets('dated_deliverable.reports') }} as reports,
        max(dated_deliverable.last_received_at) as received_at
    from dated_deliverable
    group by
        dated_deliverable.indicator_code,
        dated_deliverable.data_status,
        dated_deliverable.period_start,
        dated_deliverable.period_end
),

figure as (
    select
        across_sources.indicator_code,
        across_sources.data_status,
        across_sources.place_code,
        across_sources.period_start,
        across_sources.period_end,
        across_sources.sex,
        across_sources.age_group,
        across_sources.residence,
        across_sources.population_group,
        across_sources.is_total,
        across_sources.value,
        across_sources.qualifier,
        across_sources.month_bits,
        across_sources.reports,
        across_sources.received_at
    from across_sources
    left join deliverable_count
        on
            across_sources.indicator_code = deliverable_count.indicator_code
            and across_sources.data_status = deliverable_count.data_status
            and across_sources.period_start = deliverable_count.period_start
            and across_sources.period_end = deliverable_count.period_end
            and across_sources.place_code = deliverable_count.place_code
            and across_sources.is_total = deliverable_count.is_total
    where deliverable_count.indicator_code is null
    union all
    select
        deliverable_count.indicator_code,
        deliverable_count.data_status,
        deliverable_count.place_code,
        deliverable_count.period_start,
        deliverable_count.period_end,
        '_T' as sex,
        '_T' as age_group,
        '_T' as residence,
        '_T' as population_group,
        deliverable_count.is_total,
        deliverable_count.value,
        'exact' as qualifier,
        deliverable_count.month_bits,
        deliverable_count.reports,
        deliverable_count.received_at
    from deliverable_count
),

final as (
    select
        figure.indicator_code,
        figure.data_status,
        figure.place_code,
        figure.period_start,
        figure.period_end,
        figure.sex,
        figure.age_group,
        figure.residence,
        figure.population_group,
        figure.is_total,
        cast(figure.value as decimal(28, 10)) as value,
        figure.qualifier,
        cast(extract(year from figure.period_end) as integer) as year,
        {{ period_label('figure.period_start', 'figure.period_end') }} as period_label,
        {{ is_multi_year('figure.period_start', 'figure.period_end') }} as is_multi_year,
        cast(case
            when {{ is_multi_year('figure.period_start', 'figure.period_end') }}
                then {{ months_of('figure.period_start', 'figure.period_end') }}
            else bit_count(figure.month_bits)
        end as integer) as months_covered,
        {{ size_of_set('figure.reports') }} as reports_behind,
        figure.received_at as last_received_at
    from figure
)

select * from final
