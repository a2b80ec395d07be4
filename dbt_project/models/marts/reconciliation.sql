with

reconciliation as (select * from {{ ref('int_reconciliation') }}),

final as (
    select
        reconciliation.reconciliation_id,
        reconciliation.kind,
        reconciliation.indicator_code,
        reconciliation.indicator_codes,
        reconciliation.place_code,
        reconciliation.data_status,
        reconciliation.period_label,
        reconciliation.left_label,
        reconciliation.left_value,
        reconciliation.left_citation,
        reconciliation.right_label,
        reconciliation.right_value,
        reconciliation.right_citation,
        reconciliation.difference,
        reconciliation.status,
        reconciliation.rule,
        reconciliation.explanation_en,
        reconciliation.explanation_fr,
        reconciliation.explanation_ar
    from reconciliation
)

select * from final
