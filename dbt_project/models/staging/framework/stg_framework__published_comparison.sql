with

source as (select * from {{ ref('published_comparison') }}),

final as (
    select
        comparison_id,
        relation,
        place_code,
        data_status,
        left_period_start,
        left_period_end,
        left_indicator_code,
        left_value,
        left_text,
        left_citation,
        right_period_start,
        right_period_end,
        right_indicator_codes,
        right_value,
        right_text,
        right_citation,
        denominator,
        tolerance,
        rule
    from source
)

select * from final
