{#- Tables that are kept from build to build and corrected by the day: config(materialized='by_day'). A day's rows are made
    anew when its orders have changed; orders of other days are not read. Where an engine has no way of its own to do
    that, such a model is a plain table. -#}

{# Where a by_day model reads orders: the condition that they belong to the days being built. #}
{% macro in_days_to_build() %}{{ return('/* in_days_to_build */ 1 = 1') }}{% endmacro %}

{% materialization by_day, default %}
  {{ return(materialization_table_default()) }}
{% endmaterialization %}
