-- Several reports of one organisation may state the same cell. They are never added: what was
-- received last stands; inside one report what is stated comes before what follows from parts, then
-- the first in the file. A total from parts of which some are missing yields to any other.
with

cell_total as (
    select * from {{ ref('int_cell_total') }}
    where {{ is_built('period_end', of_series=true) }}
),

series as (select * from {{ ref('int_series') }}),

final as (
    select
        series.series_id,
        cell_total.report_number,
        cell_total.place_code,
        cell_total.period_start,
        cell_total.period_end,
        {{ period_level('cell_total.period_start', 'cell_total.period_end') }} as period_level,
        cell_total.value,
        case when cell_total.value is not null then cell_total.numerator end as numerator,
        case when cell_total.value is not null then cell_total.denominator end as denominator,
        cell_total.qualifier,
        case
            when cell_total.value is null then 0
            else {{ month_bits('cell_total.period_start', 'cell_total.period_end') }}
        end as month_bits,
        cell_total.received_at,
        cell_total.citation,
        cell_total.source_rows,
        cell_total.basis,
        cell_total.basis = 'parts' and not cell_total.is_complete as is_partial,
        cell_total.dimension,
        cell_total.is_complete,
        cell_total.place_in_report,
        row_number() over (
            partition by
                series.series_id,
                cell_total.place_code,
                cell_total.period_start,
                cell_total.period_end
            order by
                case when cell_total.value is null and cell_total.qualifier = 'not_reported' then 1 else 0 end asc,
                case when cell_total.basis = 'parts' and not cell_total.is_complete then 1 else 0 end asc,
                cell_total.report_number desc,
                case when cell_total.basis = 'stated' then 0 else 1 end asc,
                cell_total.place_in_report asc
        ) as statement_rank
    from cell_total
    inner join series
        on
            cell_total.organisation_code = series.organisation_code
            and cell_total.indicator_code = series.indicator_code
            and cell_total.data_status = series.data_status
            and cell_total.sex = series.sex
            and cell_total.age_group = series.age_group
            and cell_total.residence = series.residence
            and cell_total.population_group = series.population_group
)

select * from final
