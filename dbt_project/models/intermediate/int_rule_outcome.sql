-- What each rule judged, failed, told and put into quarantine, by reporter, period, status and received date.
with

quality_check as (select * from {{ ref('stg_lake__check') }}),

rejection as (select * from {{ ref('stg_lake__rejection') }}),

report as (select * from {{ ref('stg_lake__report') }}),

told as (
    select
        rejection.receipt_id,
        rejection.rule_code,
        max(rejection.severity) as severity,
        max(rejection.scope) as scope,
        count(case when not rejection.is_quarantined then 1 end) as findings,
        count(case when rejection.is_quarantined then 1 end) as rows_quarantined
    from rejection
    group by rejection.receipt_id, rejection.rule_code
),

-- What is found while reading was never judged row by row: it has findings, and no rows judged.
outcome as (
    select
        coalesce(quality_check.receipt_id, told.receipt_id) as receipt_id,
        coalesce(quality_check.rule_code, told.rule_code) as rule_code,
        coalesce(quality_check.severity, told.severity) as severity,
        coalesce(quality_check.scope, told.scope) as scope,
        quality_check.rows_judged,
        quality_check.rows_failed,
        coalesce(told.findings, 0) as findings,
        coalesce(told.rows_quarantined, 0) as rows_quarantined
    from quality_check
    full outer join told
        on quality_check.receipt_id = told.receipt_id and quality_check.rule_code = told.rule_code
),

final as (
    select
        report.organisation_code,
        report.family,
        report.period_start,
        report.period_end,
        report.data_status,
        report.received_date,
        outcome.rule_code,
        outcome.severity,
        outcome.scope,
        cast(count(*) as integer) as reports,
        cast(sum(outcome.rows_judged) as bigint) as rows_judged,
        cast(sum(outcome.rows_failed) as bigint) as rows_failed,
        cast({{ divide('sum(outcome.rows_failed)', 'sum(outcome.rows_judged)') }} as decimal(28, 10)) as failed_share,
        cast(sum(outcome.findings) as integer) as findings,
        cast(sum(outcome.rows_quarantined) as integer) as rows_quarantined
    from outcome
    inner join report on outcome.receipt_id = report.receipt_id
    group by
        report.organisation_code,
        report.family,
        report.period_start,
        report.period_end,
        report.data_status,
        report.received_date,
        outcome.rule_code,
        outcome.severity,
        outcome.scope
)

select * from final
