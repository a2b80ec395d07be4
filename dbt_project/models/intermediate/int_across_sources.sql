-- Rule 3, last step: the organisations' figures for one indicator, place, period and group.
{% set figure = [
    'indicator_code', 'data_status', 'place_code', 'period_start', 'period_end',
    'sex', 'age_group', 'residence', 'population_group', 'is_total'
] %}
with

organisation_figure as (
    select * from {{ ref('int_organisation_figure') }}
    where {{ is_built('period_end') }}
),

source_part as (
    select
        organisation_figure.*,
        case
            -- One source alone stands as it is; percentages without numerator cannot be put together.
            when count(*) over (
                partition by {{ columns_of('organisation_figure', figure) }}
            ) = 1 then 'priority'
            when organisation_figure.across_sources = 'ratio' and max(
                case
                    when
                        organisation_figure.numerator is not null
                        and organisation_figure.denominator is not null then 1
                    else 0
                end
            ) over (
                partition by {{ columns_of('organisation_figure', figure) }}
            ) = 0 then 'priority'
            else organisation_figure.across_sources
        end as rule
    from organisation_figure
),

ranked_source_part as (
    {{ roll_up_parts('source_part', figure, 'part.source_rank, part.organisation_code', keep_all=true) }}
),

final as (
    select
        {{ columns_of('part', figure) }},
        max(part.rule) as rule,
        max(case when part.rule = 'priority' and part.is_picked then part.organisation_code end) as organisation_code,
        {{ rolled_up() }}
    from ranked_source_part as part
    group by {{ columns_of('part', figure) }}
)

select * from final
