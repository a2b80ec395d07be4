with

observation_version as (select * from {{ ref('int_observation_version') }}),

final as (
    select
        observation_version.observation_id,
        observation_version.receipt_id,
        observation_version.family,
        observation_version.organisation_code,
        observation_version.indicator_code,
        observation_version.period_start,
        observation_version.period_end,
        observation_version.period_grain,
        observation_version.place_code,
        observation_version.sex,
        observation_version.age_group,
        observation_version.residence,
        observation_version.population_group,
        observation_version.value,
        observation_version.numerator,
        observation_version.denominator,
        observation_version.qualifier,
        observation_version.data_status,
        observation_version.source_sheet,
        observation_version.source_cell,
        observation_version.source_text,
        observation_version.report_key,
        observation_version.citation,
        observation_version.citation_place,
        observation_version.remark,
        observation_version.deliverable_code,
        observation_version.deliverable_status,
        observation_version.row_number,
        observation_version.year,
        observation_version.period_label,
        observation_version.is_multi_year,
        observation_version.received_at,
        observation_version.correction_code,
        observation_version.value_as_reported
    from observation_version
    where observation_version.is_standing and {{ is_built('observation_version.period_end') }}
)

select * from final
