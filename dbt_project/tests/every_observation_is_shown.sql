-- Nothing that stands is lost on the way: every observation has a figure for its place, group and
-- year. Deliverables are counted by their identity, nationally.
with

observation as (
    select distinct
        fct_observation.indicator_code,
        fct_observation.data_status,
        fct_observation.place_code,
        fct_observation.year,
        fct_observation.is_multi_year,
        fct_observation.sex,
        fct_observation.age_group,
        fct_observation.residence,
        fct_observation.population_group
    from {{ ref('fct_observation') }} as fct_observation
    inner join {{ ref('dim_indicator') }} as dim_indicator
        on fct_observation.indicator_code = dim_indicator.indicator_code
    where fct_observation.deliverable_code is null and not dim_indicator.is_deliverable_count
),

figure as (
    select distinct
        by_place.indicator_code,
        by_place.data_status,
        by_place.place_code,
        by_place.year,
        by_place.is_multi_year,
        '_T' as sex,
        '_T' as age_group,
        '_T' as residence,
        '_T' as population_group
    from {{ ref('indicator_by_place_year') }} as by_place
    union all
    select distinct
        by_group.indicator_code,
        by_group.data_status,
        by_group.place_code,
        by_group.year,
        by_group.is_multi_year,
        by_group.sex,
        by_group.age_group,
        by_group.residence,
        by_group.population_group
    from {{ ref('indicator_by_group_year') }} as by_group
)

select observation.*
from observation
left join figure
    on
        observation.indicator_code = figure.indicator_code
        and observation.data_status = figure.data_status
        and observation.place_code = figure.place_code
        and observation.year = figure.year
        and observation.is_multi_year = figure.is_multi_year
        and observation.sex = figure.sex
        and observation.age_group = figure.age_group
        and observation.residence = figure.residence
        and observation.population_group = figure.population_group
where figure.indicator_code is null
