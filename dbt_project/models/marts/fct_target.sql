with

target as (select * from {{ ref('stg_framework__target') }}),

final as (
    select
        target.indicator_code,
        target.valid_from,
        target.valid_to,
        target.baseline,
        target.target,
        target.data_status,
        target.source
    from target
)

select * from final
