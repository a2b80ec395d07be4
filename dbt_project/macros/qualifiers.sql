{#
    How qualifiers travel (rule 7 of the adding-up rules): one definition for every sum, average
    and ratio, whatever is added: categories, places, periods or sources.
    The three macros below are aggregates over the parts of one figure.
#}

{# What a missing part says when there is nothing else to say. #}
{% macro qualifier_of_nothing(qualifier) -%}
    case
        when max(case when {{ qualifier }} = 'suppressed' then 1 else 0 end) = 1 then 'suppressed'
        when max(case when {{ qualifier }} = 'not_reported' then 1 else 0 end) = 1 then 'not_reported'
        else 'not_applicable'
    end
{%- endmacro %}

{#
    The qualifier of a sum. `counted` says which rows entered it, `missing` which rows should have:
    a missing part is worth an `at_least`, one that does not apply is neither counted nor missing.
    `lacking` is a condition on the whole sum under which a part is missing that has no row.
#}
{% macro qualifier_of_sum(qualifier, counted, missing, lacking=none) -%}
    {%- set has = {} -%}
    {%- for name in ['more_than', 'at_least', 'less_than', 'at_most', 'approximate'] -%}
        {%- do has.update({name: "max(case when " ~ counted ~ " and " ~ qualifier ~ " = '" ~ name ~ "' then 1 else 0 end)"}) -%}
    {%- endfor -%}
    {%- set is_short = "max(case when " ~ missing ~ " then 1 else 0 end)" -%}
    {%- if lacking -%}
        {%- set is_short = is_short ~ " + case when " ~ lacking ~ " then 1 else 0 end" -%}
    {%- endif -%}
    case
        when {{ has.more_than }} + {{ has.at_least }} + {{ is_short }} > 0
            and {{ has.less_than }} + {{ has.at_most }} > 0 then 'approximate'
        when {{ has.approximate }} = 1 then 'approximate'
        when {{ has.at_least }} + {{ is_short }} > 0 then 'at_least'
        when {{ has.more_than }} = 1 then 'more_than'
        when {{ has.at_most }} = 1 then 'at_most'
        when {{ has.less_than }} = 1 then 'less_than'
        else 'exact'
    end
{%- endmacro %}

{# Which of two equal values a maximum takes: the one that may be the larger. #}
{% macro qualifier_height(qualifier) -%}
    case {{ qualifier }}
        when 'more_than' then 1
        when 'at_least' then 2
        when 'approximate' then 3
        when 'exact' then 4
        when 'at_most' then 5
        else 6
    end
{%- endmacro %}
