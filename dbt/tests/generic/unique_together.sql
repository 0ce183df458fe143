{# No two rows agree in all of these columns, and none of them is null: together they are the model's key. Where the engine
   itself holds the table to that, asking it costs nothing; the rows would have to be read and counted. #}
{% test unique_together(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
{%- if execute and has_primary_key(model, columns) %}
where 1 = 0  -- they are the primary key
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- for column in columns %}
    or {{ column }} is null
{%- endfor %}
{% endtest %}
