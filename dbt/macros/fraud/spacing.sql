{#- Minutes from one order of a shop or customer to the next, half up. -#}

{# Expression over orders: minutes since the order before of the same subject; null for the first. #}
{% macro minutes_since_last(subject) -%}
  {{ whole_quotient(
      seconds_between('lag(txn_time) over (partition by ' ~ subject ~ ' order by txn_time, order_id)', 'txn_time') ~ ' + 30',
      '60'
  ) }}
{%- endmacro %}

{# What the two subjects of the rule regular_spacing are read from: name, column, counts of gaps, orders. #}
{% macro spaced_subjects() %}
  {{- return([
      {'type': 'shop', 'key': 'shop_id', 'gaps': ref('int_shop_gap'), 'orders': ref('int_shop_order')},
      {'type': 'customer', 'key': 'customer_id', 'gaps': ref('int_customer_gap'), 'orders': ref('int_customer_order')},
  ]) -}}
{% endmacro %}
