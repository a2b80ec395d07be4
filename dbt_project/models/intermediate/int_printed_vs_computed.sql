-- What was printed beside what the warehouse computes.
with

printed as (select * from {{ ref('stg_framework__printed_figure') }}),

figure as (
    select * from {{ ref('int_figure') }}
    where is_total
),

indicator as (select * from {{ ref('stg_framework__indicator') }}),

deliverable as (select * from {{ ref('int_deliverable') }}),

known_deliverable as (select * from {{ ref('stg_framework__deliverable') }}),

parts_vs_total as (select * from {{ ref('int_parts_vs_total') }}),

of_figure as (
    select
        printed.printed_id,
        cast(null as varchar) as part_kind,
        cast(null as varchar) as computed_receipt_id,
        figure.value as computed_value,
        figure.qualifier as computed_qualifier,
        cast(null as varchar) as computed_citation,
        cast(null as integer) as parts
    from printed
    inner join indicator on printed.indicator_code = indicator.indicator_code
    left join figure
        on
            printed.indicator_code = figure.indicator_code
            and printed.place_code = figure.place_code
            and printed.data_status = figure.data_status
            and printed.period_start = figure.period_start
            and printed.period_end = figure.period_end
    where printed.statement in ('figure', 'total') and not indicator.is_deliverable_count
),

-- A page prints a deliverable whatever its status, so it is the deliverables that are compared,
-- each once, in the period in which it was first stated.
of_deliverables as (
    select
        printed.printed_id,
        'deliverables' as part_kind,
        cast(null as varchar) as computed_receipt_id,
        cast(count(deliverable.deliverable_code) as decimal(28, 10)) as computed_value,
        'exact' as computed_qualifier,
        min(deliverable.citation) as computed_citation,
        cast(count(case when deliverable.status = 'done' then 1 end) as integer) as parts
    from printed
    inner join indicator on printed.indicator_code = indicator.indicator_code
    left join known_deliverable on printed.indicator_code = known_deliverable.indicator_code
    left join deliverable
        on
            known_deliverable.deliverable_code = deliverable.deliverable_code
            and printed.data_status = deliverable.data_status
            and printed.period_start <= deliverable.first_period_start
            and printed.period_end >= deliverable.first_period_end
    where printed.statement in ('figure', 'total') and indicator.is_deliverable_count
    group by printed.printed_id
),

of_parts as (
    select
        printed.printed_id,
        parts_vs_total.part_kind,
        parts_vs_total.receipt_id as computed_receipt_id,
        parts_vs_total.parts_value as computed_value,
        parts_vs_total.parts_qualifier as computed_qualifier,
        parts_vs_total.parts_citation as computed_citation,
        parts_vs_total.parts
    from printed
    left join parts_vs_total
        on
            printed.indicator_code = parts_vs_total.indicator_code
            and printed.place_code = parts_vs_total.place_code
            and printed.data_status = parts_vs_total.data_status
            and printed.period_start = parts_vs_total.period_start
            and printed.period_end = parts_vs_total.period_end
            and parts_vs_total.sex = '_T' and parts_vs_total.age_group = '_T'
            and parts_vs_total.residence = '_T' and parts_vs_total.population_group = '_T'
            and printed.citation = coalesce(parts_vs_total.total_citation, printed.citation)
    where printed.statement = 'parts'
),

computed as (
    select * from of_figure
    union all
    select * from of_deliverables
    union all
    select * from of_parts
),

compared as (
    select
        printed.*,
        computed.part_kind,
        computed.computed_receipt_id,
        computed.parts,
        computed.computed_value,
        computed.computed_qualifier,
        computed.computed_citation,
        computed.computed_value - printed.printed_value as difference,
        case
            when indicator.value_type = 'percent'
                then
                    cast({{ var('tolerance_percent_per_part') }} as decimal(6, 4))
                    * greatest(coalesce(computed.parts, 1), 1)
            when 'approximate' in (printed.qualifier, computed.computed_qualifier)
                then abs(printed.printed_value) * cast({{ var('tolerance_approximate_share') }} as decimal(6, 4))
            else 0
        end as tolerance
    from printed
    inner join computed on printed.printed_id = computed.printed_id
    inner join indicator on printed.indicator_code = indicator.indicator_code
),

final as (
    select
        compared.*,
        case
            when compared.computed_value is null then 'different'
            when compared.difference = 0 and compared.qualifier = compared.computed_qualifier then 'agreed'
            when compared.difference <> 0 and abs(compared.difference) <= compared.tolerance then 'rounding'
            else 'different'
        end as status,
        case
            when compared.computed_value is null then 'printed_not_computed'
            when compared.difference = 0 and compared.qualifier <> compared.computed_qualifier
                then 'printed_qualifier_differs'
            when compared.difference = 0 and compared.part_kind = 'deliverables' then 'deliverables_counted_once'
            when compared.difference = 0 then 'printed_equals_computed'
            when abs(compared.difference) <= compared.tolerance then 'printed_within_rounding'
            else 'printed_differs'
        end as rule
    from compared
)

select * from final
