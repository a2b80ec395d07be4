-- What reports say of a node that was stated: the statement that stands, as written or from the categories
-- of one dimension, and those that it hides, each with the rule.
with

node as (
    select * from {{ ref('int_figure_node') }}
    where basis = 'stated' and {{ is_built('period_end') }}
),

standing_statement as (
    select * from {{ ref('int_standing_statement') }}
    where {{ is_built('period_end') }}
),

report_version as (select * from {{ ref('int_report_version') }}),

contract_dimension as (select * from {{ ref('stg_lake__contract_dimension') }}),

category as (
    select
        contract_dimension.family,
        contract_dimension.contract_version,
        contract_dimension.dimension,
        {{ joined_texts('contract_dimension.category', 'contract_dimension.position') }} as categories
    from contract_dimension
    group by contract_dimension.family, contract_dimension.contract_version, contract_dimension.dimension
),

stated_cell as (
    select
        'stated' as basis,
        observation.observation_id,
        observation.report_number,
        observation.indicator_code,
        observation.data_status,
        observation.place_code,
        observation.period_start,
        observation.period_end,
        row_number() over (
            partition by
                observation.report_number,
                observation.indicator_code,
                observation.data_status,
                observation.place_code,
                observation.period_start,
                observation.period_end
            order by
                case when observation.value is null and observation.qualifier = 'not_reported' then 1 else 0 end,
                observation.row_number,
                observation.observation_id
        ) as place_in_report
    from {{ ref('int_observation_version') }} as observation
    where
        observation.is_standing
        and {{ is_built('observation.period_end') }}
        and observation.deliverable_code is null
        and observation.sex = '_T' and observation.age_group = '_T'
        and observation.residence = '_T' and observation.population_group = '_T'
),

statement as (
    select
        node.step_id as parent_id,
        node.indicator_code,
        node.data_status,
        node.organisation_code,
        node.place_code,
        node.period_start,
        node.period_end,
        standing_statement.value,
        standing_statement.numerator,
        standing_statement.denominator,
        standing_statement.qualifier,
        standing_statement.basis,
        standing_statement.dimension,
        standing_statement.place_in_report,
        category.categories,
        {{ set_as_text('standing_statement.source_rows') }} as source_rows,
        report_version.receipt_id,
        stated_cell.observation_id,
        case when standing_statement.statement_rank = 1 then 'counted' else 'hidden' end as part_use,
        case
            when standing_statement.statement_rank = 1 then standing_statement.basis
            else {{ hidden_statement_rule('chosen_statement', 'standing_statement') }}
        end as part_rule
    from standing_statement
    inner join standing_statement as chosen_statement
        on
            standing_statement.series_id = chosen_statement.series_id
            and standing_statement.place_code = chosen_statement.place_code
            and standing_statement.period_start = chosen_statement.period_start
            and standing_statement.period_end = chosen_statement.period_end
            and chosen_statement.statement_rank = 1
    inner join node
        on
            standing_statement.series_id = node.series_id
            and standing_statement.place_code = node.place_code
            and standing_statement.period_start = node.period_start
            and standing_statement.period_end = node.period_end
    inner join report_version on standing_statement.report_number = report_version.report_number
    left join category
        on
            report_version.family = category.family
            and report_version.contract_version = category.contract_version
            and standing_statement.dimension = category.dimension
    left join stated_cell
        on
            standing_statement.report_number = stated_cell.report_number
            and node.indicator_code = stated_cell.indicator_code
            and node.data_status = stated_cell.data_status
            and standing_statement.place_code = stated_cell.place_code
            and standing_statement.period_start = stated_cell.period_start
            and standing_statement.period_end = stated_cell.period_end
            and standing_statement.place_in_report = stated_cell.place_in_report
            and standing_statement.basis = stated_cell.basis
),

final as (
    select
        {{ identity('statement', ['parent_id', 'receipt_id', 'basis', 'dimension', 'place_in_report'], 'statement') }}
            as step_id,
        statement.*
    from statement
)

select * from final
