{#- What the models need and engines spell differently. One file per engine beside this one; an engine without an answer
    fails at compile time with dbt's "No macro named …" instead of computing something else. -#}

{# The relation of the accepted orders: MySQL's own table, or the copy that the loader keeps for the engine. #}
{% macro accepted_orders() %}
  {{- return(adapter.dispatch('accepted_orders', 'campaign')(source('campaign_raw', 'transaction_data'))) -}}
{% endmacro %}
{% macro default__accepted_orders(orders) %}{{ return(orders) }}{% endmacro %}

{# After a model: what is served, or looked at by the audit, leaves an engine that is not MySQL. Nothing for other models. #}
{% macro hand_over() %}
  {{- return(adapter.dispatch('hand_over', 'campaign')() if 'published' in model.tags or 'audited' in model.tags else '') -}}
{% endmacro %}
{% macro default__hand_over() %}{{ return('') }}{% endmacro %}

{# The folder between such an engine and MySQL; settings.py says what it is by default. #}
{% macro engine_store() %}
  {{- return(env_var('CAMPAIGN_STORE', '') or env_var('CAMPAIGN_STATE', '.state') ~ '/store') -}}
{% endmacro %}

{# Where a finished mart leaves such an engine; settings.py has the same folder. #}
{% macro handed_over_mart() %}
  {{- return(engine_store() ~ '/marts/' ~ target.type ~ '/' ~ this.identifier ~ '.parquet') -}}
{% endmacro %}

{# The order that the model's rows have by their key. #}
{% macro order_by_key() %}{{ return('order by ' ~ config.get('primary_key') | join(', ')) }}{% endmacro %}

{# Any number as text, for concatenation and for subject ids. #}
{% macro as_text(value) %}{{ return(adapter.dispatch('as_text', 'campaign')(value)) }}{% endmacro %}

{# A whole number of 64 bits. #}
{% macro as_integer(value) %}{{ return(adapter.dispatch('as_integer', 'campaign')(value)) }}{% endmacro %}

{# A whole number as people read it: 1830500 -> '1,830,500'. #}
{% macro with_thousands(value) %}{{ return(adapter.dispatch('with_thousands', 'campaign')(value)) }}{% endmacro %}

{# How many times a divisor goes into a dividend, neither negative, with at most two digits after the point: exact. #}
{% macro whole_quotient(dividend, divisor) %}{{ return(adapter.dispatch('whole_quotient', 'campaign')(dividend, divisor)) }}{% endmacro %}

{# A rate by which amounts of any size can be multiplied. #}
{% macro wide_rate(rate) %}{{ return(adapter.dispatch('wide_rate', 'campaign')(rate)) }}{% endmacro %}
{% macro default__wide_rate(rate) %}{{ return(rate) }}{% endmacro %}

{# A date that lies `days` (an expression) after `date`. #}
{% macro add_days(date, days) %}{{ return(adapter.dispatch('add_days', 'campaign')(date, days)) }}{% endmacro %}

{# The hour of a time, 0 to 23. #}
{% macro hour_of(time) %}{{ return(adapter.dispatch('hour_of', 'campaign')(time)) }}{% endmacro %}

{# Whole seconds from one time to a later one; null where one of them is. #}
{% macro seconds_between(earlier, later) %}{{ return(adapter.dispatch('seconds_between', 'campaign')(earlier, later)) }}{% endmacro %}

{# Aggregate: the non-null texts of a group in one text, in the given order. Never cut silently: see session_settings. #}
{% macro ordered_list(value, order_by, separator=',') %}
  {{- return(adapter.dispatch('ordered_list', 'campaign')(value, order_by, separator)) -}}
{% endmacro %}

{# The SHA-256 of a text, 64 hexadecimal digits: what engines draw lots by, so that all draw the same. #}
{% macro sha256(value) %}{{ return(adapter.dispatch('sha256', 'campaign')(value)) }}{% endmacro %}

{# The number under a key of a JSON object; null where the key is missing. #}
{% macro json_number(document, key) %}{{ return(adapter.dispatch('json_number', 'campaign')(document, key)) }}{% endmacro %}

{# 1 where the text is valid JSON, else 0. #}
{% macro is_json(value) %}{{ return(adapter.dispatch('is_json', 'campaign')(value)) }}{% endmacro %}

{# A query: the relation's columns, and a row for each [order_id, money] of the list in its column evidence_orders. #}
{% macro unfold_orders(relation, columns) %}{{ return(adapter.dispatch('unfold_orders', 'campaign')(relation, columns)) }}{% endmacro %}

{# A join that unfolds the members of an evidence document into rows with the column member_id. #}
{% macro unfold_members(document, alias) %}{{ return(adapter.dispatch('unfold_members', 'campaign')(document, alias)) }}{% endmacro %}

{# Whether the table was made with exactly these columns as its primary key, so that the engine refuses any other rows. #}
{% macro has_primary_key(relation, columns) %}
  {{- return(adapter.dispatch('has_primary_key', 'campaign')(relation, columns)) -}}
{% endmacro %}
{% macro default__has_primary_key(relation, columns) %}{{ return(false) }}{% endmacro %}

{# The end of a query that fills a table: in the order of its key, where the engine keeps the table in that order anyhow. #}
{% macro in_key_order() %}{{ return(adapter.dispatch('in_key_order', 'campaign')()) }}{% endmacro %}
{% macro default__in_key_order() %}{{ return('') }}{% endmacro %}

{# A hint right after `select`: hash the first of these tables (their aliases), and read all of them as a whole rather than
   look rows up. #}
{% macro hash_join() %}{{ return(adapter.dispatch('hash_join', 'campaign')(varargs)) }}{% endmacro %}
{% macro default__hash_join(aliases) %}{{ return('') }}{% endmacro %}

{# A hint right after `select`: read this table in the order of its key, and look up what belongs to a row. #}
{% macro begin_with(alias) %}{{ return(adapter.dispatch('begin_with', 'campaign')(alias)) }}{% endmacro %}
{% macro default__begin_with(alias) %}{{ return('') }}{% endmacro %}

{# A hint between `select` and its columns: this grouping has about as many groups as rows. #}
{% macro many_groups() %}{{ return(adapter.dispatch('many_groups', 'campaign')()) }}{% endmacro %}
{% macro default__many_groups() %}{{ return('') }}{% endmacro %}

{# One statement that prepares the session of a model; nothing where the engine needs nothing. #}
{% macro session_settings() %}{{ return(adapter.dispatch('session_settings', 'campaign')()) }}{% endmacro %}
{% macro default__session_settings() %}{{ return('') }}{% endmacro %}
