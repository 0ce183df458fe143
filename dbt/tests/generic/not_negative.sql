{# The number is given and 0 or more. #}
{% test not_negative(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} is null or {{ column_name }} < 0
{% endtest %}
