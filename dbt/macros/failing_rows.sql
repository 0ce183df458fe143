{#-
  dbt's test, and the rows that break it where there are some. dbt's own `store_failures` makes a table per test in every run, also
  for those that pass; here a passed test costs nothing more. MySQL stores the rows in the database of CAMPAIGN_FAILURE_DATABASE, which
  must be there; another engine hands them over, and campaign/failing_rows.py stores them there. Rows go into run_results.json, as the
  adapter's message.
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

{# {"test": its short name, none if nothing is to be stored; "table": where MySQL has stored its rows, or none; "shown": how many
  to show; "rows": [{column: text}, …], of another engine all that are to be stored} #}
{% macro failing_rows() %}
  {% set schema = env_var('CAMPAIGN_FAILURE_DATABASE', '') or 'campaign_failure' %}
  {% set shown, most = var('failing_rows_shown'), var('failing_rows_stored') %}
  {% set table = store_failing_rows(schema) if most else none %}
  {% call statement('first', fetch_result=True) %}
    select * from {{ table or failing_rows_query() }} limit {{ shown if target.type == 'mysql' else [shown, most] | max }}
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
  {{ return({'test': model['alias'] if most else none, 'table': table, 'shown': shown, 'rows': rows}) }}
{% endmacro %}

{# On lines of its own: the test may end with a comment. #}
{% macro failing_rows_query() %}{{ return('(\n' ~ sql ~ '\n) as failing') }}{% endmacro %}

{# Returns the table, or none. #}
{% macro store_failing_rows(schema) %}{{ return(adapter.dispatch('store_failing_rows', 'campaign')(schema)) }}{% endmacro %}
{% macro default__store_failing_rows(schema) %}{{ return(none) }}{% endmacro %}
{# The loader may not make a database; whoever gives it rights makes this one. The table has a key: some servers take none without. #}
{% macro mysql__store_failing_rows(schema) %}
  {% call statement('schema', fetch_result=True) %}
    select count(*) from information_schema.schemata where schema_name = '{{ schema }}'
  {% endcall %}
  {% if load_result('schema')['table'].rows[0][0] == 0 %}{{ return(none) }}{% endif %}
  {% set table = schema ~ '.' ~ model['alias'] %}
  {% call statement('forget') %}drop table if exists {{ table }}{% endcall %}
  {% call statement('store') %}
    create table {{ table }} (failure_no bigint unsigned not null auto_increment primary key)
    as select * from {{ failing_rows_query() }} limit {{ var('failing_rows_stored') }}
  {% endcall %}
  {{ return(table) }}
{% endmacro %}
