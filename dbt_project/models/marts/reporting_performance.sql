with

reporting_year as (select * from {{ ref('int_reporting_year') }}),

final as (
    select
        reporting_year.organisation_code,
        reporting_year.family,
        reporting_year.programme_code,
        reporting_year.year,
        reporting_year.period_start,
        reporting_year.period_end,
        reporting_year.data_status,
        reporting_year.expected,
        reporting_year.received,
        reporting_year.accepted,
        reporting_year.sent_back,
        reporting_year.on_time,
        reporting_year.days_late,
        cast(reporting_year.completeness as decimal(28, 10)) as completeness,
        cast(reporting_year.timeliness as decimal(28, 10)) as timeliness
    from reporting_year
)

select * from final
