with

expected_result as (select * from {{ ref('stg_framework__expected_result') }}),

final as (
    select
        expected_result.result_code,
        expected_result.programme_code,
        expected_result.position,
        expected_result.name_ar,
        expected_result.name_fr,
        expected_result.name_en,
        expected_result.source
    from expected_result
)

select * from final
