with

indicator as (select * from {{ ref('stg_framework__indicator') }}),

final as (
    select
        indicator.indicator_code,
        indicator.programme_code,
        indicator.objective_code,
        indicator.objective_basis,
        indicator.name_ar,
        indicator.name_fr,
        indicator.name_en,
        indicator.definition_ar,
        indicator.definition_fr,
        indicator.definition_en,
        indicator.unit,
        indicator.value_type,
        indicator.stock_or_flow,
        indicator.direction,
        indicator.is_sensitive,
        indicator.is_deliverable_count,
        indicator.across_places,
        indicator.across_periods,
        indicator.across_sources,
        indicator.source_priority,
        indicator.universe_sex,
        indicator.universe_age,
        indicator.sdg_indicator,
        indicator.unicef_code,
        indicator.data_status,
        indicator.source
    from indicator
)

select * from final
