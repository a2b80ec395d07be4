-- Spans of days that share days with other parts of their year, and what was done with them: `inside_span`
-- lies within a longer span that stands for it, `crossing_span` lies half within another part.
with

-- Only where a span of days was reported can anything overlap.
series as (
    select series.*
    from {{ ref('int_series') }} as series
    where
        series.is_total
        and exists (
            select 1 from {{ ref('int_rolled_up__days') }} as span
            where span.series_id = series.series_id
        )
),

place as (select * from {{ ref('int_place_tree') }}),

statement as (
    select * from {{ ref('int_standing_statement') }}
    where statement_rank = 1 and {{ is_built('period_end', of_series=true) }}
),

finer as (
    {{ finer_nodes(['month', 'quarter', 'half_year']) }}
),

-- The lines of the macro are indented for the top level.
-- noqa: disable=LT02
{% for months in [1, 3, 6, 12] %}
of_{{ months }}_months as (
    select *
    from (
        with

        {{ roll_up_level(months) }}

        select
            inside.series_id,
            inside.place_code,
            inside.period_start,
            inside.period_end,
            'inside_span' as rule
        from inside_leaf as inside
        union all
        select
            crossing.series_id,
            crossing.place_code,
            crossing.period_start,
            crossing.period_end,
            'crossing_span' as rule
        from crossing_leaf as crossing
    ) as overlapping
),
{% endfor %}
-- noqa: enable=LT02
final as (
    select * from of_1_months
    union all
    select * from of_3_months
    union all
    select * from of_6_months
    union all
    select * from of_12_months
)

select * from final
