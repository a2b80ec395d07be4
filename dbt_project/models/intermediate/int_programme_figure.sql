-- Rules 8 and 9: the national figures, each beside its target and the reports that were expected.
with

figure as (
    select * from {{ ref('int_figure') }}
    where place_code = 'MA' and is_total
),

indicator as (select * from {{ ref('stg_framework__indicator') }}),

target as (select * from {{ ref('stg_framework__target') }}),

expected_report as (select * from {{ ref('int_expected_report') }}),

programme_figure as (
    select
        figure.*,
        indicator.objective_code,
        indicator.programme_code,
        indicator.name_ar as indicator_name_ar,
        indicator.name_fr as indicator_name_fr,
        indicator.name_en as indicator_name_en,
        indicator.unit,
        indicator.direction
    from figure
    inner join indicator on figure.indicator_code = indicator.indicator_code
),

programme_period as (
    select distinct
        programme_figure.programme_code,
        programme_figure.data_status,
        programme_figure.period_start,
        programme_figure.period_end
    from programme_figure
),

-- What is not yet due is not yet expected, unless it came already.
reports_of_period as (
    select
        programme_period.programme_code,
        programme_period.data_status,
        programme_period.period_start,
        programme_period.period_end,
        cast(count(case when expected_report.state = 'accepted' then 1 end) as integer) as reports_accepted,
        cast(count(case when expected_report.state <> 'not_yet_due' then 1 end) as integer) as reports_expected
    from programme_period
    inner join expected_report
        on
            programme_period.programme_code = expected_report.programme_code
            and programme_period.data_status = expected_report.data_status
            and programme_period.period_start <= expected_report.period_start
            and programme_period.period_end >= expected_report.period_end
    group by
        programme_period.programme_code,
        programme_period.data_status,
        programme_period.period_start,
        programme_period.period_end
),

target_of_period as (
    select
        programme_figure.indicator_code,
        programme_figure.data_status,
        programme_figure.period_start,
        programme_figure.period_end,
        target.baseline,
        target.target,
        row_number() over (
            partition by
                programme_figure.indicator_code,
                programme_figure.data_status,
                programme_figure.period_start,
                programme_figure.period_end
            order by target.valid_from desc, target.target asc, target.baseline asc
        ) as target_rank
    from programme_figure
    inner join target
        on
            programme_figure.indicator_code = target.indicator_code
            and programme_figure.data_status = target.data_status
            and programme_figure.period_start >= target.valid_from
            and programme_figure.period_end <= coalesce(target.valid_to, programme_figure.period_end)
),

measured as (
    select
        programme_figure.*,
        target_of_period.baseline,
        target_of_period.target,
        {{ divide(
            'programme_figure.value - target_of_period.baseline',
            'target_of_period.target - target_of_period.baseline') }} as progress,
        coalesce(reports_of_period.reports_accepted, programme_figure.reports_behind) as reports_accepted,
        reports_of_period.reports_expected,
        {{ divide('reports_of_period.reports_accepted', 'reports_of_period.reports_expected') }} as completeness
    from programme_figure
    left join target_of_period
        on
            programme_figure.indicator_code = target_of_period.indicator_code
            and programme_figure.data_status = target_of_period.data_status
            and programme_figure.period_start = target_of_period.period_start
            and programme_figure.period_end = target_of_period.period_end
            and target_of_period.target_rank = 1
    left join reports_of_period
        on
            programme_figure.programme_code = reports_of_period.programme_code
            and programme_figure.data_status = reports_of_period.data_status
            and programme_figure.period_start = reports_of_period.period_start
            and programme_figure.period_end = reports_of_period.period_end
),

-- The way to the target must be the way in which the indicator gets better. A bound on the value is a
-- bound on the progress, of the other side where the target lies below the baseline.
directed as (
    select
        measured.*,
        measured.direction = 'increase' and measured.target > measured.baseline
        or measured.direction = 'decrease' and measured.target < measured.baseline as is_directed,
        case
            when measured.qualifier in ('exact', 'approximate') then 'known'
            when (measured.qualifier in ('more_than', 'at_least')) = (measured.target > measured.baseline)
                then 'at_least'
            else 'at_most'
        end as progress_bound
    from measured
),

-- A progress that is only bounded is rated where every value within the bound has that rating.
final as (
    select
        directed.*,
        case
            when directed.progress is null or directed.is_directed is not true then 'unknown'
            when
                directed.progress_bound <> 'at_most'
                and directed.progress >= cast({{ var('rating_achieved') }} as decimal(10, 4)) then 'achieved'
            when
                directed.progress_bound <> 'at_least'
                and directed.progress < cast({{ var('rating_on_track') }} as decimal(10, 4)) then 'behind'
            when directed.progress_bound <> 'known' then 'unknown'
            else 'on_track'
        end as rating
    from directed
)

select * from final
