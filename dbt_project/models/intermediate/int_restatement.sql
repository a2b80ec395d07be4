-- Rule 1, its history: what each accepted version of a report changed of the one before, cell by cell.
with

observation as (select * from {{ ref('int_observation_version') }}),

report_version as (
    select * from {{ ref('int_report_version') }}
    where state = 'accepted'
),

acceptance as (select * from {{ ref('int_acceptance') }}),

successor as (
    select
        report_version.receipt_id as old_receipt_id,
        report_version.next_receipt_id as new_receipt_id
    from report_version
    where report_version.next_receipt_id is not null
),

-- The same cell may stand in a report several times; the first is compared with the first.
cell as (
    select
        observation.*,
        row_number() over (
            partition by
                observation.receipt_id,
                observation.indicator_code,
                observation.data_status,
                observation.place_code,
                observation.period_start,
                observation.period_end,
                observation.sex,
                observation.age_group,
                observation.residence,
                observation.population_group,
                observation.deliverable_code
            order by observation.row_number, observation.observation_id
        ) as occurrence
    from observation
    where
        observation.receipt_id in (select successor.old_receipt_id from successor)
        or observation.receipt_id in (select successor.new_receipt_id from successor)
),

side as (
    select
        cell.*,
        successor.old_receipt_id,
        successor.new_receipt_id,
        true as is_old
    from cell
    inner join successor on cell.receipt_id = successor.old_receipt_id
    union all
    select
        cell.*,
        successor.old_receipt_id,
        successor.new_receipt_id,
        false as is_old
    from cell
    inner join successor on cell.receipt_id = successor.new_receipt_id
),

compared as (
    select
        side.old_receipt_id,
        side.new_receipt_id,
        side.report_key,
        side.organisation_code,
        side.family,
        side.indicator_code,
        side.data_status,
        side.place_code,
        side.period_start,
        side.period_end,
        side.period_label,
        side.sex,
        side.age_group,
        side.residence,
        side.population_group,
        side.deliverable_code,
        side.occurrence,
        max(case when side.is_old then side.received_at end) as old_received_at,
        max(case when not side.is_old then side.received_at end) as new_received_at,
        max(case when side.is_old then side.value end) as old_value,
        max(case when side.is_old then side.qualifier end) as old_qualifier,
        max(case when side.is_old then side.deliverable_status end) as old_status,
        max(case when not side.is_old then side.value end) as new_value,
        max(case when not side.is_old then side.qualifier end) as new_qualifier,
        max(case when not side.is_old then side.deliverable_status end) as new_status,
        count(case when side.is_old then 1 end) as is_in_old,
        count(case when not side.is_old then 1 end) as is_in_new
    from side
    group by
        side.old_receipt_id,
        side.new_receipt_id,
        side.report_key,
        side.organisation_code,
        side.family,
        side.indicator_code,
        side.data_status,
        side.place_code,
        side.period_start,
        side.period_end,
        side.period_label,
        side.sex,
        side.age_group,
        side.residence,
        side.population_group,
        side.deliverable_code,
        side.occurrence
),

final as (
    select
        compared.*,
        old_report.received_at as old_report_received_at,
        acceptance.decision_id,
        -- A version that was accepted later counts since then.
        case
            when acceptance.decided_at > new_report.received_at then acceptance.decided_at
            else new_report.received_at
        end as restated_at,
        case when acceptance.receipt_id is null then 'revision' else 'decision' end as reason,
        case
            when compared.is_in_old = 0 then 'added'
            when compared.is_in_new = 0 then 'removed'
            when (compared.old_value is distinct from compared.new_value) then 'value'
            when (compared.old_qualifier is distinct from compared.new_qualifier) then 'qualifier'
            else 'status'
        end as change
    from compared
    inner join report_version as old_report on compared.old_receipt_id = old_report.receipt_id
    inner join report_version as new_report on compared.new_receipt_id = new_report.receipt_id
    left join acceptance on compared.new_receipt_id = acceptance.receipt_id
    where
        compared.is_in_old <> compared.is_in_new
        or compared.old_value is distinct from compared.new_value
        or compared.old_qualifier is distinct from compared.new_qualifier
        or compared.old_status is distinct from compared.new_status
)

select * from final
