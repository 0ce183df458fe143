{#- How tables come to be in MySQL: with their keys inside CREATE, since adding a key later copies the table.
    Models say config(primary_key=[…], indexes=[[…], …]); other engines ignore both. -#}

{% macro mysql__table_keys() %}
  {%- set keys = [] -%}
  {%- if config.get('primary_key') -%}
    {%- do keys.append('primary key (' ~ config.get('primary_key') | join(', ') ~ ')') -%}
  {%- endif -%}
  {%- for columns in config.get('indexes') or [] -%}
    {%- do keys.append('key by_' ~ columns | join('_') ~ ' (' ~ columns | join(', ') ~ ')') -%}
  {%- endfor -%}
  {{- return(keys) -}}
{% endmacro %}

{% macro mysql__create_table_as(temporary, relation, sql) -%}
  {%- set keys = mysql__table_keys() -%}
  create {{ 'temporary ' if temporary }}table {{ relation.include(database=False) }}
  {%- if keys %} (
    {{ keys | join(',\n    ') }}
  )
  {%- endif %}
  default character set utf8mb4 collate utf8mb4_bin
  as
  {{ sql }}
{%- endmacro %}

{# dbt's own puts the query into parentheses, where MariaDB allows no `with`. #}
{% macro mysql__create_view_as(relation, sql) -%}
  create view {{ relation }} as
  {{ sql }}
{%- endmacro %}

{# dbt would make `indexes` after the table, from dictionaries: here they are made already, elsewhere not wanted. #}
{% macro default__create_indexes(relation) %}{% endmacro %}

{% macro mysql__create_csv_table(model, agate_table) %}
  {%- set types = model['config'].get('column_types', {}) -%}
  {%- set lines = [] -%}
  {%- for column in agate_table.column_names -%}
    {%- do lines.append(column ~ ' ' ~ types.get(column, adapter.convert_type(agate_table, loop.index0))) -%}
  {%- endfor -%}
  {%- set sql -%}
    create table {{ this.render() }} (
      {{ (lines + mysql__table_keys()) | join(',\n      ') }}
    )
    default character set utf8mb4 collate utf8mb4_bin
  {%- endset -%}
  {%- call statement('_') -%}{{ sql }}{%- endcall -%}
  {{- return(sql) -}}
{% endmacro %}
