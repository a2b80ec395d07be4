with

source as (select * from {{ source('lake', 'reports') }}),

final as (
    select
        receipt_id,
        family,
        contract_version,
        organisation_code,
        report_key,
        title,
        language,
        period_start,
        period_end,
        period_grain,
        data_status,
        state,
        verdict,
        is_readable,
        is_complete,
        is_valid,
        accepted_by_decision,
        observations_read,
        observations_accepted,
        observations_quarantined,
        findings,
        file_name,
        file_format,
        file_encoding,
        received_date,
        received_at
    from source
)

select * from final
