with

decision as (select * from {{ ref('int_decision') }}),

final as (
    select
        decision.decision_id,
        decision.receipt_id,
        decision.organisation_code,
        decision.family,
        decision.report_key,
        decision.rule_code,
        decision.action,
        decision.reason,
        decision.decided_by,
        decision.decided_at,
        decision.is_in_force
    from decision
)

select * from final
