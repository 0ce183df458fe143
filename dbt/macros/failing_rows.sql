{#-
  dbt's test, and the rows that break it where there are some. dbt's own `store_failures` makes a table per test in every run, also
  for those that pass; here a passed test costs nothing more. The table lies in the database of CAMPAIGN_FAILURE_DATABASE, which must
  be there on MySQL; its name and the first rows go into run_results.json, as the adapter's message.
-#}
{% materialization test, default %}
  {% call statement('main', fetch_result=True) %}
    {{ get_test_sql(sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), config.get('limit')) }}
  {% endcall %}
  {% set counted = load_result('main')['table'] %}
  {# should_warn, should_error: engines and adapters give a boolean, 1 or the text true. #}
  {% if counted.rows[0][1] | string | lower in ('true', '1') or counted.rows[0][2] | string | lower in ('true', '1') %}
    {% do store_raw_result('main', message=tojson(failing_rows()), code=none, rows_affected=none, agate_table=counted) %}
  {% endif %}
  {{ return({'relations': []}) }}
{% endmaterialization %}

{# {"table": its name or none, "rows": [{column: text}, …]} #}
{% macro failing_rows() %}
  {% set schema = env_var('CAMPAIGN_FAILURE_DATABASE', '') or 'campaign_failure' %}
  {% set table = api.Relation.create(schema=schema, identifier=model['alias'], type='table') %}
  {% set stored = var('failing_rows_stored') and can_store_failing_rows(schema) %}
  {% if stored %}
    {% call statement('forget') %}drop table if exists {{ table }}{% endcall %}
    {% call statement('store') %}{{ failing_rows_as_table(table) }}{% endcall %}
  {% endif %}
  {% call statement('first', fetch_result=True) %}
    select * from {{ table if stored else failing_rows_query() }} limit {{ var('failing_rows_shown') }}
  {% endcall %}
  {% set first = load_result('first')['table'] %}
  {# What dbt does not know to be open stays open, and keeps the tables from whoever wants to change them. #}
  {% do adapter.commit() %}
  {% set rows = [] %}
  {% for row in first.rows %}
    {% set texts = {} %}
    {% for column in first.column_names %}
      {% do texts.update({column: none if row[loop.index0] is none else row[loop.index0] | string}) %}
    {% endfor %}
    {% do rows.append(texts) %}
  {% endfor %}
  {{ return({'table': schema ~ '.' ~ model['alias'] if stored else none, 'rows': rows}) }}
{% endmacro %}

{# On lines of its own: the test may end with a comment. #}
{% macro failing_rows_query() %}{{ return('(\n' ~ sql ~ '\n) as failing') }}{% endmacro %}

{% macro can_store_failing_rows(schema) %}{{ return(adapter.dispatch('can_store_failing_rows', 'campaign')(schema)) }}{% endmacro %}
{% macro default__can_store_failing_rows(schema) %}
  {% call statement('make_schema') %}create schema if not exists {{ schema }}{% endcall %}
  {{ return(true) }}
{% endmacro %}
{# The loader may not make a database; whoever gives it rights makes this one. #}
{% macro mysql__can_store_failing_rows(schema) %}
  {% call statement('schema', fetch_result=True) %}
    select count(*) from information_schema.schemata where schema_name = '{{ schema }}'
  {% endcall %}
  {{ return(load_result('schema')['table'].rows[0][0] > 0) }}
{% endmacro %}

{% macro failing_rows_as_table(table) %}{{ return(adapter.dispatch('failing_rows_as_table', 'campaign')(table)) }}{% endmacro %}
{% macro default__failing_rows_as_table(table) %}
  {{- return('create table ' ~ table ~ ' as select * from ' ~ failing_rows_query() ~ ' limit ' ~ var('failing_rows_stored')) -}}
{% endmacro %}
{# With a key: some servers take no table without one (sql_require_primary_key), and it keeps the rows in an order. #}
{% macro mysql__failing_rows_as_table(table) %}
  {{- return(
      'create table ' ~ table ~ ' (failure_no bigint unsigned not null auto_increment primary key) as select * from '
      ~ failing_rows_query() ~ ' limit ' ~ var('failing_rows_stored')
  ) -}}
{% endmacro %}
