-- Rule 9: every report that was expected, and what became of it.
with

enrolment_period as (select * from {{ ref('int_enrolment_period') }}),

report_version as (select * from {{ ref('int_report_version') }}),

-- The report that fulfils an expectation is the first one accepted; failing that, the last received.
arrival as (
    select
        enrolment_period.organisation_code,
        enrolment_period.family,
        enrolment_period.programme_code,
        enrolment_period.data_status,
        enrolment_period.period_start,
        enrolment_period.period_end,
        report_version.receipt_id,
        report_version.state,
        report_version.received_date,
        max(report_version.times_received) over (
            partition by
                enrolment_period.organisation_code,
                enrolment_period.family,
                enrolment_period.programme_code,
                enrolment_period.data_status,
                enrolment_period.period_start,
                enrolment_period.period_end
        ) as times_received,
        row_number() over (
            partition by
                enrolment_period.organisation_code,
                enrolment_period.family,
                enrolment_period.programme_code,
                enrolment_period.data_status,
                enrolment_period.period_start,
                enrolment_period.period_end
            order by
                case when report_version.state = 'accepted' then 0 else 1 end,
                case when report_version.state = 'accepted' then report_version.report_number end,
                report_version.report_number desc
        ) as arrival_rank
    from enrolment_period
    inner join report_version
        on
            enrolment_period.organisation_code = report_version.organisation_code
            and enrolment_period.family = report_version.family
            and enrolment_period.period_start = report_version.period_start
            and enrolment_period.period_end = report_version.period_end
            and enrolment_period.data_status = coalesce(report_version.data_status, enrolment_period.data_status)
),

final as (
    select
        enrolment_period.organisation_code,
        enrolment_period.family,
        enrolment_period.programme_code,
        enrolment_period.period_start,
        enrolment_period.period_end,
        {{ period_label('enrolment_period.period_start', 'enrolment_period.period_end') }} as period_label,
        enrolment_period.due_date,
        case
            when arrival.state = 'accepted' then 'accepted'
            when arrival.state = 'sent_back' then 'sent_back'
            when arrival.state is not null then 'received'
            when enrolment_period.period_end >= {{ as_of_date() }} then 'not_yet_due'
            when enrolment_period.due_date >= {{ as_of_date() }} then 'due'
            else 'overdue'
        end as state,
        arrival.receipt_id,
        arrival.received_date,
        coalesce(arrival.times_received, 0) as times_received,
        cast(case
            when arrival.received_date is not null
                then greatest(0, {{ days_between('enrolment_period.due_date', 'arrival.received_date') }})
            when enrolment_period.due_date < {{ as_of_date() }}
                then {{ days_between('enrolment_period.due_date', as_of_date()) }}
        end as integer) as days_late,
        enrolment_period.data_status
    from enrolment_period
    left join arrival
        on
            enrolment_period.organisation_code = arrival.organisation_code
            and enrolment_period.family = arrival.family
            and enrolment_period.programme_code = arrival.programme_code
            and enrolment_period.data_status = arrival.data_status
            and enrolment_period.period_start = arrival.period_start
            and enrolment_period.period_end = arrival.period_end
            and arrival.arrival_rank = 1
)

select * from final
