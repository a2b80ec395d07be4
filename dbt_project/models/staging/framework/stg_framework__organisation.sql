with

source as (select * from {{ ref('organisation') }}),

final as (
    select
        organisation_code,
        organisation_type,
        name_ar,
        name_fr,
        name_en,
        valid_from,
        valid_to,
        data_status,
        source
    from source
)

select * from final
