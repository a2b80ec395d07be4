with

programme_period as (select * from {{ ref('stg_framework__programme_period') }}),

final as (
    select
        programme_period.programme_code,
        programme_period.period_label,
        programme_period.period_start,
        programme_period.period_end,
        programme_period.is_main,
        programme_period.source
    from programme_period
)

select * from final
