-- Every decision with the report that it is about.
with

decision as (select * from {{ ref('stg_lake__decision') }}),

report as (select * from {{ ref('stg_lake__report') }}),

final as (
    select
        decision.*,
        report.organisation_code,
        report.family,
        report.report_key
    from decision
    left join report on decision.receipt_id = report.receipt_id
)

select * from final
