{# Every row's columns, together, occur in another model: dbt's relationships test for keys of more than one column. #}
{% test found_in(model, to, columns, columns_there=none) %}
{%- set columns_there = columns_there or columns %}
select this_model.*
from {{ model }} as this_model
left join {{ to }} as other_model
    on {% for column in columns -%}
    other_model.{{ columns_there[loop.index0] }} = this_model.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor %}
where other_model.{{ columns_there[0] }} is null
{% endtest %}
