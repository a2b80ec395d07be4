-- The reports that stand on a person's word, and since which decision.
with

decision as (
    select * from {{ ref('stg_lake__decision') }}
    where is_in_force
),

report as (
    select * from {{ ref('stg_lake__report') }}
    where state = 'accepted' and accepted_by_decision
),

numbered as (
    select
        decision.receipt_id,
        decision.decision_id,
        decision.decided_at,
        -- Where it took several, the report stands since the last one.
        row_number() over (
            partition by decision.receipt_id order by decision.decided_at desc, decision.decision_id desc
        ) as recency
    from decision
    inner join report on decision.receipt_id = report.receipt_id
),

final as (
    select
        numbered.receipt_id,
        numbered.decision_id,
        numbered.decided_at
    from numbered
    where numbered.recency = 1
)

select * from final
