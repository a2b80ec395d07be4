with

source as (select * from {{ source('lake', 'decision') }}),

final as (
    select
        decision_id,
        receipt_id,
        rule_code,
        action,
        reason,
        decided_by,
        decided_at,
        is_in_force
    from source
)

select * from final
