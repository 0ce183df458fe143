{#- Spark 3.5 and 4, by its thrift server: tables as Parquet in the cluster's warehouse, orders and finished marts in the store,
    which the cluster and this machine see under the same path. -#}

{% macro spark__accepted_orders(orders) %}{{ return('parquet.`' ~ engine_store() ~ '/orders`') }}{% endmacro %}

{# Sorted over all parts, which follow one another: MySQL then fills the table from one end to the other. #}
{% macro spark__hand_over() %}
  {{- return(
      "insert overwrite directory '" ~ handed_over_mart() ~ "' using parquet select * from " ~ this ~ " " ~ order_by_key()
  ) -}}
{% endmacro %}

{% macro spark__as_text(value) %}{{ return('cast(' ~ value ~ ' as string)') }}{% endmacro %}

{% macro spark__as_integer(value) %}{{ return('cast(' ~ value ~ ' as bigint)') }}{% endmacro %}

{% macro spark__with_thousands(value) %}{{ return('format_number(cast(' ~ value ~ ' as bigint), 0)') }}{% endmacro %}

{% macro spark__whole_quotient(dividend, divisor) %}{{ return('((' ~ dividend ~ ') div (' ~ divisor ~ '))') }}{% endmacro %}

{% macro spark__add_days(date, days) %}{{ return('date_add(' ~ date ~ ', ' ~ days ~ ')') }}{% endmacro %}

{% macro spark__hour_of(time) %}{{ return('hour(' ~ time ~ ')') }}{% endmacro %}

{# The session's zone is UTC (profiles.yml), so that no hour is missing or twice. #}
{% macro spark__seconds_between(earlier, later) %}
  {{- return('(unix_timestamp(' ~ later ~ ') - unix_timestamp(' ~ earlier ~ '))') -}}
{% endmacro %}

{# collect_list has no order of its own: what is collected is sorted by the place that it carries. #}
{% macro spark__ordered_list(value, order_by, separator) %}
  {%- set item -%}
    case when {{ value }} is not null then named_struct('place', {{ order_by }}, 'item', cast({{ value }} as string)) end
  {%- endset -%}
  {{- return("nullif(array_join(transform(array_sort(collect_list(" ~ item ~ ")), each -> each.item), '" ~ separator ~ "'), '')") -}}
{% endmacro %}

{% macro spark__sha256(value) %}{{ return('sha2(' ~ value ~ ', 256)') }}{% endmacro %}

{% macro spark__json_number(document, key) %}
  {{- return("cast(get_json_object(" ~ document ~ ", '$." ~ key ~ "') as decimal(18, 4))") -}}
{% endmacro %}

{# It has no json_valid; of what is no JSON it finds no root. #}
{% macro spark__is_json(value) %}{{ return("case when get_json_object(" ~ value ~ ", '$') is null then 0 else 1 end") }}{% endmacro %}

{% macro spark__unfold_orders(relation, columns) -%}
    select {{ columns | join(', ') }}, pairs.order_id, pairs.money
    from {{ relation }}
    lateral view inline(transform(
        from_json(evidence_orders, 'array<array<decimal(30,2)>>'),
        pair -> named_struct('order_id', cast(pair[0] as bigint), 'money', cast(pair[1] as decimal(18, 2)))
    )) pairs as order_id, money
{%- endmacro %}

{% macro spark__unfold_members(document, alias) %}
  {{- return(
      "lateral view explode(from_json(get_json_object(" ~ document ~ ", '$.members'), 'array<bigint>')) " ~ alias ~ " as member_id"
  ) -}}
{% endmacro %}

{# A whole table: correcting one would need a table format that has to be installed on the cluster. #}
{% materialization by_day, adapter='spark' %}
  {{ return(materialization_table_spark()) }}
{% endmaterialization %}
