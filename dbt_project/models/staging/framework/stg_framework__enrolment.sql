with

source as (select * from {{ ref('enrolment') }}),

final as (
    select
        organisation_code,
        family,
        programme_code,
        period_grain,
        valid_from,
        valid_to,
        grace_days,
        data_status,
        source
    from source
)

select * from final
