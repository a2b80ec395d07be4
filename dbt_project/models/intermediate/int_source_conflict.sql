-- Statements of one cell that do not say the same: the one that stands, one that it hid, and the rule.
with

standing_statement as (select * from {{ ref('int_standing_statement') }}),

organisation_figure as (select * from {{ ref('int_organisation_figure') }}),

series as (select * from {{ ref('int_series') }}),

-- Within an organisation: reports, or citations of one report.
within_organisation as (
    select
        series.indicator_code,
        series.data_status,
        series.sex,
        series.age_group,
        series.residence,
        series.population_group,
        chosen.place_code,
        chosen.period_start,
        chosen.period_end,
        series.organisation_code as chosen_organisation_code,
        chosen.value as chosen_value,
        chosen.qualifier as chosen_qualifier,
        chosen.citation as chosen_citation,
        series.organisation_code as hidden_organisation_code,
        hidden.value as hidden_value,
        hidden.qualifier as hidden_qualifier,
        hidden.citation as hidden_citation,
        hidden.statement_rank,
        {{ hidden_statement_rule('chosen', 'hidden') }} as rule
    from standing_statement as chosen
    inner join standing_statement as hidden
        on
            chosen.series_id = hidden.series_id
            and chosen.place_code = hidden.place_code
            and chosen.period_start = hidden.period_start
            and chosen.period_end = hidden.period_end
    inner join series on chosen.series_id = series.series_id
    where
        chosen.statement_rank = 1
        and hidden.statement_rank > 1
        -- Parts of the same report are compared with their total, they do not contradict it.
        and not (hidden.basis = 'parts' and hidden.report_number = chosen.report_number)
        and (
            chosen.value is distinct from hidden.value
            or chosen.qualifier is distinct from hidden.qualifier
        )
),

ranked_figure as (
    select
        organisation_figure.*,
        standing_statement.citation,
        row_number() over (
            partition by
                organisation_figure.indicator_code,
                organisation_figure.data_status,
                organisation_figure.sex,
                organisation_figure.age_group,
                organisation_figure.residence,
                organisation_figure.population_group,
                organisation_figure.place_code,
                organisation_figure.period_start,
                organisation_figure.period_end
            order by
                case when organisation_figure.value is null then 1 else 0 end,
                case when organisation_figure.across_sources = 'max' then organisation_figure.value end desc nulls last,
                case
                    when organisation_figure.across_sources = 'max'
                        then {{ qualifier_height('organisation_figure.qualifier') }}
                end,
                organisation_figure.source_rank,
                organisation_figure.organisation_code
        ) as source_order
    from organisation_figure
    left join standing_statement
        on
            organisation_figure.series_id = standing_statement.series_id
            and organisation_figure.place_code = standing_statement.place_code
            and organisation_figure.period_start = standing_statement.period_start
            and organisation_figure.period_end = standing_statement.period_end
            and standing_statement.statement_rank = 1
    where organisation_figure.across_sources in ('priority', 'max')
),

between_organisations as (
    select
        chosen.indicator_code,
        chosen.data_status,
        chosen.sex,
        chosen.age_group,
        chosen.residence,
        chosen.population_group,
        chosen.place_code,
        chosen.period_start,
        chosen.period_end,
        chosen.organisation_code as chosen_organisation_code,
        chosen.value as chosen_value,
        chosen.qualifier as chosen_qualifier,
        chosen.citation as chosen_citation,
        hidden.organisation_code as hidden_organisation_code,
        hidden.value as hidden_value,
        hidden.qualifier as hidden_qualifier,
        hidden.citation as hidden_citation,
        hidden.source_order as statement_rank,
        case when chosen.across_sources = 'max' then 'largest_value' else 'source_priority' end as rule
    from ranked_figure as chosen
    inner join ranked_figure as hidden
        on
            chosen.indicator_code = hidden.indicator_code
            and chosen.data_status = hidden.data_status
            and chosen.sex = hidden.sex
            and chosen.age_group = hidden.age_group
            and chosen.residence = hidden.residence
            and chosen.population_group = hidden.population_group
            and chosen.place_code = hidden.place_code
            and chosen.period_start = hidden.period_start
            and chosen.period_end = hidden.period_end
    where
        chosen.source_order = 1
        and hidden.source_order > 1
        and (
            chosen.value is distinct from hidden.value
            or chosen.qualifier is distinct from hidden.qualifier
        )
),

final as (
    select * from within_organisation
    union all
    select * from between_organisations
)

select * from final
