with

correction as (select * from {{ ref('int_correction_use') }}),

final as (
    select
        correction.correction_code,
        correction.organisation_code,
        correction.family,
        correction.period_start,
        correction.period_end,
        correction.receipt_id,
        correction.indicator_code,
        correction.row_key,
        correction.action,
        correction.value,
        correction.numerator,
        correction.denominator,
        correction.qualifier,
        correction.factor,
        correction.expected,
        correction.reason,
        correction.reported_by,
        correction.reported_to,
        correction.reported_on,
        correction.status,
        correction.known_since,
        correction.rows_corrected,
        correction.reports_corrected
    from correction
)

select * from final
