with

expected_report as (select * from {{ ref('int_expected_report') }}),

final as (
    select
        expected_report.organisation_code,
        expected_report.family,
        expected_report.programme_code,
        expected_report.period_start,
        expected_report.period_end,
        expected_report.period_label,
        expected_report.due_date,
        expected_report.state,
        expected_report.receipt_id,
        expected_report.received_date,
        expected_report.days_late,
        expected_report.data_status
    from expected_report
)

select * from final
