with

quality_check as (select * from {{ ref('stg_lake__check') }}),

final as (
    select
        quality_check.organisation_code,
        quality_check.family,
        quality_check.received_date,
        quality_check.rule_code,
        quality_check.severity,
        quality_check.scope,
        cast(sum(quality_check.rows_judged) as bigint) as rows_judged,
        cast(sum(quality_check.rows_failed) as bigint) as rows_failed,
        cast({{ divide('sum(quality_check.rows_failed)', 'sum(quality_check.rows_judged)') }} as decimal(28, 10))
            as failed_share
    from quality_check
    group by
        quality_check.organisation_code,
        quality_check.family,
        quality_check.received_date,
        quality_check.rule_code,
        quality_check.severity,
        quality_check.scope
)

select * from final
