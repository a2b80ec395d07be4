with

programme_figure as (select * from {{ ref('int_programme_figure') }}),

final as (
    select
        programme_figure.objective_code,
        programme_figure.programme_code,
        programme_figure.indicator_code,
        programme_figure.indicator_name_ar,
        programme_figure.indicator_name_fr,
        programme_figure.indicator_name_en,
        programme_figure.unit,
        programme_figure.year,
        programme_figure.period_start,
        programme_figure.period_end,
        programme_figure.period_label,
        programme_figure.is_multi_year,
        programme_figure.value,
        programme_figure.qualifier,
        programme_figure.data_status,
        programme_figure.baseline,
        programme_figure.target,
        cast(programme_figure.progress as decimal(28, 10)) as progress,
        programme_figure.rating,
        programme_figure.reports_accepted,
        programme_figure.reports_expected,
        cast(programme_figure.completeness as decimal(28, 10)) as completeness,
        programme_figure.last_received_at,
        programme_figure.months_covered
    from programme_figure
)

select * from final
