-- Rule 9, summed up: what each reporter owed and sent, per programme and calendar year.
with

expected_report as (select * from {{ ref('int_expected_report') }}),

counted as (
    select
        expected_report.organisation_code,
        expected_report.family,
        expected_report.programme_code,
        cast(extract(year from expected_report.period_end) as integer) as year,
        min(expected_report.period_start) as period_start,
        max(expected_report.period_end) as period_end,
        expected_report.data_status,
        cast(count(case when expected_report.state <> 'not_yet_due' then 1 end) as integer) as expected,
        cast(count(expected_report.receipt_id) as integer) as received,
        cast(count(case when expected_report.state = 'accepted' then 1 end) as integer) as accepted,
        cast(count(case when expected_report.state = 'sent_back' then 1 end) as integer) as sent_back,
        cast(count(
            case when expected_report.receipt_id is not null and expected_report.days_late = 0 then 1 end
        ) as integer) as on_time,
        cast(coalesce(sum(
            case when expected_report.receipt_id is not null then expected_report.days_late end
        ), 0) as integer) as days_late
    from expected_report
    group by
        expected_report.organisation_code,
        expected_report.family,
        expected_report.programme_code,
        extract(year from expected_report.period_end),
        expected_report.data_status
),

final as (
    select
        counted.*,
        {{ divide('counted.accepted', 'counted.expected') }} as completeness,
        {{ divide('counted.on_time', 'counted.expected') }} as timeliness
    from counted
)

select * from final
