-- Published figures of several indicators beside each other: shares and their whole, figures and what they are
-- made of, printed percentages and their numbers, and what looks alike and must not be compared.
with

published_comparison as (select * from {{ ref('stg_framework__published_comparison') }}),

indicator as (select * from {{ ref('stg_framework__indicator') }}),

figure as (
    select * from {{ ref('int_figure') }}
    where is_total
),

-- The citation of the statement that a figure is.
cited as (
    select
        cell_total.indicator_code,
        cell_total.data_status,
        cell_total.place_code,
        cell_total.period_start,
        cell_total.period_end,
        cell_total.value,
        min(cell_total.citation) as citation
    from {{ ref('int_cell_total') }} as cell_total
    where
        cell_total.basis = 'stated'
        and cell_total.sex = '_T' and cell_total.age_group = '_T'
        and cell_total.residence = '_T' and cell_total.population_group = '_T'
    group by
        cell_total.indicator_code,
        cell_total.data_status,
        cell_total.place_code,
        cell_total.period_start,
        cell_total.period_end,
        cell_total.value
),

known as (
    select
        figure.indicator_code,
        figure.data_status,
        figure.place_code,
        figure.period_start,
        figure.period_end,
        figure.value,
        indicator.unit,
        cited.citation
    from figure
    inner join indicator on figure.indicator_code = indicator.indicator_code
    left join cited
        on
            figure.indicator_code = cited.indicator_code
            and figure.data_status = cited.data_status
            and figure.place_code = cited.place_code
            and figure.period_start = cited.period_start
            and figure.period_end = cited.period_end
            and figure.value = cited.value
    where figure.value is not null
),

right_side as (
    select
        published_comparison.comparison_id,
        cast(sum(known.value) as {{ wide_decimal() }}) as value,
        max(known.unit) as unit,
        min(known.citation) as citation,
        count(*) as figures
    from published_comparison
    inner join known
        on
            position('|' || known.indicator_code || '|' in '|' || published_comparison.right_indicator_codes || '|') > 0
            and published_comparison.data_status = known.data_status
            and published_comparison.place_code = known.place_code
            and published_comparison.right_period_start = known.period_start
            and published_comparison.right_period_end = known.period_end
    group by published_comparison.comparison_id
),

-- What is compared is only what the release holds: each side in full.
compared as (
    select
        published_comparison.comparison_id,
        published_comparison.relation,
        published_comparison.place_code,
        published_comparison.data_status,
        published_comparison.left_period_start,
        published_comparison.left_period_end,
        published_comparison.right_period_start,
        published_comparison.right_period_end,
        published_comparison.tolerance,
        published_comparison.rule as reason,
        coalesce(published_comparison.left_indicator_code, published_comparison.right_indicator_codes)
            as compared_code,
        concat_ws('|', published_comparison.left_indicator_code, published_comparison.right_indicator_codes)
            as indicator_codes,
        coalesce(published_comparison.left_value, left_figure.value) as left_value,
        coalesce(
            published_comparison.left_text, published_comparison.left_indicator_code || ' (' || left_figure.unit || ')'
        ) as left_label,
        coalesce(published_comparison.left_citation, left_figure.citation) as left_citation,
        case
            when published_comparison.relation = 'share'
                then {{ divide('right_side.value * 100', 'published_comparison.denominator') }}
            else coalesce(published_comparison.right_value, right_side.value)
        end as right_value,
        case
            when published_comparison.right_text is not null then published_comparison.right_text
            when published_comparison.relation = 'share'
                then
                    published_comparison.right_indicator_codes || ' / '
                    || cast(cast(published_comparison.denominator as bigint) as varchar)
            else
                replace(published_comparison.right_indicator_codes, '|', ' + ') || ' (' || right_side.unit || ')'
        end as right_label,
        coalesce(published_comparison.right_citation, right_side.citation) as right_citation
    from published_comparison
    left join known as left_figure
        on
            published_comparison.left_indicator_code = left_figure.indicator_code
            and published_comparison.data_status = left_figure.data_status
            and published_comparison.place_code = left_figure.place_code
            and published_comparison.left_period_start = left_figure.period_start
            and published_comparison.left_period_end = left_figure.period_end
    left join right_side on published_comparison.comparison_id = right_side.comparison_id
    where
        coalesce(published_comparison.left_value, left_figure.value) is not null
        and (
            published_comparison.right_value is not null
            or right_side.figures = length(published_comparison.right_indicator_codes)
            - length(replace(published_comparison.right_indicator_codes, '|', '')) + 1
        )
        -- A printed value alone is no news: one side at least is a figure of the release.
        and (left_figure.value is not null or right_side.value is not null)
),

measured as (
    select
        compared.*,
        case
            when position('|' in compared.compared_code) > 0
                then substring(compared.compared_code, 1, position('|' in compared.compared_code) - 1)
            else compared.compared_code
        end as indicator_code,
        case when compared.relation <> 'not_compared' then compared.right_value - compared.left_value end as difference
    from compared
),

final as (
    select
        measured.*,
        case
            when measured.relation = 'not_compared' then 'not_compared'
            when measured.difference = 0 then 'agreed'
            when abs(measured.difference) <= measured.tolerance then 'rounding'
            else 'different'
        end as status,
        case
            when measured.relation = 'not_compared' then measured.reason
            when measured.difference = 0 then measured.relation || '_agrees'
            when abs(measured.difference) <= measured.tolerance then measured.relation || '_within_rounding'
            else measured.relation || '_differs'
        end as comparison_rule
    from measured
)

select * from final
