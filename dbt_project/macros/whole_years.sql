{#
    A build upon an earlier one: the years whose inputs changed are built anew, whole, and the others stay as
    they are. A year is that of a period's last day: nothing that a report, a figure or a step of its tree is made
    from has another one, but for deliverables, which int_changed_year therefore counts among a year's inputs.

    Only the load says that there is an earlier build, sound and by the same code: `builds_upon_earlier`. Without
    its word everything is built.
#}

{# What int_changed_year knew in the earlier build; nothing without one. `now_known` has the same columns. #}
{% macro years_known_before(now_known) -%}
    {%- if var('builds_upon_earlier') -%}
    select * from {{ this }}
    {%- else -%}
    select * from {{ now_known }} where false
    {%- endif -%}
{%- endmacro %}

{# A condition on a period's last day: true of what this build makes. #}
{% macro is_built(period_end) -%}
    {%- if not execute -%}
    {#- The order in which models are built follows from what is referred to when they are read. -#}
    {%- do ref('int_changed_year') -%}
    true
    {%- elif not var('builds_upon_earlier') -%}
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

{# The incremental strategy `whole_years`: in one transaction the years that were built replace those of before. #}
{% macro get_incremental_whole_years_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ is_built('period_end') }};
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }};
{%- endmacro %}
