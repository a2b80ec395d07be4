with

source as (select * from {{ ref('programme_period') }}),

final as (
    select
        programme_code,
        period_label,
        period_start,
        period_end,
        is_main,
        source
    from source
)

select * from final
