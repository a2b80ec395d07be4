-- Every row that was read and does not count, with what is known of its report.
with

rejection as (
    select * from {{ ref('stg_lake__rejection') }}
    where is_quarantined
),

report as (select * from {{ ref('stg_lake__report') }}),

final as (
    select
        rejection.receipt_id,
        rejection.observation_id,
        rejection.organisation_code,
        rejection.family,
        report.period_start,
        report.period_end,
        report.data_status,
        report.state as report_state,
        rejection.rule_code,
        rejection.severity,
        rejection.scope,
        rejection.source_sheet,
        rejection.source_cell,
        rejection.source_text,
        rejection.found as row_labels,
        case when rejection.rule_code = 'CORRECTION_DROPPED' then rejection.expected end as correction_code,
        rejection.received_date
    from rejection
    left join report on rejection.receipt_id = report.receipt_id
)

select * from final
