-- Rules 2 and 4: a stated total beside what its parts add up to. Parts are compared where all of
-- them are there, or where those that are there already exceed the total.
with

cell_total as (
    select * from {{ ref('int_cell_total') }}
    where {{ is_built('period_end') }}
),

series as (select * from {{ ref('int_series') }}),

place as (select * from {{ ref('int_place_tree') }}),

standing_statement as (
    select * from {{ ref('int_standing_statement') }}
    where {{ is_built('period_end') }}
),

report_version as (select * from {{ ref('int_report_version') }}),

stated_total as (
    select * from cell_total
    where basis = 'stated' and place_in_report = 1
),

within_report as (
    select
        stated_total.organisation_code,
        stated_total.indicator_code,
        stated_total.data_status,
        stated_total.place_code,
        stated_total.period_start,
        stated_total.period_end,
        stated_total.sex,
        stated_total.age_group,
        stated_total.residence,
        stated_total.population_group,
        stated_total.report_number,
        derived.dimension as part_kind,
        derived.parts,
        derived.is_complete,
        stated_total.value as total_value,
        stated_total.qualifier as total_qualifier,
        stated_total.citation as total_citation,
        derived.value as parts_value,
        derived.qualifier as parts_qualifier,
        derived.citation as parts_citation
    from stated_total
    inner join cell_total as derived
        on
            stated_total.report_number = derived.report_number
            and stated_total.indicator_code = derived.indicator_code
            and stated_total.sex = derived.sex
            and stated_total.age_group = derived.age_group
            and stated_total.residence = derived.residence
            and stated_total.population_group = derived.population_group
            and stated_total.data_status = derived.data_status
            and stated_total.place_code = derived.place_code
            and stated_total.period_start = derived.period_start
            and stated_total.period_end = derived.period_end
    where derived.basis = 'parts'
),

rolled_up as (
    select * from {{ ref('int_rolled_up__year') }}
    union all
    select * from {{ ref('int_rolled_up__half_year') }}
    union all
    select * from {{ ref('int_rolled_up__quarter') }}
    union all
    select * from {{ ref('int_rolled_up__month') }}
    union all
    select * from {{ ref('int_rolled_up__days') }}
),

node as (
    select * from rolled_up
    where {{ is_built('period_end') }}
),

below_node as (
    select
        series.organisation_code,
        series.indicator_code,
        series.data_status,
        stated.place_code,
        stated.period_start,
        stated.period_end,
        series.sex,
        series.age_group,
        series.residence,
        series.population_group,
        standing_statement.report_number,
        below.basis as part_kind,
        below.part_count as parts,
        case
            when below.basis = 'places' then below.part_count = place.children
            else below.month_bits = stated.month_bits
        end as is_complete,
        stated.value as total_value,
        stated.qualifier as total_qualifier,
        standing_statement.citation as total_citation,
        below.value as parts_value,
        below.qualifier as parts_qualifier,
        cast(null as varchar) as parts_citation
    from node as stated
    inner join node as below
        on
            stated.series_id = below.series_id
            and stated.place_code = below.place_code
            and stated.period_start = below.period_start
            and stated.period_end = below.period_end
    inner join series on stated.series_id = series.series_id
    inner join place on stated.place_code = place.place_code
    inner join standing_statement
        on
            stated.series_id = standing_statement.series_id
            and stated.place_code = standing_statement.place_code
            and stated.period_start = standing_statement.period_start
            and stated.period_end = standing_statement.period_end
            and standing_statement.statement_rank = 1
    where
        stated.candidate_rank = 1
        and stated.basis = 'stated'
        and (
            (below.basis = 'places' and series.across_places = 'sum')
            or (below.basis = 'periods' and series.across_periods = 'sum')
        )
),

compared as (
    select * from within_report
    union all
    select * from below_node
),

toleranced as (
    select
        compared.*,
        compared.parts_value - compared.total_value as difference,
        case
            when 'approximate' in (compared.total_qualifier, compared.parts_qualifier)
                then abs(compared.total_value) * cast({{ var('tolerance_approximate_share') }} as decimal(6, 4))
            else 0
        end as tolerance,
        -- A bound holds as long as the other side keeps to it.
        coalesce(compared.total_qualifier in ('more_than', 'at_least'), false)
        and compared.parts_value >= compared.total_value
        or coalesce(compared.total_qualifier in ('less_than', 'at_most'), false)
        and compared.parts_value <= compared.total_value
        or coalesce(compared.parts_qualifier in ('more_than', 'at_least'), false)
        and compared.parts_value <= compared.total_value
        or coalesce(compared.parts_qualifier in ('less_than', 'at_most'), false)
        and compared.parts_value >= compared.total_value as is_within_bounds
    from compared
    where
        compared.total_value is not null
        and compared.parts_value is not null
        and (compared.is_complete or compared.parts_value > compared.total_value)
),

final as (
    select
        toleranced.*,
        report_version.receipt_id,
        case
            when toleranced.difference = 0 or toleranced.is_within_bounds then 'agreed'
            when abs(toleranced.difference) <= toleranced.tolerance then 'rounding'
            else 'different'
        end as status,
        case
            when toleranced.difference = 0 then 'parts_equal_total'
            when toleranced.is_within_bounds then 'parts_within_bounds'
            when abs(toleranced.difference) <= toleranced.tolerance then 'parts_within_rounding'
            else 'parts_differ'
        end as rule
    from toleranced
    inner join report_version on toleranced.report_number = report_version.report_number
)

select * from final
