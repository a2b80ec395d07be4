with

deliverable as (select * from {{ ref('int_deliverable') }}),

known_deliverable as (select * from {{ ref('stg_framework__deliverable') }}),

indicator as (select * from {{ ref('stg_framework__indicator') }}),

final as (
    select
        deliverable.deliverable_code,
        coalesce(known_deliverable.programme_code, indicator.programme_code) as programme_code,
        coalesce(known_deliverable.indicator_code, deliverable.indicator_code) as indicator_code,
        known_deliverable.name_ar,
        known_deliverable.name_fr,
        known_deliverable.name_en,
        known_deliverable.deliverable_type,
        deliverable.status,
        deliverable.times_reported,
        deliverable.first_period_start,
        deliverable.first_period_end,
        deliverable.first_period_label,
        deliverable.last_period_start,
        deliverable.last_period_end,
        deliverable.last_period_label,
        deliverable.citation,
        deliverable.data_status,
        1 as quantity,
        deliverable.first_received_at,
        deliverable.last_received_at
    from deliverable
    left join known_deliverable on deliverable.deliverable_code = known_deliverable.deliverable_code
    left join indicator on deliverable.indicator_code = indicator.indicator_code
)

select * from final
