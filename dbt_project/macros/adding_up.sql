{#
    One roll-up for places, periods and sources (rules 3, 4 and 7 of the adding-up rules).

    `roll_up_parts` prepares the children of a figure, `rolled_up` aggregates them. The parts carry
    value, numerator, denominator, qualifier, month_bits, reports, received_at, value_type and rule.
#}

{#
    What cannot be rolled up is taken out: parts of the rule `none`, and percentages stated without
    numerator and denominator (under `ratio` such a part stays, as a missing one).
    Between sources nothing is taken out, for choosing a source is no roll-up.
    `keys` identify the parent; `order_by` decides between parts that are otherwise equal. All parts of a
    parent have one rule. Only where it chooses one of them are they put in order: that takes most of the time.
#}
{% macro roll_up_parts(relation, keys, order_by, keep_all=false) -%}
    {% for chooses in [true, false] %}
    select
        part.*,
        part.value is not null
        and (part.rule <> 'ratio' or (part.numerator is not null and part.denominator is not null)) as is_counted,
        (part.value is null and part.qualifier in ('suppressed', 'not_reported'))
        or (
            part.rule = 'ratio' and part.value is not null
            and (part.numerator is null or part.denominator is null)
        ) as is_missing,
        {% if chooses -%}
        row_number() over (
            partition by {% for key in keys %}part.{{ key }}{% if not loop.last %}, {% endif %}{% endfor %}
            order by
                case when part.value is null then 1 else 0 end,
                case when part.rule = 'max' then part.value end desc nulls last,
                case when part.rule = 'max' then {{ qualifier_height('part.qualifier') }} end,
                {{ order_by }}
        ) = 1 as is_picked
        {%- else -%}
        false as is_picked
        {%- endif %}
    from {{ relation }} as part
    where
        part.rule {{ 'not ' if chooses }}in ('sum', 'avg', 'ratio')
        {% if not keep_all -%}
        and part.rule <> 'none' and (part.rule = 'ratio' or {{ is_rollable('part') }})
        {%- endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{%- endmacro %}

{# False for a percentage without numerator and denominator: it is shown where it was stated. #}
{% macro is_rollable(alias) -%}
    ({{ alias }}.value_type <> 'percent' or ({{ alias }}.numerator is not null and {{ alias }}.denominator is not null))
{%- endmacro %}

{# The aggregates; `latest` and `priority` carry the chosen part, the others all of them. #}
{% macro rolled_up() -%}
    {%- set is_behind = "(part.rule not in ('latest', 'priority') or part.is_picked)" -%}
    cast(case max(part.rule)
        when 'sum' then sum(case when part.is_counted then part.value end)
        when 'avg' then {{ divide(
            'sum(case when part.is_counted then part.value end)', 'sum(case when part.is_counted then 1 end)') }}
        when 'ratio' then {{ divide(
            "sum(case when part.is_counted then part.numerator end)"
            ~ " * max(case when part.value_type = 'percent' then 100 else 1 end)",
            'sum(case when part.is_counted then part.denominator end)') }}
        else max(case when part.is_picked then part.value end)
    end as {{ wide_decimal() }}) as value,
    cast(case max(part.rule)
        when 'ratio' then case
            when sum(case when part.is_counted then part.denominator end) <> 0
                then sum(case when part.is_counted then part.numerator end)
        end
        when 'sum' then null
        when 'avg' then null
        else max(case when part.is_picked then part.numerator end)
    end as {{ wide_decimal() }}) as numerator,
    cast(case max(part.rule)
        when 'ratio' then nullif(sum(case when part.is_counted then part.denominator end), 0)
        when 'sum' then null
        when 'avg' then null
        else max(case when part.is_picked then part.denominator end)
    end as {{ wide_decimal() }}) as denominator,
    case
        when count(case when part.is_counted then 1 end) = 0
            then {{ qualifier_of_nothing('part.qualifier') }}
        when max(part.rule) = 'ratio' and sum(case when part.is_counted then part.denominator end) = 0
            then 'not_applicable'
        -- What is missing can only make a sum larger; it may move an average or a ratio either way.
        when max(part.rule) in ('avg', 'ratio') and max(case when part.is_missing then 1 else 0 end) = 1
            then 'approximate'
        when max(part.rule) in ('sum', 'avg', 'ratio')
            then {{ qualifier_of_sum('part.qualifier', 'part.is_counted', 'part.is_missing') }}
        else max(case when part.is_picked then part.qualifier end)
    end as qualifier,
    bit_or(case when part.rule <> 'priority' or part.is_picked then part.month_bits else 0 end) as month_bits,
    {{ union_of_sets("case when " ~ is_behind ~ " then part.reports end") }} as reports,
    max(case when {{ is_behind }} then part.received_at end) as received_at,
    cast(count(case when part.is_counted then 1 end) as integer) as part_count
{%- endmacro %}

{# A percentage that nobody can roll up gives no figure above it, rather than an empty one. #}
{% macro has_something_to_roll_up() -%}
    not (count(case when part.is_counted then 1 end) = 0 and count(part.value) > 0)
{%- endmacro %}

{# Whether what was reported for a part lies wholly within a span. #}
{% macro lies_within(part, span) -%}
    ({{ part }}.period_start >= {{ span }}.period_start and {{ part }}.period_end <= {{ span }}.period_end)
        or (
            not {{ part }}.is_leaf
            and {{ part }}.month_bits <> 0
            and ({{ part }}.month_bits & {{ span }}.month_bits) = {{ part }}.month_bits
            and {{ is_whole_months(span ~ '.period_start', span ~ '.period_end') }}
        )
{%- endmacro %}

{#
    The common table expressions that give every node of one period level its figure, in each
    organisation's series. A node's candidates, the best first:
      1. stated   what was reported for the node itself;
      2. places   its child places for the same period, when any place below was reported for it;
      3. periods  its child periods;
    and what knows less yields to what knows more: a total of which a category is missing, children of
    which none has a value, a blank (`not_reported`).
    Places come before periods; where places below were reported in different grains (one by
    quarter, one by year), the finer ones are first rolled up to the coarser period, so that none
    is lost and none is counted twice.

    Expects the expressions statement, series, place and, above the finest level, finer: the standing
    nodes below, with the months of their parent and whether they are leaves (see `finer_nodes`).
    `length` is the number of months of this level's nodes, none for the leaves.
#}
{% macro roll_up_level(length, deepest_place=2) -%}
{%- set node = ['series_id', 'place_code', 'period_start', 'period_end'] -%}
{%- set carried = ['value', 'numerator', 'denominator', 'qualifier', 'month_bits', 'reports', 'received_at'] -%}
{% if length %}
period_child as (
    select
        finer.series_id,
        finer.place_code,
        {{ first_of_month(
            "(" ~ month_number('finer.period_start') ~ " // " ~ length ~ ") * " ~ length) }} as parent_start,
        finer.period_start,
        finer.period_end,
        finer.is_leaf,
        {% for column in carried %}finer.{{ column }},
        {% endfor -%}
        series.value_type,
        series.across_periods as rule
    from finer
    inner join series on finer.series_id = series.series_id
    where finer.parent_months = {{ length }}
),

-- Only series that were reported by spans of days can overlap, and they are few.
spanned_series as (
    select distinct finer.series_id from finer
    where finer.is_leaf
),

spanned_child as (
    select * from period_child
    where series_id in (select spanned_series.series_id from spanned_series)
),

-- Spans of days may overlap the months beside them, and what overlaps must never be added.
adding_leaf as (
    select * from spanned_child
    where is_leaf and value is not null and rule in ('sum', 'avg')
),

-- A span that lies half within another part cannot be split.
touching_leaf as (
    select distinct
        leaf.series_id,
        leaf.place_code,
        leaf.period_start,
        leaf.period_end
    from adding_leaf as leaf
    inner join spanned_child as part
        on
            leaf.series_id = part.series_id
            and leaf.place_code = part.place_code
            and leaf.parent_start = part.parent_start
    where
        part.value is not null
        and not ({{ lies_within('part', 'leaf') }})
        and (
            (not part.is_leaf and (part.month_bits & leaf.month_bits) <> 0)
            or (
                part.is_leaf
                and part.period_start < leaf.period_start
                and part.period_end >= leaf.period_start
                and part.period_end < leaf.period_end
            )
        )
),

standing_leaf as (
    select leaf.*
    from adding_leaf as leaf
    left join touching_leaf as touching
        on
            leaf.series_id = touching.series_id
            and leaf.place_code = touching.place_code
            and leaf.period_start = touching.period_start
            and leaf.period_end = touching.period_end
    where touching.series_id is null
),

-- A span that was reported stands for all that lies within it; one that is left out stands for nothing.
inside_leaf as (
    select distinct
        part.series_id,
        part.place_code,
        part.period_start,
        part.period_end
    from spanned_child as part
    inner join standing_leaf as leaf
        on
            part.series_id = leaf.series_id
            and part.place_code = leaf.place_code
            and part.parent_start = leaf.parent_start
            and (part.period_start <> leaf.period_start or part.period_end <> leaf.period_end)
    where {{ lies_within('part', 'leaf') }}
),

disjoint_child as (
    select part.*
    from spanned_child as part
    left join inside_leaf as inside
        on
            part.series_id = inside.series_id
            and part.place_code = inside.place_code
            and part.period_start = inside.period_start
            and part.period_end = inside.period_end
    where inside.series_id is null
),

-- Left out, and missing.
crossing_leaf as (
    select touching.*
    from touching_leaf as touching
    left join inside_leaf as inside
        on
            touching.series_id = inside.series_id
            and touching.place_code = inside.place_code
            and touching.period_start = inside.period_start
            and touching.period_end = inside.period_end
    where inside.series_id is null
),

period_part as (
    select
        part.series_id,
        part.place_code,
        part.parent_start,
        part.period_start,
        part.period_end,
        part.value,
        part.numerator,
        part.denominator,
        part.qualifier,
        part.month_bits,
        part.reports,
        part.received_at,
        part.value_type,
        part.rule
    from period_child as part
    where part.series_id not in (select spanned_series.series_id from spanned_series)
    union all
    select
        part.series_id,
        part.place_code,
        part.parent_start,
        part.period_start,
        part.period_end,
        case when crossing.series_id is null then part.value end as value,
        part.numerator,
        part.denominator,
        case when crossing.series_id is null then part.qualifier else 'not_reported' end as qualifier,
        part.month_bits,
        part.reports,
        part.received_at,
        part.value_type,
        part.rule
    from disjoint_child as part
    left join crossing_leaf as crossing
        on
            part.series_id = crossing.series_id
            and part.place_code = crossing.place_code
            and part.period_start = crossing.period_start
            and part.period_end = crossing.period_end
),

ranked_period_part as (
    {{ roll_up_parts(
        'period_part', ['series_id', 'place_code', 'parent_start'], 'part.period_end desc, part.period_start desc') }}
),

from_periods as (
    select
        part.series_id,
        part.place_code,
        part.parent_start as period_start,
        {{ add_days(
            first_of_month(month_number('part.parent_start') ~ ' + ' ~ length), -1) }} as period_end,
        {{ rolled_up() }}
    from ranked_period_part as part
    group by part.series_id, part.place_code, part.parent_start
    having {{ has_something_to_roll_up() }}
),
{% endif %}
stated as (
    select
        statement.series_id,
        statement.place_code,
        statement.period_start,
        statement.period_end,
        statement.value,
        statement.numerator,
        statement.denominator,
        statement.qualifier,
        statement.month_bits,
        {{ set_of('statement.report_number') }} as reports,
        statement.received_at,
        cast(null as integer) as part_count,
        coalesce(statement.is_partial, false) as is_partial,
        place.depth
    from statement
    inner join place on statement.place_code = place.place_code
),
{% for depth in range(deepest_place, -1, -1) %}
candidate_{{ depth }} as (
    select
        {% for column in node + carried %}stated.{{ column }},
        {% endfor -%}
        stated.part_count,
        stated.is_partial,
        'stated' as basis,
        1 as basis_order
    from stated
    where stated.depth = {{ depth }}
    {% if depth < deepest_place %}
    union all
    select
        {% for column in node + carried %}from_places.{{ column }},
        {% endfor -%}
        from_places.part_count,
        false as is_partial,
        'places' as basis,
        2 as basis_order
    from from_places_{{ depth }} as from_places
    {% endif %}{% if length %}
    union all
    select
        {% for column in node + carried %}from_periods.{{ column }},
        {% endfor -%}
        from_periods.part_count,
        false as is_partial,
        'periods' as basis,
        3 as basis_order
    from from_periods
    inner join place on from_periods.place_code = place.place_code
    where place.depth = {{ depth }}
    {% endif %}
),

node_{{ depth }} as (
    select
        candidate.*,
        row_number() over (
            partition by
                candidate.series_id, candidate.place_code, candidate.period_start, candidate.period_end
            order by
                case
                    when candidate.value is null and candidate.qualifier = 'not_reported' then 3
                    when candidate.value is null and candidate.basis <> 'stated' then 2
                    when candidate.is_partial then 1
                    else 0
                end,
                candidate.basis_order
        ) as candidate_rank
    from candidate_{{ depth }} as candidate
),
{% if depth > 0 %}
place_part_{{ depth }} as (
    select
        node.series_id,
        node.place_code,
        place.parent_code,
        node.period_start,
        node.period_end,
        {% for column in carried %}node.{{ column }},
        {% endfor -%}
        node.basis,
        series.value_type,
        series.across_places as rule
    from node_{{ depth }} as node
    inner join place on node.place_code = place.place_code
    inner join series on node.series_id = series.series_id
    where node.candidate_rank = 1
),

ranked_place_part_{{ depth }} as (
    {{ roll_up_parts(
        'place_part_' ~ depth, ['series_id', 'parent_code', 'period_start', 'period_end'], 'part.place_code') }}
),

from_places_{{ depth - 1 }} as (
    select
        part.series_id,
        part.parent_code as place_code,
        part.period_start,
        part.period_end,
        {{ rolled_up() }}
    from ranked_place_part_{{ depth }} as part
    group by part.series_id, part.parent_code, part.period_start, part.period_end
    -- Without a statement below for this very period, the node's own child periods are the way.
    having
        count(case when part.basis <> 'periods' then 1 end) > 0
        and {{ has_something_to_roll_up() }}
),
{% endif %}{% endfor %}
final as (
    {% for depth in range(deepest_place + 1) %}
    select
        {% for column in node + carried %}node.{{ column }},
        {% endfor -%}
        node.part_count,
        node.basis,
        node.candidate_rank
    from node_{{ depth }} as node
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)
{%- endmacro %}

{#
    The standing nodes of finer levels, with the months of their parent and whether they are leaves.
    `levels` are those of whole months; of a node of whole months the parent follows from its level.
#}
{% macro finer_nodes(levels) -%}
    {%- set parents = {'month': 3, 'quarter': 6, 'half_year': 12} -%}
    select
        span.*,
        {{ parent_length('span.period_start', 'span.period_end') }} as parent_months,
        true as is_leaf
    from {{ ref('int_rolled_up__days') }} as span
    where span.candidate_rank = 1 and {{ is_built('span.period_end', of_series=true) }}
    {%- for level in levels %}
    union all
    select
        whole.*,
        {{ parents[level] }} as parent_months,
        false as is_leaf
    from {{ ref('int_rolled_up__' ~ level) }} as whole
    where whole.candidate_rank = 1 and {{ is_built('whole.period_end', of_series=true) }}
    {%- endfor %}
{%- endmacro %}
