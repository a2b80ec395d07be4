{#
    What differs between engines. A model calls the plain name; the second engine adds its own
    `<engine>__` version beside the default one, which is DuckDB's.
#}

{# The type figures are added up in. Marts cast back to decimal(28, 10). #}
{% macro wide_decimal() -%} decimal(38, 10) {%- endmacro %}

{#
    numerator / denominator, exact, rounded half away from zero at 10 decimals; null when the
    denominator is 0 or null. DuckDB's own decimal division goes through DOUBLE and is wrong from
    the 16th digit on, so this one divides whole numbers: both sides have 10 decimals, hence their
    digits without the point are integers with the same quotient. Holds for numerators of 28 digits
    before the point and denominators below 10^18; beyond that it fails, it is never wrong.
#}
{% macro divide(numerator, denominator) -%}
    {{ return(adapter.dispatch('divide')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__divide(numerator, denominator) -%}
    {%- set n = "abs(" ~ decimal_digits(numerator) ~ ")" -%}
    {%- set d = "nullif(abs(" ~ decimal_digits(denominator) ~ "), 0)" -%}
    {%- set scale = "cast(10000000000 as hugeint)" -%}
    cast(
        cast(
            (
                ({{ n }} // {{ d }}) * {{ scale }}
                + (({{ n }} % {{ d }}) * {{ scale }} + {{ d }} // 2) // {{ d }}
            )
            * cast(sign({{ numerator }}) * sign({{ denominator }}) as integer)
        as decimal(38, 0)) * cast(0.0000000001 as decimal(10, 10))
    as {{ wide_decimal() }})
{%- endmacro %}

{# The digits of a decimal without its point, as a whole number: 1.5 -> 15000000000. #}
{% macro decimal_digits(number) -%}
    cast(replace(cast(cast({{ number }} as {{ wide_decimal() }}) as varchar), '.', '') as hugeint)
{%- endmacro %}

{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
    cast({{ date }} + ({{ days }}) as date)
{%- endmacro %}

{% macro days_between(first_date, last_date) -%}
    {{ return(adapter.dispatch('days_between')(first_date, last_date)) }}
{%- endmacro %}

{% macro default__days_between(first_date, last_date) -%}
    cast({{ last_date }} - {{ first_date }} as integer)
{%- endmacro %}

{# The first day of a month counted from year 0: 24228 -> 2019-01-01. #}
{% macro first_of_month(month_number) -%}
    {{ return(adapter.dispatch('first_of_month')(month_number)) }}
{%- endmacro %}

{% macro default__first_of_month(month_number) -%}
    make_date(cast(({{ month_number }}) // 12 as integer), cast(({{ month_number }}) % 12 + 1 as integer), 1)
{%- endmacro %}

{# One row for each whole number from first to last; stands in a select list. #}
{% macro each_number(first_number, last_number) -%}
    {{ return(adapter.dispatch('each_number')(first_number, last_number)) }}
{%- endmacro %}

{% macro default__each_number(first_number, last_number) -%}
    unnest(generate_series({{ first_number }}, {{ last_number }}))
{%- endmacro %}

{# Sets of report numbers that travel with a figure: a set of one, the union of a group's sets, its size. #}
{% macro set_of(element) -%}
    {{ return(adapter.dispatch('set_of')(element)) }}
{%- endmacro %}

{% macro default__set_of(element) -%} list_value({{ element }}) {%- endmacro %}

{% macro union_of_sets(sets) -%}
    {{ return(adapter.dispatch('union_of_sets')(sets)) }}
{%- endmacro %}

{% macro default__union_of_sets(sets) -%} list_distinct(flatten(list({{ sets }}))) {%- endmacro %}

{% macro set_of_group(element) -%}
    {{ return(adapter.dispatch('set_of_group')(element)) }}
{%- endmacro %}

{% macro default__set_of_group(element) -%} list(distinct {{ element }}) {%- endmacro %}

{% macro size_of_set(elements) -%}
    {{ return(adapter.dispatch('size_of_set')(elements)) }}
{%- endmacro %}

{% macro default__size_of_set(elements) -%} cast(len({{ elements }}) as integer) {%- endmacro %}

{# The texts of a group in one, parted by |, in the order of a column. #}
{% macro joined_texts(text, position) -%}
    {{ return(adapter.dispatch('joined_texts')(text, position)) }}
{%- endmacro %}

{% macro default__joined_texts(text, position) -%} string_agg({{ text }}, '|' order by {{ position }}) {%- endmacro %}

{# The numbers of a set as one text, parted by |, ascending. #}
{% macro set_as_text(elements) -%}
    {{ return(adapter.dispatch('set_as_text')(elements)) }}
{%- endmacro %}

{% macro default__set_as_text(elements) -%} array_to_string(list_sort({{ elements }}), '|') {%- endmacro %}

{# One number for all rows of a group, whatever their order: other rows give another one. #}
{% macro checksum_of_rows(alias, columns) -%}
    {{ return(adapter.dispatch('checksum_of_rows')(alias, columns)) }}
{%- endmacro %}

{# Hashed twice, since the hash of several columns mixes the last one too little to be added up. #}
{% macro default__checksum_of_rows(alias, columns) -%}
    sum(cast(hash(hash({% for column in columns %}{{ alias }}.{{ column }}{{ ', ' if not loop.last }}{% endfor %})) as hugeint))
{%- endmacro %}

{# A stable short identity of the columns of one relation. `kind` keeps identities of different tables apart. #}
{% macro identity(alias, columns, kind='') -%}
    md5('{{ kind }}'{% for column in columns %} || '|' || coalesce(cast({{ alias }}.{{ column }} as varchar), '~'){% endfor %})
{%- endmacro %}
