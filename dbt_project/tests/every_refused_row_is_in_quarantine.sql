-- Nothing that was read disappears: of each report, the rows that count and those in quarantine are all it has.
with

quarantined as (
    select
        quarantine.receipt_id,
        count(*) as refused
    from {{ ref('quarantine') }} as quarantine
    group by quarantine.receipt_id
)

select
    fct_report.receipt_id,
    fct_report.observations_read,
    fct_report.observations_accepted,
    fct_report.observations_quarantined,
    quarantined.refused
from {{ ref('fct_report') }} as fct_report
left join quarantined on fct_report.receipt_id = quarantined.receipt_id
where
    fct_report.observations_quarantined <> coalesce(quarantined.refused, 0)
    or fct_report.observations_read <> fct_report.observations_accepted + fct_report.observations_quarantined
