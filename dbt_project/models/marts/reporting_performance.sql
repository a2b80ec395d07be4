with

performance as (select * from {{ ref('int_reporting_period') }}),

final as (
    select
        performance.organisation_code,
        performance.family,
        performance.programme_code,
        performance.year,
        performance.period_start,
        performance.period_end,
        performance.period_label,
        performance.data_status,
        performance.expected,
        performance.received,
        performance.accepted,
        performance.sent_back,
        performance.unreadable,
        performance.on_time,
        performance.late,
        performance.days_late,
        performance.resubmitted,
        performance.corrected_observations,
        performance.completeness,
        performance.timeliness
    from performance
)

select * from final
