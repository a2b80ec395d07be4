with

place as (select * from {{ ref('stg_framework__place') }}),

final as (
    select
        place.place_code,
        place.parent_code,
        place.place_type,
        place.name_ar,
        place.name_fr,
        place.name_en,
        place.hcp_code,
        place.ocha_pcode,
        place.source
    from place
)

select * from final
