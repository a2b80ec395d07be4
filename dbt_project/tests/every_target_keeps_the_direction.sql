-- A target lies on the side of its baseline on which the indicator gets better.
select
    fct_target.indicator_code,
    fct_target.valid_from,
    fct_target.baseline,
    fct_target.target,
    dim_indicator.direction
from {{ ref('fct_target') }} as fct_target
inner join {{ ref('dim_indicator') }} as dim_indicator on fct_target.indicator_code = dim_indicator.indicator_code
where
    dim_indicator.direction = 'increase' and fct_target.target < fct_target.baseline
    or dim_indicator.direction = 'decrease' and fct_target.target > fct_target.baseline
