with

figure_step as (select * from {{ ref('int_figure_step') }}),

final as (
    select
        figure_step.step_id,
        figure_step.parent_id,
        figure_step.step,
        figure_step.part_use,
        figure_step.part_rule,
        figure_step.basis,
        figure_step.rule,
        figure_step.indicator_code,
        figure_step.data_status,
        figure_step.organisation_code,
        figure_step.place_code,
        figure_step.period_start,
        figure_step.period_end,
        figure_step.period_label,
        figure_step.value,
        figure_step.numerator,
        figure_step.denominator,
        figure_step.qualifier,
        figure_step.dimension,
        figure_step.categories,
        figure_step.source_rows,
        figure_step.receipt_id,
        figure_step.observation_id,
        figure_step.deliverable_code
    from figure_step
    where {{ is_built('figure_step.period_end') }}
)

select * from final
