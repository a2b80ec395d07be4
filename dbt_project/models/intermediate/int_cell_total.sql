-- Rule 2: the totals of each report. What is stated stays as it is; beside it, every dimension that
-- the contract declares exclusive and exhaustive gives a total from its categories: of everybody, and
-- of a group (the girls of all ages).
{% set key = ['report_number', 'indicator_code', 'data_status', 'place_code', 'period_start', 'period_end'] %}
{% set cell = key + ['family', 'contract_version', 'organisation_code'] %}
{% set carried = ['value', 'qualifier', 'received_at', 'citation', 'source_rows'] %}
with

observation as (
    select * from {{ ref('int_observation_version') }}
    where is_standing and deliverable_code is null and {{ is_built('period_end') }}
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
        min(contract_dimension.position) as position,
        count(*) as categories
    from contract_dimension
    group by contract_dimension.family, contract_dimension.contract_version, contract_dimension.dimension
),

-- Whom a report itself calls unknown belongs to no category, and to the total.
category as (
    select
        contract_dimension.family,
        contract_dimension.contract_version,
        contract_dimension.dimension,
        contract_dimension.category,
        true as is_declared
    from contract_dimension
    union all
    select
        declared.family,
        declared.contract_version,
        declared.dimension,
        '_U' as category,
        false as is_declared
    from declared
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
        {{ set_of('observation.row_number') }} as source_rows,
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

-- What a report says of a cell, stated or added up, is a part of the cells above it.
{{ add_up_categories('statement', key, cell, carried) }}

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
        statement.source_rows,
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
        derived.source_rows,
        'parts' as basis,
        derived.dimension,
        derived.parts,
        derived.is_complete,
        row_number() over (
            partition by {{ columns_of('derived', key + ['sex', 'age_group', 'residence', 'population_group']) }}
            order by derived.position, derived.dimension
        ) as place_in_report
    from derived
)

select * from final
