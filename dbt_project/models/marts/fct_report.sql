with

report_version as (select * from {{ ref('int_report_version') }}),

final as (
    select
        report_version.receipt_id,
        report_version.family,
        report_version.contract_version,
        report_version.organisation_code,
        report_version.report_key,
        report_version.title,
        report_version.language,
        report_version.period_start,
        report_version.period_end,
        report_version.period_grain,
        report_version.data_status,
        report_version.state,
        report_version.verdict,
        true as is_received,
        report_version.is_readable,
        report_version.is_complete,
        report_version.is_valid,
        report_version.accepted_by_decision,
        report_version.observations_read,
        report_version.observations_accepted,
        report_version.observations_quarantined,
        report_version.findings,
        report_version.file_name,
        report_version.file_format,
        report_version.file_encoding,
        report_version.received_date,
        report_version.received_at,
        report_version.inbox_path,
        report_version.archive_path,
        report_version.file_sha256,
        report_version.superseded_at,
        report_version.is_standing,
        case
            when report_version.days_late > 0 then 'late'
            when report_version.days_late = 0 then 'on_time'
        end as timeliness,
        report_version.days_late
    from report_version
)

select * from final
