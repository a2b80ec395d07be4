-- The tree under every figure of a total: from the figure to the organisations' series, their periods
-- and places, and the statements of reports; what counts and what does not, each with the rule.
-- Values are those of the models that added them up; nothing is added up here.
{% set shown = ['value', 'numerator', 'denominator', 'qualifier'] %}
with

place as (select * from {{ ref('int_place_tree') }}),

statement as (
    select * from {{ ref('int_figure_statement') }}
    where {{ is_built('period_end') }}
),

across_sources as (
    select * from {{ ref('int_across_sources') }}
    where is_total and {{ is_built('period_end') }}
),

overlapping_span as (select * from {{ ref('int_overlapping_span') }}),

known_deliverable as (select * from {{ ref('stg_framework__deliverable') }}),

node as (
    select * from {{ ref('int_figure_node') }}
    where {{ is_built('period_end') }}
),

standing_node as (
    select * from node
    where candidate_rank = 1
),

-- Figures and their sources.
dated_deliverable as (
    select
        deliverable.deliverable_code,
        coalesce(known_deliverable.indicator_code, deliverable.indicator_code) as indicator_code,
        deliverable.data_status,
        deliverable.status,
        deliverable.first_period_start,
        deliverable.first_period_end,
        {{ is_multi_year('deliverable.first_period_start', 'deliverable.first_period_end') }} as is_multi_year
    from {{ ref('int_deliverable') }} as deliverable
    left join known_deliverable on deliverable.deliverable_code = known_deliverable.deliverable_code
),

keyed_figure as (
    select
        figure.*,
        {{ identity('figure', [
            'indicator_code', 'data_status', 'place_code', 'period_start', 'period_end'
        ], 'figure') }} as step_id
    from {{ ref('int_figure') }} as figure
    where figure.is_total and {{ is_built('figure.period_end') }}
),

deliverable_edge as (
    select
        keyed_figure.step_id as parent_id,
        {{ identity('dated_deliverable', ['deliverable_code', 'data_status'], 'deliverable') }} as step_id,
        dated_deliverable.deliverable_code,
        case when dated_deliverable.status = 'done' then 'counted' else 'hidden' end as part_use,
        case when dated_deliverable.status = 'done' then 'deliverable_once' else 'deliverable_not_done' end as part_rule
    from keyed_figure
    inner join dated_deliverable
        on
            keyed_figure.indicator_code = dated_deliverable.indicator_code
            and keyed_figure.data_status = dated_deliverable.data_status
            and keyed_figure.period_start <= dated_deliverable.first_period_start
            and keyed_figure.period_end >= dated_deliverable.first_period_end
            and keyed_figure.is_multi_year = dated_deliverable.is_multi_year
            and (
                not keyed_figure.is_multi_year
                or (
                    keyed_figure.period_start = dated_deliverable.first_period_start
                    and keyed_figure.period_end = dated_deliverable.first_period_end
                )
            )
    where
        keyed_figure.place_code = 'MA'
        and {{ period_level('keyed_figure.period_start', 'keyed_figure.period_end') }} = 0
),

counted_figure as (select distinct deliverable_edge.parent_id from deliverable_edge),

figure as (
    select
        keyed_figure.*,
        across_sources.numerator,
        across_sources.denominator,
        case when counted_figure.parent_id is null then 'sources' else 'deliverables' end as basis,
        case when counted_figure.parent_id is null then across_sources.rule else 'deliverable_once' end as rule
    from keyed_figure
    left join counted_figure on keyed_figure.step_id = counted_figure.parent_id
    left join across_sources
        on
            keyed_figure.indicator_code = across_sources.indicator_code
            and keyed_figure.data_status = across_sources.data_status
            and keyed_figure.place_code = across_sources.place_code
            and keyed_figure.period_start = across_sources.period_start
            and keyed_figure.period_end = across_sources.period_end
),

source_part as (
    select
        figure.step_id as parent_id,
        standing_node.step_id,
        {% for column in shown %}standing_node.{{ column }},
        {% endfor -%}
        standing_node.value_type,
        standing_node.source_rank,
        standing_node.organisation_code,
        figure.rule
    from figure
    inner join {{ ref('int_organisation_figure') }} as organisation_figure
        on
            figure.indicator_code = organisation_figure.indicator_code
            and figure.data_status = organisation_figure.data_status
            and figure.place_code = organisation_figure.place_code
            and figure.period_start = organisation_figure.period_start
            and figure.period_end = organisation_figure.period_end
            and organisation_figure.is_total
    inner join standing_node
        on
            organisation_figure.series_id = standing_node.series_id
            and organisation_figure.place_code = standing_node.place_code
            and organisation_figure.period_start = standing_node.period_start
            and organisation_figure.period_end = standing_node.period_end
    where figure.basis = 'sources'
),

