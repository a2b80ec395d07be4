with

source as (select * from {{ ref('strategic_objective') }}),

final as (
    select
        objective_code,
        position,
        name_ar,
        name_fr,
        name_en,
        source
    from source
)

select * from final
