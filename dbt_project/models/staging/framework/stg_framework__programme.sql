with

source as (select * from {{ ref('programme') }}),

final as (
    select
        programme_code,
        objective_code,
        parent_programme_code,
        name_ar,
        name_fr,
        name_en,
        period_start,
        period_end,
        owner_organisation_code,
        source
    from source
)

select * from final
