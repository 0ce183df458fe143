{# The text is given and valid JSON. #}
{% test valid_json(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} is null or {{ is_json(column_name) }} = 0
{% endtest %}
