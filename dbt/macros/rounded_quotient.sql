{# A quotient of two amounts or counts, neither negative, to two digits, half up. Exact: engines divide to different lengths. #}
{% macro rounded_quotient(dividend, divisor) -%}
  {#- Wide, so that no engine computes in whole numbers that are too short. -#}
  {%- set dividend, divisor = 'cast(' ~ dividend ~ ' as decimal(30, 2))', 'cast(' ~ divisor ~ ' as decimal(30, 2))' -%}
  {%- set hundredths = whole_quotient('200 * ' ~ dividend ~ ' + ' ~ divisor, '2 * ' ~ divisor) -%}
  cast({{ as_integer(hundredths) }} * 0.01 as decimal(18, 2))
{%- endmacro %}
