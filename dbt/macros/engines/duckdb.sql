{#- DuckDB 2: one file in the engine's store, beside the Parquet files of the orders and of the finished marts. -#}

{# Orders are read where the loader's copy of them lies; nothing is loaded twice. #}
{% macro duckdb__accepted_orders(orders) %}
  {{- return("read_parquet('" ~ engine_store() ~ "/orders/*.parquet')") -}}
{% endmacro %}

{# In the order of the key: MySQL then fills the table from one end to the other. #}
{% macro duckdb__hand_over() %}
  {{- return("copy (from " ~ this ~ " " ~ order_by_key() ~ ") to '" ~ handed_over_mart() ~ "' (format parquet)") -}}
{% endmacro %}

{% macro duckdb__as_text(value) %}{{ return('cast(' ~ value ~ ' as varchar)') }}{% endmacro %}

{% macro duckdb__as_integer(value) %}{{ return('cast(' ~ value ~ ' as bigint)') }}{% endmacro %}

{% macro duckdb__with_thousands(value) %}{{ return("format('{:,}', cast(" ~ value ~ " as bigint))") }}{% endmacro %}

{# Its own / of two integers is a float. #}
{% macro duckdb__whole_quotient(dividend, divisor) %}
  {{- return('(cast(100 * (' ~ dividend ~ ') as hugeint) // cast(100 * (' ~ divisor ~ ') as hugeint))') -}}
{% endmacro %}

{# The product of two decimals of at most 18 digits is one of 18 digits, which an order of ten thousand millions would overflow. #}
{% macro duckdb__wide_rate(rate) %}{{ return('cast(' ~ rate ~ ' as decimal(19, 6))') }}{% endmacro %}

{% macro duckdb__add_days(date, days) %}{{ return('(' ~ date ~ ' + cast(' ~ days ~ ' as integer))') }}{% endmacro %}

{% macro duckdb__hour_of(time) %}{{ return('hour(' ~ time ~ ')') }}{% endmacro %}

{# date_diff counts boundaries that are crossed; of whole seconds as many as lie between. #}
{% macro duckdb__seconds_between(earlier, later) %}
  {{- return("date_diff('second', cast(" ~ earlier ~ " as timestamp), cast(" ~ later ~ " as timestamp))") -}}
{% endmacro %}

{% macro duckdb__ordered_list(value, order_by, separator) %}
  {{- return("string_agg(cast(" ~ value ~ " as varchar), '" ~ separator ~ "' order by " ~ order_by ~ ")") -}}
{% endmacro %}

{% macro duckdb__sha256(value) %}{{ return('sha256(' ~ value ~ ')') }}{% endmacro %}

{% macro duckdb__json_number(document, key) %}
  {{- return("cast(json_extract_string(" ~ document ~ ", '$." ~ key ~ "') as decimal(18, 4))") -}}
{% endmacro %}

{% macro duckdb__is_json(value) %}{{ return('cast(json_valid(' ~ value ~ ') as integer)') }}{% endmacro %}

{# The text of nested lists is read as exact decimals; by way of JSON it would pass through floats. In the select list: a lateral
   join may be made a join by the text, where each of ten thousand pairs carries all of them. #}
{% macro duckdb__unfold_orders(relation, columns) -%}
    select {{ columns | join(', ') }}, cast(pair[1] as bigint) as order_id, cast(pair[2] as decimal(18, 2)) as money
    from (
        select {{ columns | join(', ') }}, unnest(cast(evidence_orders as decimal(30, 2)[][])) as pair
        from {{ relation }}
    ) as pairs
{%- endmacro %}

{% macro duckdb__unfold_members(document, alias) %}
  {{- return(
      "cross join lateral (select unnest(cast(json_extract(" ~ document ~ ", '$.members') as bigint[])) as member_id) as "
      ~ alias
  ) -}}
{% endmacro %}

{# A whole table: DuckDB reads all orders in the time that MySQL takes to correct a day. #}
{% materialization by_day, adapter='duckdb' %}
  {{ return(materialization_table_duckdb()) }}
{% endmaterialization %}
