{# Every code of the named columns stands in its dimension, in the column of the same name. #}
{% test known_codes(model, indicator_code, place_code, organisation_code) %}
{% for column, dimension in {
    'indicator_code': indicator_code, 'place_code': place_code, 'organisation_code': organisation_code
}.items() %}
select distinct
    '{{ column }}' as column_name,
    fact.{{ column }} as code
from {{ model }} as fact
left join {{ dimension }} as dimension on fact.{{ column }} = dimension.{{ column }}
where dimension.{{ column }} is null
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% endtest %}
