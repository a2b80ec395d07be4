with

objective as (select * from {{ ref('stg_framework__strategic_objective') }}),

final as (
    select
        objective.objective_code,
        objective.position,
        objective.name_ar,
        objective.name_fr,
        objective.name_en,
        objective.source
    from objective
)

select * from final
