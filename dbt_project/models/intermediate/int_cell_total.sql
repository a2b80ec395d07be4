-- Rule 2: the totals of each report. What is stated stays as it is; beside it, every dimension that
-- the contract declares exclusive and exhaustive gives a total from its categories: of everybody, and
-- of a group (the girls of all ages).
with

observation as (
    select * from {{ ref('int_observation_version') }}
    where is_standing and deliverable_code is null
),

indicator as (
    select * from {{ ref('stg_framework__indicator') }}
    -- What has an identity is counted by it, never by the numbers written beside it.
    where not is_deliverable_count
),

contract_dimension as (select * from {{ ref('stg_lake__contract_dimension') }}),

declared as (
    select
        contract_dimension.family,
        contract_dimension.contract_version,
        contract_dimension.dimension,
        count(*) as categories
    from contract_dimension
    group by contract_dimension.family, contract_dimension.contract_version, contract_dimension.dimension
),

statement as (
    select
        observation.report_number,
        observation.family,
        observation.contract_version,
        observation.organisation_code,
        observation.indicator_code,
        observation.data_status,
        observation.place_code,
        observation.period_start,
        observation.period_end,
        observation.sex,
        observation.age_group,
        observation.residence,
        observation.population_group,
        cast(observation.value as {{ wide_decimal() }}) as value,
        cast(observation.numerator as {{ wide_decimal() }}) as numerator,
        cast(observation.denominator as {{ wide_decimal() }}) as denominator,
        observation.qualifier,
        observation.received_at,
        observation.citation,
        -- Several citations of one report may state the same cell: the first in the file stands.
        row_number() over (
            partition by
                observation.report_number,
                observation.indicator_code,
                observation.data_status,
                observation.place_code,
                observation.period_start,
                observation.period_end,
                observation.sex,
                observation.age_group,
                observation.residence,
                observation.population_group
            order by
                case when observation.value is null and observation.qualifier = 'not_reported' then 1 else 0 end,
                observation.row_number,
                observation.observation_id
        ) as place_in_report,
        case when observation.sex <> '_T' then 1 else 0 end
        + case when observation.age_group <> '_T' then 1 else 0 end
        + case when observation.residence <> '_T' then 1 else 0 end
        + case when observation.population_group <> '_T' then 1 else 0 end as dimensions
    from observation
    inner join indicator on observation.indicator_code = indicator.indicator_code
),

-- From the finest categories to the total, one dimension at a time: whatever a report says of a cell,
-- stated or added up, is a part of the cells above it.
{% set cell = [
    'report_number', 'family', 'contract_version', 'organisation_code', 'indicator_code', 'data_status',
    'place_code', 'period_start', 'period_end'
] %}
{% set dimensions = ['sex', 'age_group', 'residence', 'population_group'] %}
{% set carried = ['value', 'qualifier', 'received_at', 'citation'] %}
{% for depth in range(4, 0, -1) %}
known_{{ depth }} as (
    select
        {{ columns_of('statement', cell + dimensions + carried) }},
        true as is_complete,
        0 as position
    from statement
    inner join indicator on statement.indicator_code = indicator.indicator_code
    where
        statement.dimensions = {{ depth }}
        and statement.place_in_report = 1
        -- A percentage and a ratio never get their total from their parts.
        and indicator.value_type <> 'percent'
        and indicator.across_places <> 'ratio'
    {% if depth < 4 %}
    union all
    select
        {{ columns_of('derived_' ~ depth, cell + dimensions + carried + ['is_complete', 'position']) }}
    from derived_{{ depth }}
    {% endif %}
),

part_{{ depth }} as (
    select
        ranked.*,
        count(*) over (
            partition by
                {{ columns_of('ranked', cell) }},
                ranked.dimension,
                {{ columns_of('ranked', dimensions) }}
        ) as present
    from (
        select
            {{ columns_of('known', cell + carried + ['is_complete']) }},
            contract_dimension.dimension,
            contract_dimension.position,
            declared.categories,
            {% for dimension in dimensions %}
            case
                when contract_dimension.dimension = '{{ dimension }}' then '_T' else known.{{ dimension }}
            end as {{ dimension }},
            {% endfor -%}
            known.value is null and known.qualifier in ('suppressed', 'not_reported') as is_missing,
            row_number() over (
                partition by
                    {{ columns_of('known', cell + dimensions) }},
                    contract_dimension.dimension
                order by
                    case when known.value is null and known.qualifier = 'not_reported' then 1 else 0 end asc,
                    case when known.is_complete then 0 else 1 end asc,
                    known.position asc
            ) as known_rank
        from known_{{ depth }} as known
        inner join contract_dimension
            on
                known.family = contract_dimension.family
                and known.contract_version = contract_dimension.contract_version
                and contract_dimension.category = case contract_dimension.dimension
                    {% for dimension in dimensions %}
                    when '{{ dimension }}' then known.{{ dimension }}
                    {% endfor -%}
                end
        inner join declared
            on
                contract_dimension.family = declared.family
                and contract_dimension.contract_version = declared.contract_version
                and contract_dimension.dimension = declared.dimension
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
                'part.qualifier', 'part.value is not null', '(part.is_missing or part.present < part.categories)') }}
        end as qualifier,
        max(part.received_at) as received_at,
        min(part.citation) as citation,
        cast(max(part.present) as integer) as parts,
        max(part.present) = max(part.categories) and min(case when part.is_complete then 1 else 0 end) = 1 as is_complete,
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

final as (
    select
        statement.report_number,
        statement.organisation_code,
        statement.indicator_code,
        statement.data_status,
        statement.place_code,
        statement.period_start,
        statement.period_end,
        statement.sex,
        statement.age_group,
        statement.residence,
        statement.population_group,
        statement.value,
        statement.numerator,
        statement.denominator,
        statement.qualifier,
        statement.received_at,
        statement.citation,
        'stated' as basis,
        cast(null as varchar) as dimension,
        cast(null as integer) as parts,
        cast(null as boolean) as is_complete,
        statement.place_in_report
    from statement
    union all
    select
        derived.report_number,
        derived.organisation_code,
        derived.indicator_code,
        derived.data_status,
        derived.place_code,
        derived.period_start,
        derived.period_end,
        derived.sex,
        derived.age_group,
        derived.residence,
        derived.population_group,
        derived.value,
        cast(null as {{ wide_decimal() }}) as numerator,
        cast(null as {{ wide_decimal() }}) as denominator,
        derived.qualifier,
        derived.received_at,
        derived.citation,
        'parts' as basis,
        derived.dimension,
        derived.parts,
        derived.is_complete,
        row_number() over (
            partition by {{ columns_of('derived', cell + dimensions) }}
            order by derived.position, derived.dimension
        ) as place_in_report
    from derived
)

select * from final
