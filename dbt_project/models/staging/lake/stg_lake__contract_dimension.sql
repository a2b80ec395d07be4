with

source as (select * from {{ source('lake', 'contract_dimension') }}),

final as (
    select
        family,
        contract_version,
        dimension,
        position,
        category
    from source
)

select * from final
