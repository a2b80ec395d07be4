with

source as (select * from {{ ref('place') }}),

final as (
    select
        place_code,
        parent_code,
        place_type,
        name_ar,
        name_fr,
        name_en,
        hcp_code,
        ocha_pcode,
        source
    from source
)

select * from final
