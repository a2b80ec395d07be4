-- Rule 9: which reports are expected comes from the dated enrolment of reporters.
with

enrolment as (select * from {{ ref('stg_framework__enrolment') }}),

month as (
    select
        enrolment.*,
        case enrolment.period_grain
            when 'month' then 1
            when 'quarter' then 3
            when 'half_year' then 6
            else 12
        end as months,
        {{ each_number(
            month_number('enrolment.valid_from'),
            month_number('coalesce(enrolment.valid_to, ' ~ as_of_date() ~ ')')
        ) }} as month_number
    from enrolment
),

expected_period as (
    select
        month.*,
        {{ first_of_month('month.month_number') }} as period_start,
        {{ add_days(first_of_month('month.month_number + month.months'), -1) }} as period_end
    from month
    where month.month_number % month.months = 0
),

-- Only a period that lies whole within the enrolment: a unit that has closed is not expected.
final as (
    select
        expected_period.organisation_code,
        expected_period.family,
        expected_period.programme_code,
        expected_period.data_status,
        expected_period.period_start,
        expected_period.period_end,
        {{ add_days('expected_period.period_end', 'cast(max(expected_period.grace_days) as integer)') }} as due_date
    from expected_period
    where
        expected_period.period_start >= expected_period.valid_from
        and (expected_period.valid_to is null or expected_period.period_end <= expected_period.valid_to)
    group by
        expected_period.organisation_code,
        expected_period.family,
        expected_period.programme_code,
        expected_period.data_status,
        expected_period.period_start,
        expected_period.period_end
)

select * from final
