with

quarantined as (select * from {{ ref('int_quarantine') }}),

final as (
    select
        quarantined.receipt_id,
        quarantined.observation_id,
        quarantined.organisation_code,
        quarantined.family,
        quarantined.period_start,
        quarantined.period_end,
        quarantined.data_status,
        quarantined.report_state,
        quarantined.rule_code,
        quarantined.severity,
        quarantined.scope,
        quarantined.source_sheet,
        quarantined.source_cell,
        quarantined.source_text,
        quarantined.row_labels,
        quarantined.correction_code,
        quarantined.received_date
    from quarantined
)

select * from final
