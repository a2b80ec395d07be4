with

source as (select * from {{ source('lake', 'observations') }}),

final as (
    select
        observation_id,
        receipt_id,
        family,
        organisation_code,
        indicator_code,
        period_start,
        period_end,
        period_grain,
        place_code,
        sex,
        age_group,
        residence,
        population_group,
        value,
        numerator,
        denominator,
        qualifier,
        data_status,
        source_sheet,
        source_cell,
        source_text,
        row_number,
        citation,
        citation_place,
        remark,
        deliverable_code,
        deliverable_status,
        received_date,
        correction_code,
        value_as_reported
    from source
)

select * from final
