-- Rule 6: a deliverable counts once, whatever the number of reports that state it.
with

observation as (
    select * from {{ ref('int_observation_version') }}
    where is_standing and deliverable_code is not null
),

ranked as (
    select
        observation.*,
        row_number() over (
            partition by observation.deliverable_code, observation.data_status
            order by
                observation.report_number desc,
                case observation.deliverable_status
                    when 'done' then 1
                    when 'under_approval' then 2
                    when 'in_progress' then 3
                    when 'planned' then 4
                    else 5
                end asc,
                observation.row_number asc,
                observation.observation_id asc
        ) as last_received_rank,
        row_number() over (
            partition by observation.deliverable_code, observation.data_status
            order by
                observation.period_end,
                observation.period_start,
                observation.report_number,
                observation.row_number,
                observation.observation_id
        ) as first_period_rank,
        row_number() over (
            partition by observation.deliverable_code, observation.data_status
            order by
                observation.period_end desc,
                observation.period_start desc,
                observation.report_number asc,
                observation.row_number asc,
                observation.observation_id asc
        ) as last_period_rank
    from observation
),

final as (
    select
        ranked.deliverable_code,
        ranked.data_status,
        max(case when ranked.first_period_rank = 1 then ranked.indicator_code end) as indicator_code,
        max(case when ranked.last_received_rank = 1 then ranked.deliverable_status end) as status,
        max(case when ranked.last_received_rank = 1 then ranked.citation end) as citation,
        cast(count(*) as integer) as times_reported,
        max(case when ranked.first_period_rank = 1 then ranked.period_start end) as first_period_start,
        max(case when ranked.first_period_rank = 1 then ranked.period_end end) as first_period_end,
        max(case when ranked.first_period_rank = 1 then ranked.period_label end) as first_period_label,
        max(case when ranked.last_period_rank = 1 then ranked.period_start end) as last_period_start,
        max(case when ranked.last_period_rank = 1 then ranked.period_end end) as last_period_end,
        max(case when ranked.last_period_rank = 1 then ranked.period_label end) as last_period_label,
        min(ranked.received_at) as first_received_at,
        max(ranked.received_at) as last_received_at,
        {{ set_of_group('ranked.report_number') }} as reports
    from ranked
    group by ranked.deliverable_code, ranked.data_status
)

select * from final
