with

figure as (
    select * from {{ ref('int_figure') }}
    where is_total
),

indicator as (select * from {{ ref('stg_framework__indicator') }}),

place as (select * from {{ ref('stg_framework__place') }}),

final as (
    select
        indicator.objective_code,
        indicator.programme_code,
        figure.indicator_code,
        indicator.name_ar as indicator_name_ar,
        indicator.name_fr as indicator_name_fr,
        indicator.name_en as indicator_name_en,
        indicator.unit,
        figure.place_code,
        place.place_type,
        place.name_ar as place_name_ar,
        place.name_fr as place_name_fr,
        place.name_en as place_name_en,
        figure.year,
        figure.period_start,
        figure.period_end,
        figure.period_label,
        figure.is_multi_year,
        figure.value,
        figure.qualifier,
        figure.data_status,
        figure.last_received_at,
        figure.months_covered
    from figure
    inner join indicator on figure.indicator_code = indicator.indicator_code
    inner join place on figure.place_code = place.place_code
)

select * from final
