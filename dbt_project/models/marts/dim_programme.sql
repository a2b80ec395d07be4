with

programme as (select * from {{ ref('stg_framework__programme') }}),

final as (
    select
        programme.programme_code,
        programme.objective_code,
        programme.parent_programme_code,
        programme.name_ar,
        programme.name_fr,
        programme.name_en,
        programme.period_start,
        programme.period_end,
        programme.owner_organisation_code,
        programme.source
    from programme
)

select * from final