ranked_source_part as (
    {{ roll_up_parts('source_part', ['parent_id'], 'part.source_rank, part.organisation_code', keep_all=true) }}
),

-- Places.
place_part as (
    select
        parent_node.step_id as parent_id,
        standing_node.step_id,
        {% for column in shown %}standing_node.{{ column }},
        {% endfor -%}
        standing_node.value_type,
        standing_node.place_code,
        standing_node.across_places as rule
    from standing_node
    inner join place on standing_node.place_code = place.place_code
    inner join node as parent_node
        on
            standing_node.series_id = parent_node.series_id
            and place.parent_code = parent_node.place_code
            and standing_node.period_start = parent_node.period_start
            and standing_node.period_end = parent_node.period_end
            and parent_node.basis = 'places'
),

ranked_place_part as (
    {{ roll_up_parts('place_part', ['parent_id'], 'part.place_code') }}
),

-- Periods.
period_child as (
    select
        standing_node.*,
        {{ first_of_month(
            "(" ~ month_number('standing_node.period_start')
            ~ " // standing_node.parent_months) * standing_node.parent_months") }} as parent_start
    from standing_node
    where standing_node.parent_months is not null
),

period_child_part as (
    select
        parent_node.step_id as parent_id,
        period_child.step_id,
        case when overlapping_span.rule is null then period_child.value end as value,
        period_child.numerator,
        period_child.denominator,
        case when overlapping_span.rule is null then period_child.qualifier else 'not_reported' end as qualifier,
        period_child.value_type,
        period_child.period_start,
        period_child.period_end,
        period_child.across_periods as rule,
        overlapping_span.rule as overlap_rule
    from period_child
    inner join node as parent_node
        on
            period_child.series_id = parent_node.series_id
            and period_child.place_code = parent_node.place_code
            and period_child.parent_start = parent_node.period_start
            and {{ add_days(first_of_month(
                month_number('period_child.parent_start') ~ ' + period_child.parent_months'), -1) }}
            = parent_node.period_end
            and parent_node.basis = 'periods'
    left join overlapping_span
        on
            period_child.series_id = overlapping_span.series_id
            and period_child.place_code = overlapping_span.place_code
            and period_child.period_start = overlapping_span.period_start
            and period_child.period_end = overlapping_span.period_end
),

period_part as (
    select * from period_child_part
    where coalesce(overlap_rule, 'crossing_span') <> 'inside_span'
),

ranked_period_part as (
    {{ roll_up_parts('period_part', ['parent_id'], 'part.period_end desc, part.period_start desc') }}
),

ranked_part as (
    select
        part.parent_id,
        part.step_id,
        part.rule,
        part.value,
        part.qualifier,
        part.is_counted,
        part.is_missing,
        part.is_picked,
        cast(null as varchar) as overlap_rule
    from ranked_source_part as part
    union all
    select
        part.parent_id,
        part.step_id,
        part.rule,
        part.value,
        part.qualifier,
        part.is_counted,
        part.is_missing,
        part.is_picked,
        cast(null as varchar) as overlap_rule
    from ranked_place_part as part
    union all
    select
        part.parent_id,
        part.step_id,
        part.rule,
        part.value,
        part.qualifier,
        part.is_counted,
        part.is_missing,
        part.is_picked,
        part.overlap_rule
    from ranked_period_part as part
),

rolled_up_edge as (
    select
        part.parent_id,
        part.step_id,
        case
            when part.rule in ('sum', 'avg', 'ratio') and part.is_counted then 'counted'
            when part.rule in ('sum', 'avg', 'ratio') and part.is_missing then 'missing'
            when part.value is null then 'left_out'
            when part.is_picked then 'counted'
            else 'hidden'
        end as part_use,
        case
            when part.overlap_rule is not null then part.overlap_rule
            when part.rule in ('sum', 'avg', 'ratio') and part.is_counted then part.rule
            when part.value is not null and part.is_missing then 'percentage_alone'
            when part.value is null then 'no_value'
            when part.is_picked then part.rule
            when part.rule = 'max' then 'largest_value'
            when part.rule = 'latest' then 'latest_period'
            else 'source_priority'
        end as part_rule
    from ranked_part as part
),

-- What the roll-up takes out before it begins.
excluded_edge as (
    select
        part.parent_id,
        part.step_id,
        'hidden' as part_use,
        'percentage_alone' as part_rule
    from place_part as part
    where part.rule <> 'ratio' and not {{ is_rollable('part') }}
    union all
    select
        part.parent_id,
        part.step_id,
        'hidden' as part_use,
        'percentage_alone' as part_rule
    from period_part as part
    where part.rule <> 'ratio' and not {{ is_rollable('part') }}
    union all
    select
        part.parent_id,
        part.step_id,
        'hidden' as part_use,
        part.overlap_rule as part_rule
    from period_child_part as part
    where part.overlap_rule = 'inside_span'
),

