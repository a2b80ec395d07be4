-- The counted parts of a step give its value by the step's rule: no figure without its tree.
with

step as (
    select distinct
        figure_step.step_id,
        figure_step.rule,
        figure_step.value,
        figure_step.numerator,
        figure_step.denominator
    from {{ ref('figure_step') }} as figure_step
    where figure_step.step in ('figure', 'node')
),

part as (
    select
        figure_step.parent_id,
        cast(sum(case when figure_step.part_use = 'counted' then figure_step.value end) as decimal(38, 10)) as total,
        cast(sum(case when figure_step.part_use = 'counted' then figure_step.numerator end) as decimal(38, 10))
            as numerator,
        cast(sum(case when figure_step.part_use = 'counted' then figure_step.denominator end) as decimal(38, 10))
            as denominator,
        count(case when figure_step.part_use = 'counted' then figure_step.value end) as parts
    from {{ ref('figure_step') }} as figure_step
    where figure_step.parent_id is not null
    group by figure_step.parent_id
)

select
    step.step_id,
    step.rule,
    step.value
from step
left join part on step.step_id = part.parent_id
where
    (step.value is null) <> (coalesce(part.parts, 0) = 0)
    and step.rule not in ('deliverable_once', 'ratio')
    or step.rule in ('sum', 'deliverable_once') and coalesce(part.total, 0) <> coalesce(step.value, 0)
    -- Whole numbers on both sides: an average is rounded once, at its last decimal.
    or step.rule = 'avg' and abs(part.total - step.value * part.parts) > 0.0000000001 * part.parts
    or step.rule = 'ratio' and (
        part.numerator is distinct from step.numerator or part.denominator is distinct from step.denominator
    )
    and coalesce(part.denominator, 0) <> 0
    or step.rule in ('max', 'latest', 'priority', 'stated')
    and (coalesce(part.parts, 0) > 1 or part.total is distinct from step.value)
