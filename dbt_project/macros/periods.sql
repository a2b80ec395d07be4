{#
    The tree of periods: year > half year > quarter > month; another period inside one year is a
    leaf of the smallest of these that holds it; a period that crosses years stands alone.
    Levels: 0 year (or years), 1 half year, 2 quarter, 3 month, 4 any other span of days.
#}

{#
    The day up to which reports were received; nothing in the models reads the clock. A variable of the environment,
    as all that differs from night to night: after another `--vars` dbt reads the whole project again. It is asked for
    when a model is built and not when it is read: dbt reads again whatever was read with another value.
#}
{% macro as_of_date() -%}
    cast('{{ env_var('HASILA_AS_OF_DATE', '1900-01-01') if execute else '1900-01-01' }}' as date)
{%- endmacro %}

{% macro month_number(date) -%}
    (extract(year from {{ date }}) * 12 + extract(month from {{ date }}) - 1)
{%- endmacro %}

{% macro is_multi_year(period_start, period_end) -%}
    (extract(year from {{ period_start }}) <> extract(year from {{ period_end }}))
{%- endmacro %}

{% macro is_whole_months(period_start, period_end) -%}
    (extract(day from {{ period_start }}) = 1 and extract(day from {{ add_days(period_end, 1) }}) = 1)
{%- endmacro %}

{% macro months_of(period_start, period_end) -%}
    ({{ month_number(period_end) }} - {{ month_number(period_start) }} + 1)
{%- endmacro %}

{# Whole months, `length` of them, beginning where such a node of the year begins. #}
{% macro is_node(period_start, period_end, length) -%}
    {{ is_whole_months(period_start, period_end) }}
    and {{ months_of(period_start, period_end) }} = {{ length }}
    and (extract(month from {{ period_start }}) - 1) % {{ length }} = 0
{%- endmacro %}

{% macro period_level(period_start, period_end) -%}
    case
        when {{ is_multi_year(period_start, period_end) }} then 0
        when {{ is_node(period_start, period_end, 12) }} then 0
        when {{ is_node(period_start, period_end, 6) }} then 1
        when {{ is_node(period_start, period_end, 3) }} then 2
        when {{ is_node(period_start, period_end, 1) }} then 3
        else 4
    end
{%- endmacro %}

{# How many months the parent node has; null for what has no parent. #}
{% macro parent_length(period_start, period_end) -%}
    {%- set first_month = "(extract(month from " ~ period_start ~ ") - 1)" -%}
    {%- set last_month = "(extract(month from " ~ period_end ~ ") - 1)" -%}
    case {{ period_level(period_start, period_end) }}
        when 0 then null
        when 1 then 12
        when 2 then 6
        when 3 then 3
        else
            case
                when {{ first_month }} = {{ last_month }} then 1
                when {{ first_month }} // 3 = {{ last_month }} // 3 then 3
                when {{ first_month }} // 6 = {{ last_month }} // 6 then 6
                else 12
            end
    end
{%- endmacro %}

{% macro period_label(period_start, period_end) -%}
    {%- set first_day = "cast(" ~ period_start ~ " as varchar)" -%}
    {%- set last_day = "cast(" ~ period_end ~ " as varchar)" -%}
    case
        when not {{ is_whole_months(period_start, period_end) }}
            then case when {{ period_start }} = {{ period_end }} then {{ first_day }}
                else {{ first_day }} || '/' || {{ last_day }} end
        when extract(month from {{ period_start }}) = 1 and extract(month from {{ period_end }}) = 12
            then case when {{ is_multi_year(period_start, period_end) }}
                then substring({{ first_day }}, 1, 4) || '-' || substring({{ last_day }}, 1, 4)
                else substring({{ first_day }}, 1, 4) end
        when {{ is_node(period_start, period_end, 6) }}
            then substring({{ first_day }}, 1, 4) || '-H'
                || case when extract(month from {{ period_start }}) = 1 then '1' else '2' end
        when {{ is_node(period_start, period_end, 3) }}
            then substring({{ first_day }}, 1, 4) || '-Q'
                || cast((extract(month from {{ period_start }}) + 2) // 3 as varchar)
        when {{ is_node(period_start, period_end, 1) }} then substring({{ first_day }}, 1, 7)
        else substring({{ first_day }}, 1, 7) || '/' || substring({{ last_day }}, 1, 7)
    end
{%- endmacro %}

{# One bit for each month of the year a period touches; 0 for a period that crosses years. #}
{% macro month_bits(period_start, period_end) -%}
    case
        when {{ is_multi_year(period_start, period_end) }} then 0
        else cast(
            power(2, extract(month from {{ period_end }})) - power(2, extract(month from {{ period_start }}) - 1)
        as integer)
    end
{%- endmacro %}
