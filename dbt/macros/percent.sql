{# A part in percent of a whole, neither negative, to two digits, half up; null where the whole is 0. #}
{% macro percent(part, whole) -%}
  {{ rounded_quotient('100 * cast(' ~ part ~ ' as decimal(30, 2))', 'nullif(' ~ whole ~ ', 0)') }}
{%- endmacro %}

{# Whole days from one date to a later one. #}
{% macro days_between(earlier, later) -%}
  {{ as_integer(whole_quotient(seconds_between(earlier, later), '86400')) }}
{%- endmacro %}
