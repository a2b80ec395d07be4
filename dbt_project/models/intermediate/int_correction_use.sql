-- What became of each correction: the rows it changed, and those it took out, in accepted reports.
with

correction as (select * from {{ ref('stg_lake__correction') }}),

observation as (select * from {{ ref('stg_lake__observation') }}),

rejection as (select * from {{ ref('stg_lake__rejection') }}),

report as (
    select * from {{ ref('stg_lake__report') }}
    where state = 'accepted'
),

touched as (
    select
        observation.correction_code,
        observation.receipt_id
    from observation
    where observation.correction_code is not null
    union all
    -- A dropped row lies in quarantine with its correction as what was expected of it.
    select
        rejection.expected as correction_code,
        rejection.receipt_id
    from rejection
    inner join report on rejection.receipt_id = report.receipt_id
    where rejection.is_quarantined and rejection.rule_code = 'CORRECTION_DROPPED'
),

counted as (
    select
        touched.correction_code,
        cast(count(*) as integer) as rows_corrected,
        cast(count(distinct touched.receipt_id) as integer) as reports_corrected
    from touched
    group by touched.correction_code
),

final as (
    select
        correction.*,
        coalesce(counted.rows_corrected, 0) as rows_corrected,
        coalesce(counted.reports_corrected, 0) as reports_corrected
    from correction
    left join counted on correction.correction_code = counted.correction_code
)

select * from final
