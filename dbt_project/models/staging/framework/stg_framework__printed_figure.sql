with

source as (select * from {{ ref('printed_figure') }}),

final as (
    select
        printed_id,
        statement,
        indicator_code,
        place_code,
        period_start,
        period_end,
        data_status,
        printed_text,
        printed_value,
        qualifier,
        printed_where,
        citation
    from source
)

select * from final
