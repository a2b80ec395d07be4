{{ config(materialized='view') }}
-- Every observation of every accepted report, with what the report's version adds to it.
with

observation as (select * from {{ ref('stg_lake__observation') }}),

report_version as (
    select * from {{ ref('int_report_version') }}
    where state = 'accepted'
),

final as (
    select
        observation.*,
        report_version.report_number,
        report_version.report_key,
        report_version.contract_version,
        report_version.received_at,
        report_version.superseded_at,
        report_version.next_receipt_id,
        report_version.is_standing,
        cast(extract(year from observation.period_end) as integer) as year,
        {{ period_label('observation.period_start', 'observation.period_end') }} as period_label,
        {{ is_multi_year('observation.period_start', 'observation.period_end') }} as is_multi_year
    from observation
    inner join report_version on observation.receipt_id = report_version.receipt_id
)

select * from final
