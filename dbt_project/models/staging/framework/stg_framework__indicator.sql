with

source as (select * from {{ ref('indicator') }}),

final as (
    select
        indicator_code,
        programme_code,
        objective_code,
        objective_basis,
        name_ar,
        name_fr,
        name_en,
        definition_ar,
        definition_fr,
        definition_en,
        unit,
        value_type,
        stock_or_flow,
        direction,
        is_sensitive,
        is_deliverable_count,
        across_places,
        across_periods,
        across_sources,
        source_priority,
        universe_sex,
        universe_age,
        sdg_indicator,
        unicef_code,
        data_status,
        source
    from source
)

select * from final
