with

source as (select * from {{ ref('target') }}),

final as (
    select
        indicator_code,
        valid_from,
        valid_to,
        baseline,
        target,
        data_status,
        source
    from source
)

select * from final
