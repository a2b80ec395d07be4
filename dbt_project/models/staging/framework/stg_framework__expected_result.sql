with

source as (select * from {{ ref('expected_result') }}),

final as (
    select
        result_code,
        programme_code,
        position,
        name_ar,
        name_fr,
        name_en,
        source
    from source
)

select * from final
