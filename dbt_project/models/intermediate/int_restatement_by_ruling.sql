-- What persons changed of single versions: values that a correction put right, and the first versions of
-- reports that stand on a decision.
with

observation as (select * from {{ ref('int_observation_version') }}),

correction as (select * from {{ ref('stg_lake__correction') }}),

acceptance as (select * from {{ ref('int_acceptance') }}),

report_version as (
    select * from {{ ref('int_report_version') }}
    where state = 'accepted'
),

corrected as (
    select
        observation.*,
        'correction' as reason,
        cast(null as varchar) as decision_id,
        correction.known_since as ruled_at
    from observation
    inner join correction on observation.correction_code = correction.correction_code
    where observation.value is distinct from observation.value_as_reported
),

-- A later version is compared with the one before it, whoever accepted it.
accepted as (
    select
        observation.*,
        'decision' as reason,
        acceptance.decision_id,
        acceptance.decided_at as ruled_at
    from observation
    inner join acceptance on observation.receipt_id = acceptance.receipt_id
    inner join report_version on observation.receipt_id = report_version.receipt_id
    where report_version.version_number = 1
),

ruled as (
    select * from corrected
    union all
    select * from accepted
),

final as (
    select
        ruled.report_key,
        ruled.organisation_code,
        ruled.family,
        ruled.indicator_code,
        ruled.data_status,
        ruled.place_code,
        ruled.period_start,
        ruled.period_end,
        ruled.period_label,
        ruled.sex,
        ruled.age_group,
        ruled.residence,
        ruled.population_group,
        ruled.deliverable_code,
        ruled.reason,
        ruled.decision_id,
        ruled.receipt_id as new_receipt_id,
        ruled.value as new_value,
        ruled.qualifier as new_qualifier,
        ruled.deliverable_status as new_status,
        case when ruled.reason = 'correction' then ruled.correction_code end as correction_code,
        case when ruled.reason = 'correction' then 'value' else 'added' end as change,
        case when ruled.reason = 'correction' then ruled.receipt_id end as old_receipt_id,
        case when ruled.reason = 'correction' then ruled.received_at end as old_report_received_at,
        case when ruled.reason = 'correction' then ruled.value_as_reported end as old_value,
        case when ruled.reason = 'correction' then ruled.deliverable_status end as old_status,
        -- What was ruled before the report came holds since it came.
        case when ruled.ruled_at > ruled.received_at then ruled.ruled_at else ruled.received_at end as restated_at,
        row_number() over (
            partition by
                ruled.reason,
                ruled.receipt_id,
                ruled.indicator_code,
                ruled.data_status,
                ruled.place_code,
                ruled.period_start,
                ruled.period_end,
                ruled.sex,
                ruled.age_group,
                ruled.residence,
                ruled.population_group,
                ruled.deliverable_code
            order by ruled.row_number, ruled.observation_id
        ) as occurrence
    from ruled
)

select * from final
