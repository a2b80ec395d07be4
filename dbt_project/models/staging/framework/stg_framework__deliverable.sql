with

source as (select * from {{ ref('deliverable') }}),

final as (
    select
        deliverable_code,
        programme_code,
        indicator_code,
        deliverable_type,
        name_ar,
        name_fr,
        name_en,
        source
    from source
)

select * from final
