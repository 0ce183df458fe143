{#- How tables come to be in MySQL. Models say config(primary_key=[…], indexes=[[…], …]); other engines ignore both.
    The primary key is made with the table, since adding it later copies the table. The others are made when the rows are
    there: sorted and written page by page, some five times faster than row by row in the order of the primary key. -#}

{% macro mysql__primary_key() %}
  {%- set columns = config.get('primary_key') -%}
  {{- return(['primary key (' ~ columns | join(', ') ~ ')'] if columns else []) -}}
{% endmacro %}

{% macro mysql__other_keys() %}
  {%- set keys = [] -%}
  {%- for columns in config.get('indexes') or [] -%}
    {%- do keys.append('key by_' ~ columns | join('_') ~ ' (' ~ columns | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(keys) -}}
{% endmacro %}

{% macro mysql__create_table_as(temporary, relation, sql) -%}
  create {{ 'temporary ' if temporary }}table {{ relation.include(database=False) }}
  {%- if config.get('primary_key') %} (
    {{ mysql__primary_key() | first }}
  )
  {%- endif %}
  default character set utf8mb4 collate utf8mb4_bin
  {%- if config.get('materialized') == 'by_day' %}
  partition by hash (to_days(txn_date)) partitions 8
  {%- endif %}
  as
  {{ sql }}
{%- endmacro %}

{% macro mysql__has_primary_key(relation, columns) %}
  {%- set found = run_query(
      "select column_name as name from information_schema.statistics where index_name = 'PRIMARY' and table_schema = '"
      ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'"
  ) -%}
  {{- return(found.columns[0].values() | sort == columns | sort) -}}
{% endmacro %}

{# dbt's own puts the query into parentheses, where MariaDB allows no `with`. #}
{% macro mysql__create_view_as(relation, sql) -%}
  create view {{ relation }} as
  {{ sql }}
{%- endmacro %}

{# dbt would make `indexes` from dictionaries. Elsewhere they are not wanted. #}
{% macro default__create_indexes(relation) %}{% endmacro %}

{# The statistics too are made at once: by itself MySQL makes them seconds later, and until then takes the table for empty and
   plans the next model by that. #}
{% macro mysql__create_indexes(relation) %}
  {%- set keys = mysql__other_keys() -%}
  {%- if keys -%}{%- do run_query('alter table ' ~ relation ~ ' add ' ~ keys | join(', add ')) -%}{%- endif -%}
  {%- do run_query('analyze table ' ~ relation) -%}
{% endmacro %}

{% macro mysql__create_csv_table(model, agate_table) %}
  {%- set types = model['config'].get('column_types', {}) -%}
  {%- set lines = [] -%}
  {%- for column in agate_table.column_names -%}
    {%- do lines.append(column ~ ' ' ~ types.get(column, adapter.convert_type(agate_table, loop.index0))) -%}
  {%- endfor -%}
  {%- set sql -%}
    create table {{ this.render() }} (
      {{ (lines + mysql__primary_key() + mysql__other_keys()) | join(',\n      ') }}
    )
    default character set utf8mb4 collate utf8mb4_bin
  {%- endset -%}
  {%- call statement('_') -%}{{ sql }}{%- endcall -%}
  {{- return(sql) -}}
{% endmacro %}
