with

source as (select * from {{ source('lake', 'correction') }}),

final as (
    select
        correction_code,
        organisation_code,
        family,
        period_start,
        period_end,
        receipt_id,
        indicator_code,
        row_key,
        action,
        value,
        numerator,
        denominator,
        qualifier,
        factor,
        expected,
        reason,
        reported_by,
        reported_to,
        reported_on,
        status,
        known_since
    from source
)

select * from final
