with

source as (select * from {{ source('lake', 'rejections') }}),

final as (
    select
        receipt_id,
        family,
        organisation_code,
        rule_code,
        severity,
        scope,
        observation_id,
        source_sheet,
        source_cell,
        source_text,
        found,
        expected,
        is_quarantined,
        received_date
    from source
)

select * from final
