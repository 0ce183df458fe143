{#- MySQL 8.4 and later, and MariaDB 10.6 and later (its adapter type here is mysql as well). -#}

{# dbt's own renders ||, which is OR here and answers 0 without an error. #}
{% macro mysql__concat(fields) %}{{ return('concat(' ~ fields | join(', ') ~ ')') }}{% endmacro %}

{# All times that are kept are UTC, whatever the server's zone is: dbt measures by this how fresh the sources are. #}
{% macro mysql__current_timestamp() %}{{ return('utc_timestamp()') }}{% endmacro %}

{% macro mysql__as_text(value) %}{{ return('cast(' ~ value ~ ' as char(64))') }}{% endmacro %}

{% macro mysql__as_integer(value) %}{{ return('cast(' ~ value ~ ' as signed)') }}{% endmacro %}

{% macro mysql__with_thousands(value) %}{{ return("format(" ~ value ~ ", 0)") }}{% endmacro %}

{% macro mysql__whole_quotient(dividend, divisor) %}{{ return('((' ~ dividend ~ ') div (' ~ divisor ~ '))') }}{% endmacro %}

{% macro mysql__add_days(date, days) %}{{ return('(' ~ date ~ ' + interval ' ~ days ~ ' day)') }}{% endmacro %}

{% macro mysql__hour_of(time) %}{{ return('hour(' ~ time ~ ')') }}{% endmacro %}

{% macro mysql__seconds_between(earlier, later) %}
  {{- return('timestampdiff(second, ' ~ earlier ~ ', ' ~ later ~ ')') -}}
{% endmacro %}

{% macro mysql__ordered_list(value, order_by, separator) %}
  {{- return("group_concat(" ~ value ~ " order by " ~ order_by ~ " separator '" ~ separator ~ "')") -}}
{% endmacro %}

{% macro mysql__sha256(value) %}{{ return('sha2(' ~ value ~ ', 256)') }}{% endmacro %}

{% macro mysql__json_number(document, key) %}
  {{- return("cast(json_unquote(json_extract(" ~ document ~ ", '$." ~ key ~ "')) as decimal(18, 4))") -}}
{% endmacro %}

{% macro mysql__is_json(value) %}{{ return('json_valid(' ~ value ~ ')') }}{% endmacro %}

{% macro mysql__unfold_orders(relation, columns) -%}
    select {{ columns | join(', ') }}, pairs.order_id, pairs.money
    from {{ relation }}
    cross join json_table(
        evidence_orders, '$[*]' columns (order_id bigint path '$[0]', money decimal(18, 2) path '$[1]')
    ) as pairs
{%- endmacro %}

{% macro mysql__unfold_members(document, alias) %}
  {{- return(
      "cross join json_table(" ~ document ~ ", '$.members[*]' columns (member_id bigint path '$')) as " ~ alias
  ) -}}
{% endmacro %}

{# Sorting and grouping in order beats a hash table that outgrows memory, and the rows arrive in the order of the key. #}
{% macro mysql__many_groups() %}{{ return('sql_big_result') }}{% endmacro %}

{# Rows that come in another order are put between those that are there: pages split, and are read and written many times. #}
{% macro mysql__in_key_order() %}{{ return(order_by_key()) }}{% endmacro %}

{# MySQL takes an index wherever there is one, also for half of all rows and in each of eight parts: up to ten times slower. #}
{% macro mysql__hash_join(aliases) %}
  {{- return('/*+ join_prefix(' ~ aliases[0] ~ ') no_index(' ~ aliases | join(') no_index(') ~ ') */') -}}
{% endmacro %}

{# By itself it may hash all rows because the other table is small, and then has to sort what it groups. #}
{% macro mysql__begin_with(alias) %}{{ return('/*+ join_prefix(' ~ alias ~ ') no_bnl() */') }}{% endmacro %}

{# Session variables only: none of them needs a privilege. group_concat cuts what is longer than its limit, so the limit
   is far above any list; ONLY_FULL_GROUP_BY makes MariaDB as strict as the others. What stands in /*! */ only MySQL reads:
   with READ COMMITTED a model does not lock every row that it reads to fill a table; one temporary table may be larger,
   since there temptable_max_ram bounds all of them together; a hash join that outgrows its buffer, of 256 KiB otherwise,
   writes both sides to disk. #}
{% macro mysql__session_settings() %}
  {%- set bytes = var('session_memory_mb') * 1024 * 1024 -%}
  {{- return(
      "set session group_concat_max_len = 1073741824"
      ~ ", session tmp_table_size = " ~ bytes
      ~ ", session max_heap_table_size = " ~ bytes
      ~ ", session sort_buffer_size = " ~ (bytes // 4)
      ~ ", session lock_wait_timeout = " ~ env_var('CAMPAIGN_TABLE_WAIT_SECONDS', '') | int(300)
      ~ ", session sql_mode = 'STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION'"
      ~ " /*!80030 , session transaction_isolation = 'READ-COMMITTED', session tmp_table_size = " ~ (bytes * 4)
      ~ ", session join_buffer_size = " ~ (bytes // 4)
      ~ ", session innodb_ddl_buffer_size = " ~ (bytes // 4) ~ " */"
  ) -}}
{% endmacro %}
