-- Rule 1: of the reports received for one key, the accepted one received last stands, whole.
with

report as (select * from {{ ref('stg_lake__report') }}),

receipt as (select * from {{ ref('stg_lake__receipt') }}),

enrolment_period as (select * from {{ ref('int_enrolment_period') }}),

due as (
    select
        enrolment_period.organisation_code,
        enrolment_period.family,
        enrolment_period.data_status,
        enrolment_period.period_start,
        enrolment_period.period_end,
        max(enrolment_period.due_date) as due_date
    from enrolment_period
    group by
        enrolment_period.organisation_code,
        enrolment_period.family,
        enrolment_period.data_status,
        enrolment_period.period_start,
        enrolment_period.period_end
),

-- A report whose status is not known is due when any is.
due_report as (
    select
        report.receipt_id,
        max(due.due_date) as due_date
    from report
    inner join due
        on
            report.organisation_code = due.organisation_code
            and report.family = due.family
            and report.period_start = due.period_start
            and report.period_end = due.period_end
    where report.data_status is null or report.data_status = due.data_status
    group by report.receipt_id
),

accepted as (
    select
        report.receipt_id,
        row_number() over version_order as version_number,
        lead(report.receipt_id) over version_order as next_receipt_id,
        lead(report.received_at) over version_order as superseded_at
    from report
    where report.state = 'accepted'
    window version_order as (partition by report.report_key order by report.received_at, report.receipt_id)
),

final as (
    select
        report.*,
        receipt.inbox_path,
        receipt.archive_path,
        receipt.file_sha256,
        -- Grows in the order of receipt, and is shorter to carry than the receipt's hash.
        row_number() over (order by report.received_at, report.receipt_id) as report_number,
        cast(count(*) over (partition by report.report_key) as integer) as times_received,
        accepted.version_number,
        accepted.next_receipt_id,
        accepted.superseded_at,
        accepted.receipt_id is not null and accepted.next_receipt_id is null as is_standing,
        due_report.due_date,
        case
            when due_report.due_date is not null
                then greatest(0, {{ days_between('due_report.due_date', 'report.received_date') }})
        end as days_late
    from report
    left join receipt on report.receipt_id = receipt.receipt_id
    left join accepted on report.receipt_id = accepted.receipt_id
    left join due_report on report.receipt_id = due_report.receipt_id
)

select * from final
