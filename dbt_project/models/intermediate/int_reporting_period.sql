-- Rule 9, as a scorecard: what each reporter owed and sent, by programme and reporting period.
with

expected_report as (select * from {{ ref('int_expected_report') }}),

report_version as (select * from {{ ref('int_report_version') }}),

observation as (select * from {{ ref('stg_lake__observation') }}),

corrected as (
    select
        report_version.organisation_code,
        report_version.family,
        report_version.period_start,
        report_version.period_end,
        report_version.data_status,
        count(*) as corrected_observations
    from observation
    inner join report_version on observation.receipt_id = report_version.receipt_id
    where observation.correction_code is not null and report_version.is_standing
    group by
        report_version.organisation_code,
        report_version.family,
        report_version.period_start,
        report_version.period_end,
        report_version.data_status
),

asked_for as (
    select
        expected_report.organisation_code,
        expected_report.family,
        expected_report.programme_code,
        expected_report.period_start,
        expected_report.period_end,
        expected_report.data_status,
        case when expected_report.state <> 'not_yet_due' then 1 else 0 end as expected,
        case when expected_report.receipt_id is not null then 1 else 0 end as received,
        case when expected_report.state = 'accepted' then 1 else 0 end as accepted,
        case when expected_report.state = 'sent_back' then 1 else 0 end as sent_back,
        case when expected_report.state = 'received' then 1 else 0 end as unreadable,
        case when expected_report.receipt_id is not null and expected_report.days_late = 0 then 1 else 0 end as on_time,
        case when expected_report.receipt_id is not null and expected_report.days_late > 0 then 1 else 0 end as late,
        case when expected_report.receipt_id is not null then expected_report.days_late else 0 end as days_late,
        case when expected_report.times_received > 1 then 1 else 0 end as resubmitted
    from expected_report
),

-- A report key counts once: by its accepted version, failing that by the last one received.
key_outcome as (
    select
        report_version.*,
        row_number() over (
            partition by report_version.report_key
            order by
                case when report_version.state = 'accepted' then 0 else 1 end,
                report_version.report_number desc
        ) as outcome_rank
    from report_version
),

not_asked_for as (
    select
        key_outcome.organisation_code,
        key_outcome.family,
        cast(null as varchar) as programme_code,
        key_outcome.period_start,
        key_outcome.period_end,
        key_outcome.data_status,
        0 as expected,
        1 as received,
        case when key_outcome.state = 'accepted' then 1 else 0 end as accepted,
        case when key_outcome.state = 'sent_back' then 1 else 0 end as sent_back,
        case when key_outcome.state = 'unreadable' then 1 else 0 end as unreadable,
        0 as on_time,
        0 as late,
        0 as days_late,
        case when key_outcome.times_received > 1 then 1 else 0 end as resubmitted
    from key_outcome
    where key_outcome.outcome_rank = 1 and key_outcome.due_date is null
),

every_report as (
    select * from asked_for
    union all
    select * from not_asked_for
),

counted as (
    select
        every_report.organisation_code,
        every_report.family,
        every_report.programme_code,
        every_report.period_start,
        every_report.period_end,
        every_report.data_status,
        cast(sum(every_report.expected) as integer) as expected,
        cast(sum(every_report.received) as integer) as received,
        cast(sum(every_report.accepted) as integer) as accepted,
        cast(sum(every_report.sent_back) as integer) as sent_back,
        cast(sum(every_report.unreadable) as integer) as unreadable,
        cast(sum(every_report.on_time) as integer) as on_time,
        cast(sum(every_report.late) as integer) as late,
        cast(sum(every_report.days_late) as integer) as days_late,
        cast(sum(every_report.resubmitted) as integer) as resubmitted
    from every_report
    group by
        every_report.organisation_code,
        every_report.family,
        every_report.programme_code,
        every_report.period_start,
        every_report.period_end,
        every_report.data_status
),

final as (
    select
        counted.*,
        cast(extract(year from counted.period_end) as integer) as year,
        {{ period_label('counted.period_start', 'counted.period_end') }} as period_label,
        cast(coalesce(corrected.corrected_observations, 0) as integer) as corrected_observations,
        cast({{ divide('counted.accepted', 'nullif(counted.expected, 0)') }} as decimal(28, 10)) as completeness,
        cast({{ divide('counted.on_time', 'nullif(counted.expected, 0)') }} as decimal(28, 10)) as timeliness
    from counted
    left join corrected
        on
            counted.organisation_code = corrected.organisation_code
            and counted.family = corrected.family
            and counted.period_start = corrected.period_start
            and counted.period_end = corrected.period_end
            and counted.data_status = corrected.data_status
)

select * from final
