-- Rule 4 at the period level `half_year`: stated, else child places, else child periods.
with

statement as (
    select * from {{ ref('int_standing_statement') }}
    where statement_rank = 1 and period_level = 1 and {{ is_built('period_end', of_series=true) }}
),

series as (select * from {{ ref('int_series') }}),

place as (select * from {{ ref('int_place_tree') }}),

finer as (
    {{ finer_nodes(['quarter']) }}
),

{{ roll_up_level(6) }}

select * from final
