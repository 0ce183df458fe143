{# Whether an order's amount earns all or nearly all the most per unit paid, and is no round price. Aliases of an order, its
   campaign and the settings of the rule voucher_optimal_bunching. #}
{% macro is_optimal_amount(orders, campaign, rule) -%}
  {%- set rate = wide_rate(campaign ~ '.voucher_rate') -%}
  {{- return(
      orders ~ '.gmv * ' ~ rate ~ ' >= ' ~ campaign ~ '.voucher_cap and (' ~ orders ~ '.gmv - ' ~ rule
      ~ '.width) * ' ~ rate ~ ' <= ' ~ campaign ~ '.voucher_cap and mod(' ~ orders ~ '.gmv, ' ~ rule ~ '.round_to) <> 0'
  ) -}}
{%- endmacro %}
