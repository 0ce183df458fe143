{# A quotient of two amounts or counts, neither negative, to two digits, half up. Exact: engines divide to different lengths. #}
{% macro rounded_quotient(dividend, divisor) -%}
  {%- set hundredths = whole_quotient('200 * (' ~ dividend ~ ') + ' ~ divisor, '2 * ' ~ divisor) -%}
  cast({{ as_integer(hundredths) }} * 0.01 as decimal(18, 2))
{%- endmacro %}
