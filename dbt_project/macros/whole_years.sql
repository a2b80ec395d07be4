{#
    A build upon an earlier one: the years whose inputs changed are built anew, whole, and the others stay as
    they are. A year is that of a period's last day: nothing that a report, a figure or a step of its tree is made
    from has another one, but for deliverables, which int_changed_year therefore counts among a year's inputs.

    Only the load says that there is an earlier build, sound and by the same code. Without its word everything is
    built.
#}

{# Whether the warehouse file holds such a build; asked when a model is built, as `as_of_date`. #}
{% macro builds_upon_earlier() -%}
    {{ return(execute and env_var('HASILA_BUILDS_UPON_EARLIER', 'false') == 'true') }}
{%- endmacro %}

{# What int_changed_year knew in the earlier build; nothing without one. `now_known` has the same columns. #}
{% macro years_known_before(now_known) -%}
    {%- if builds_upon_earlier() -%}
    select * from {{ this }}
    {%- else -%}
    select * from {{ now_known }} where false
    {%- endif -%}
{%- endmacro %}

{# Whether the earlier build had another series by this one's number; `series` has the columns `key` and series_id. #}
{% macro is_renumbered(series, key) -%}
    {%- if builds_upon_earlier() -%}
    exists (
        select 1 from {{ this }} as known_before
        where
            known_before.series_id = {{ series }}.series_id
            and (
                {% for column in key -%}
                known_before.{{ column }} <> {{ series }}.{{ column }}{{ ' or ' if not loop.last }}
                {%- endfor %}
            )
    )
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}

{#
    A condition on a period's last day: true of what this build makes. Rows `of_series` carry the number of their
    series: where the series are numbered anew, every year of them is.
#}
{% macro is_built(period_end, of_series=false) -%}
    {%- if not execute -%}
    {#- The order in which models are built follows from what is referred to when they are read. -#}
    {%- do ref('int_changed_year') -%}
    {%- if of_series -%}{%- do ref('int_series') -%}{%- endif -%}
    true
    {%- elif not builds_upon_earlier() -%}
    true
    {%- elif of_series and run_query('select 1 from ' ~ ref('int_series') ~ ' where is_renumbered limit 1').rows -%}
    true
    {%- else -%}
    {%- set found = run_query('select year from ' ~ ref('int_changed_year') ~ ' where is_changed order by year') -%}
    (
        {%- for year in found.columns[0].values() %}
        {% if year is none -%}
        {{ period_end }} is null
        {%- else -%}
        {{ period_end }} between cast('{{ '%04d' | format(year | int) }}-01-01' as date)
        and cast('{{ '%04d' | format(year | int) }}-12-31' as date)
        {%- endif %}
        or
        {%- endfor %}
        false
    )
    {%- endif -%}
{%- endmacro %}

{# The incremental strategies: in one transaction the years that were built replace those of before. #}
{% macro get_incremental_whole_years_sql(arguments) -%}
    {{ replace_years(arguments, of_series=false) }}
{%- endmacro %}

{% macro get_incremental_whole_years_of_series_sql(arguments) -%}
    {{ replace_years(arguments, of_series=true) }}
{%- endmacro %}

{% macro replace_years(arguments, of_series) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ is_built('period_end', of_series=of_series) }};
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }};
{%- endmacro %}
