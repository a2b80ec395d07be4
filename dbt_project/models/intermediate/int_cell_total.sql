-- Rule 2: the totals of each report. What is stated stays as it is; beside it, every dimension that
-- the contract declares exclusive and exhaustive gives a total from its categories.
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

part as (
    select
        statement.*,
        case
            when statement.sex <> '_T' then 'sex'
            when statement.age_group <> '_T' then 'age_group'
            when statement.residence <> '_T' then 'residence'
            else 'population_group'
        end as dimension,
        case
            when statement.sex <> '_T' then statement.sex
            when statement.age_group <> '_T' then statement.age_group
            when statement.residence <> '_T' then statement.residence
            else statement.population_group
        end as category,
        statement.value is null and statement.qualifier in ('suppressed', 'not_reported') as is_missing
    from statement
    where statement.dimensions = 1 and statement.place_in_report = 1
),

-- A percentage and a ratio never get their total from their parts.
addable_part as (
    select
        part.*,
        contract_dimension.position,
        declared.categories
    from part
    inner join indicator on part.indicator_code = indicator.indicator_code
    inner join contract_dimension
        on
            part.family = contract_dimension.family
            and part.contract_version = contract_dimension.contract_version
            and part.dimension = contract_dimension.dimension
            and part.category = contract_dimension.category
    inner join declared
        on
            part.family = declared.family
            and part.contract_version = declared.contract_version
            and part.dimension = declared.dimension
    where indicator.value_type <> 'percent' and indicator.across_places <> 'ratio'
),

derived as (
    select
        part.report_number,
        part.organisation_code,
        part.indicator_code,
        part.data_status,
        part.place_code,
        part.period_start,
        part.period_end,
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
        max(part.present) = max(part.categories) as is_complete,
        row_number() over (
            partition by
                part.report_number,
                part.indicator_code,
                part.data_status,
                part.place_code,
                part.period_start,
                part.period_end
            order by min(part.position), part.dimension
        ) as place_in_report
    from (
        select
            addable_part.*,
            count(*) over (
                partition by
                    addable_part.report_number,
                    addable_part.indicator_code,
                    addable_part.data_status,
                    addable_part.place_code,
                    addable_part.period_start,
                    addable_part.period_end,
                    addable_part.dimension
            ) as present
        from addable_part
    ) as part
    group by
        part.report_number,
        part.organisation_code,
        part.indicator_code,
        part.data_status,
        part.place_code,
        part.period_start,
        part.period_end,
        part.dimension
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
        '_T' as sex,
        '_T' as age_group,
        '_T' as residence,
        '_T' as population_group,
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
        derived.place_in_report
    from derived
)

select * from final
