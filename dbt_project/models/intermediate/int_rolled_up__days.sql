-- Rule 4 at the period level `days`: stated, else child places, else child periods.
with

statement as (
    select * from {{ ref('int_standing_statement') }}
    where statement_rank = 1 and period_level = 4 and {{ is_built('period_end', of_series=true) }}
),

series as (select * from {{ ref('int_series') }}),

place as (select * from {{ ref('int_place_tree') }}),

{{ roll_up_level(none) }}

select * from final
