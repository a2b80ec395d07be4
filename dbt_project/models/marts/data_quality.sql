with

outcome as (select * from {{ ref('int_rule_outcome') }}),

final as (
    select
        outcome.organisation_code,
        outcome.family,
        outcome.period_start,
        outcome.period_end,
        outcome.data_status,
        outcome.received_date,
        outcome.rule_code,
        outcome.severity,
        outcome.scope,
        outcome.reports,
        outcome.rows_judged,
        outcome.rows_failed,
        outcome.failed_share,
        outcome.findings,
        outcome.rows_quarantined
    from outcome
)

select * from final
