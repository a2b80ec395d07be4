with

source as (select * from {{ source('lake', 'checks') }}),

final as (
    select
        receipt_id,
        family,
        organisation_code,
        rule_code,
        severity,
        scope,
        rows_judged,
        rows_failed,
        received_date
    from source
)

select * from final
