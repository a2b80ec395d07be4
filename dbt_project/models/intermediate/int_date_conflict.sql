-- One figure that two citations date to different years. Neither is dropped; both years are shown.
with

indicator as (select * from {{ ref('stg_framework__indicator') }}),

-- Rounded figures and percentages are often equal by chance: only exact counts tell.
cell_total as (
    select cell_total.*
    from {{ ref('int_cell_total') }} as cell_total
    inner join indicator on cell_total.indicator_code = indicator.indicator_code
    where
        cell_total.basis = 'stated'
        and cell_total.citation is not null
        and cell_total.qualifier = 'exact'
        and indicator.value_type <> 'percent'
        and {{ period_label('cell_total.period_start', 'cell_total.period_end') }}
        = cast(extract(year from cell_total.period_end) as varchar)
),

stated_year as (
    select distinct
        cell_total.organisation_code,
        cell_total.indicator_code,
        cell_total.data_status,
        cell_total.place_code,
        cell_total.sex,
        cell_total.age_group,
        cell_total.residence,
        cell_total.population_group,
        cast(extract(year from cell_total.period_end) as integer) as year,
        cell_total.period_start,
        cell_total.period_end,
        cell_total.value,
        cell_total.citation
    from cell_total
),

pair as (
    select
        earlier.*,
        later.year as later_year,
        later.citation as later_citation
    from stated_year as earlier
    inner join stated_year as later
        on
            earlier.organisation_code = later.organisation_code
            and earlier.indicator_code = later.indicator_code
            and earlier.data_status = later.data_status
            and earlier.place_code = later.place_code
            and earlier.sex = later.sex
            and earlier.age_group = later.age_group
            and earlier.residence = later.residence
            and earlier.population_group = later.population_group
            and earlier.value = later.value
    where
        earlier.value <> 0
        and earlier.year < later.year
        and earlier.citation <> later.citation
),

-- Whoever states both years says that the figure simply stayed the same.
stated_both as (
    select distinct
        pair.organisation_code,
        pair.indicator_code,
        pair.data_status,
        pair.place_code,
        pair.sex,
        pair.age_group,
        pair.residence,
        pair.population_group,
        pair.year,
        pair.later_year
    from pair
    inner join stated_year as one
        on
            pair.organisation_code = one.organisation_code
            and pair.indicator_code = one.indicator_code
            and pair.data_status = one.data_status
            and pair.place_code = one.place_code
            and pair.sex = one.sex
            and pair.age_group = one.age_group
            and pair.residence = one.residence
            and pair.population_group = one.population_group
            and pair.year = one.year
    inner join stated_year as other
        on
            one.organisation_code = other.organisation_code
            and one.indicator_code = other.indicator_code
            and one.data_status = other.data_status
            and one.place_code = other.place_code
            and one.sex = other.sex
            and one.age_group = other.age_group
            and one.residence = other.residence
            and one.population_group = other.population_group
            and one.citation = other.citation
            and pair.later_year = other.year
),

final as (
    select
        pair.organisation_code,
        pair.indicator_code,
        pair.data_status,
        pair.place_code,
        pair.sex,
        pair.age_group,
        pair.residence,
        pair.population_group,
        pair.year,
        pair.later_year,
        pair.value,
        min(pair.citation) as citation,
        min(pair.later_citation) as later_citation
    from pair
    left join stated_both
        on
            pair.organisation_code = stated_both.organisation_code
            and pair.indicator_code = stated_both.indicator_code
            and pair.data_status = stated_both.data_status
            and pair.place_code = stated_both.place_code
            and pair.sex = stated_both.sex
            and pair.age_group = stated_both.age_group
            and pair.residence = stated_both.residence
            and pair.population_group = stated_both.population_group
            and pair.year = stated_both.year
            and pair.later_year = stated_both.later_year
    where stated_both.organisation_code is null
    group by
        pair.organisation_code,
        pair.indicator_code,
        pair.data_status,
        pair.place_code,
        pair.sex,
        pair.age_group,
        pair.residence,
        pair.population_group,
        pair.year,
        pair.later_year,
        pair.value
)

select * from final
