{#
    Why one statement of a cell yields to another of the same organisation: the first reason by
    which int_standing_statement ranks them that tells the two apart.
#}
{% macro hidden_statement_rule(chosen, hidden) -%}
    case
        when
            {{ hidden }}.value is null and {{ hidden }}.qualifier = 'not_reported'
            and not ({{ chosen }}.value is null and {{ chosen }}.qualifier = 'not_reported') then 'blank_yields'
        when
            {{ hidden }}.basis = 'parts' and not {{ hidden }}.is_complete
            and not ({{ chosen }}.basis = 'parts' and not {{ chosen }}.is_complete) then 'stated_before_parts'
        when {{ chosen }}.report_number <> {{ hidden }}.report_number then 'received_last'
        when {{ chosen }}.basis <> {{ hidden }}.basis then 'stated_before_parts'
        -- Inside one report each dimension gives one sum, in the order of its contract.
        when {{ chosen }}.basis = 'parts' then 'first_dimension'
        else 'first_in_file'
    end
{%- endmacro %}
