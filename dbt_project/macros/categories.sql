{#
    Rule 2: what the categories of each exhaustive dimension add up to, of everybody and of every group,
    from the finest cells up, one dimension at a time: the common table expressions known_<n>, part_<n>
    and derived_<n> for the cells with n dimensions, and `derived` for all of them. Of what is known of a
    part the best is added: what was stated, then the contract's first dimension, a sum of which a
    category is missing, a blank.

    Expects the expressions named by `statement` (with place_in_report and the number of its dimensions),
    indicator, category (with is_declared) and declared (categories and position of a dimension).
    `key` names the columns that identify a cell beside its group, `cell` these and those that follow from
    them, `carried` the others that are kept.
#}
{% macro add_up_categories(statement, key, cell, carried) -%}
{%- set dimensions = ['sex', 'age_group', 'residence', 'population_group'] -%}
{%- set present = 'sum(case when part.is_declared then 1 else 0 end)' -%}
{% for depth in range(4, 0, -1) %}
known_{{ depth }} as (
    select
        {{ columns_of('stated', cell + dimensions + carried) }},
        true as is_complete,
        0 as position
    from {{ statement }} as stated
    inner join indicator on stated.indicator_code = indicator.indicator_code
    where
        stated.dimensions = {{ depth }}
        and stated.place_in_report = 1
        -- A percentage and a ratio never get their total from their parts.
        and indicator.value_type <> 'percent'
        and indicator.across_places <> 'ratio'
    {% if depth < 4 %}
    union all
    select {{ columns_of('derived_' ~ depth, cell + dimensions + carried + ['is_complete', 'position']) }}
    from derived_{{ depth }}
    {% endif %}
),

part_{{ depth }} as (
    select ranked.*
    from (
        select
            {{ columns_of('known', cell + carried + ['is_complete']) }},
            category.dimension,
            category.is_declared,
            declared.position,
            declared.categories,
            {% for dimension in dimensions %}
            case when category.dimension = '{{ dimension }}' then '_T' else known.{{ dimension }} end as {{ dimension }},
            {% endfor -%}
            known.value is null and known.qualifier in ('suppressed', 'not_reported') as is_missing,
            row_number() over (
                partition by {{ columns_of('known', key + dimensions) }}, category.dimension
                order by
                    case when known.value is null and known.qualifier = 'not_reported' then 1 else 0 end asc,
                    case when known.is_complete then 0 else 1 end asc,
                    known.position asc
            ) as known_rank
        from known_{{ depth }} as known
        inner join category
            on
                known.family = category.family
                and known.contract_version = category.contract_version
                and category.category = case category.dimension
                    {% for dimension in dimensions %}
                    when '{{ dimension }}' then known.{{ dimension }}
                    {% endfor -%}
                end
        inner join declared
            on
                category.family = declared.family
                and category.contract_version = declared.contract_version
                and category.dimension = declared.dimension
    ) as ranked
    where ranked.known_rank = 1
),

derived_{{ depth - 1 }} as (
    select
        {{ columns_of('part', cell + dimensions) }},
        part.dimension,
        cast(sum(part.value) as {{ wide_decimal() }}) as value,
        case
            when count(part.value) = 0 then {{ qualifier_of_nothing('part.qualifier') }}
            else {{ qualifier_of_sum(
                'part.qualifier', 'part.value is not null', 'part.is_missing', present ~ ' < max(part.categories)') }}
        end as qualifier,
        max(part.received_at) as received_at,
        min(part.citation) as citation,
        {% if 'source_rows' in carried %}{{ union_of_sets('part.source_rows') }} as source_rows,{% endif %}
        cast(count(*) as integer) as parts,
        {{ present }} = max(part.categories)
        and min(case when part.is_complete then 1 else 0 end) = 1 as is_complete,
        min(part.position) as position
    from part_{{ depth }} as part
    group by {{ columns_of('part', cell + dimensions) }}, part.dimension
),

{% endfor %}
derived as (
    {% for depth in range(4) %}
    select * from derived_{{ depth }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),
{%- endmacro %}
