{# The columns of one relation, qualified, as they stand in a select list, a partition or a group by. #}
{% macro columns_of(alias, columns) -%}
{% for column in columns %}{{ alias }}.{{ column }}{{ "," if not loop.last }}
{% endfor %}
{%- endmacro %}

{# Which group a figure is about, in words; nothing for the total. #}
{% macro group_label(alias) -%}
    {%- for label, column in {
        'sex': 'sex', 'age': 'age_group', 'residence': 'residence', 'group': 'population_group'
    }.items() -%}
        case when {{ alias }}.{{ column }} = '_T' then '' else ' · {{ label }} ' || {{ alias }}.{{ column }} end
        {%- if not loop.last %} || {% endif -%}
    {%- endfor -%}
{%- endmacro %}