-- What was reported below, or piece by piece, beside a node that has its figure from elsewhere.
candidate_edge as (
    select
        standing_node.step_id as parent_id,
        node.step_id,
        'hidden' as part_use,
        case
            when node.value is null and node.qualifier = 'not_reported' then 'blank_yields'
            when standing_node.basis = 'stated' then 'stated_stands'
            else 'places_before_periods'
        end as part_rule
    from node
    inner join standing_node
        on
            node.series_id = standing_node.series_id
            and node.place_code = standing_node.place_code
            and node.period_start = standing_node.period_start
            and node.period_end = standing_node.period_end
    where node.candidate_rank > 1
),

node_edge as (
    select * from rolled_up_edge
    union all
    select * from excluded_edge
    union all
    select * from candidate_edge
),

step as (
    select
        figure.step_id,
        cast(null as varchar) as parent_id,
        'figure' as step,
        cast(null as varchar) as part_use,
        cast(null as varchar) as part_rule,
        figure.basis,
        figure.rule,
        figure.indicator_code,
        figure.data_status,
        cast(null as varchar) as organisation_code,
        figure.place_code,
        figure.period_start,
        figure.period_end,
        {% for column in shown %}figure.{{ column }},
        {% endfor -%}
        cast(null as varchar) as dimension,
        cast(null as varchar) as categories,
        cast(null as varchar) as source_rows,
        cast(null as varchar) as receipt_id,
        cast(null as varchar) as observation_id,
        cast(null as varchar) as deliverable_code
    from figure
    union all
    select
        node.step_id,
        node_edge.parent_id,
        'node' as step,
        node_edge.part_use,
        node_edge.part_rule,
        node.basis,
        case node.basis
            when 'places' then node.across_places
            when 'periods' then node.across_periods
            else 'stated'
        end as rule,
        node.indicator_code,
        node.data_status,
        node.organisation_code,
        node.place_code,
        node.period_start,
        node.period_end,
        {% for column in shown %}node.{{ column }},
        {% endfor -%}
        cast(null as varchar) as dimension,
        cast(null as varchar) as categories,
        cast(null as varchar) as source_rows,
        cast(null as varchar) as receipt_id,
        cast(null as varchar) as observation_id,
        cast(null as varchar) as deliverable_code
    from node
    inner join node_edge on node.step_id = node_edge.step_id
    union all
    select
        statement.step_id,
        statement.parent_id,
        'statement' as step,
        statement.part_use,
        statement.part_rule,
        statement.basis,
        case when statement.basis = 'parts' then 'sum' else 'stated' end as rule,
        statement.indicator_code,
        statement.data_status,
        statement.organisation_code,
        statement.place_code,
        statement.period_start,
        statement.period_end,
        {% for column in shown %}statement.{{ column }},
        {% endfor -%}
        statement.dimension,
        statement.categories,
        statement.source_rows,
        statement.receipt_id,
        statement.observation_id,
        cast(null as varchar) as deliverable_code
    from statement
    union all
    select
        deliverable_edge.step_id,
        deliverable_edge.parent_id,
        'deliverable' as step,
        deliverable_edge.part_use,
        deliverable_edge.part_rule,
        'stated' as basis,
        'deliverable_once' as rule,
        figure.indicator_code,
        figure.data_status,
        cast(null as varchar) as organisation_code,
        figure.place_code,
        figure.period_start,
        figure.period_end,
        1 as value,
        cast(null as {{ wide_decimal() }}) as numerator,
        cast(null as {{ wide_decimal() }}) as denominator,
        'exact' as qualifier,
        cast(null as varchar) as dimension,
        cast(null as varchar) as categories,
        cast(null as varchar) as source_rows,
        cast(null as varchar) as receipt_id,
        cast(null as varchar) as observation_id,
        deliverable_edge.deliverable_code
    from deliverable_edge
    inner join figure on deliverable_edge.parent_id = figure.step_id
),

final as (
    select
        step.step_id,
        step.parent_id,
        step.step,
        step.part_use,
        step.part_rule,
        step.basis,
        step.rule,
        step.indicator_code,
        step.data_status,
        step.organisation_code,
        step.place_code,
        step.period_start,
        step.period_end,
        {{ period_label('step.period_start', 'step.period_end') }} as period_label,
        cast(step.value as decimal(28, 10)) as value,
        cast(step.numerator as decimal(28, 10)) as numerator,
        cast(step.denominator as decimal(28, 10)) as denominator,
        step.qualifier,
        step.dimension,
        step.categories,
        step.source_rows,
        step.receipt_id,
        step.observation_id,
        step.deliverable_code
    from step
)

select * from final
