{#- by_day in MySQL: `built_day`, beside the tables, says which state of which day's orders a table has. A day's rows change in
    one transaction with it, and a table that is made anew has no day there until it is whole; so a build that is killed
    leaves days that are built again.
    The loader says in `order_day` when a day's orders changed last, and which ids they lie between. Days it does not know, and
    all days when the model's SQL has changed, are built by making the whole table anew. -#}

{% materialization by_day, adapter='mysql' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set version = local_md5(sql) -%}
  {{ run_hooks(pre_hooks) }}
  {%- do run_query(mysql__create_built_day()) -%}
  {%- set days = run_query(mysql__days(target, version)).rows -%}
  {%- set stale = days | selectattr('stale') | list -%}
  {%- set changed = stale | selectattr('changed_at') | list -%}
  {%- set existing = load_relation(this) -%}
  {%- set anew = not existing or existing.type != 'table' or should_full_refresh() or stale | length == days | length -%}

  {%- if anew -%}
    {%- do run_query("delete from " ~ mysql__built_day() ~ " where model = '" ~ target.identifier ~ "'") -%}
    {%- do run_query('commit') -%}
    {%- if existing -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
    {%- call statement('main', auto_begin=False) -%}{{ get_create_table_as_sql(False, target, sql) }}{%- endcall -%}
    {%- do create_indexes(target) -%}
  {%- elif stale -%}
    {%- set of_days -%}
      where txn_date in ({%- for day in stale -%}'{{ day.txn_date }}'{{ ', ' if not loop.last }}{%- endfor -%})
    {%- endset -%}
    {%- do run_query('start transaction') -%}
    {%- do run_query("delete from " ~ mysql__built_day() ~ of_days ~ " and model = '" ~ target.identifier ~ "'") -%}
    {%- do run_query("delete from " ~ target ~ of_days) -%}
    {%- call statement('main', auto_begin=False) -%}
      insert into {{ target }}
      {{ sql | replace(in_days_to_build(), mysql__orders_of(changed)) }}
    {%- endcall -%}
  {%- else -%}
    {%- call statement('main', auto_begin=False) -%}select 'no day has changed' as outcome{%- endcall -%}
  {%- endif -%}

  {%- for day in (days | selectattr('changed_at') | list if anew else changed) -%}
    {%- do run_query(
        "insert into " ~ mysql__built_day() ~ " values ('" ~ target.identifier ~ "', '" ~ day.txn_date ~ "', "
        ~ day.campaign_id ~ ", '" ~ day.changed_at ~ "', '" ~ version ~ "')"
    ) -%}
  {%- endfor -%}
  {%- do run_query('commit') -%}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro mysql__built_day() %}{{ return(source('campaign_build', 'built_day')) }}{% endmacro %}

{% macro mysql__create_built_day() -%}
  create table if not exists {{ mysql__built_day() }} (
    model varchar(64) not null,
    txn_date date not null,
    campaign_id bigint not null,
    changed_at datetime(6) not null,
    model_version char(32) not null,
    primary key (model, txn_date)
  ) default character set utf8mb4 collate utf8mb4_bin
{%- endmacro %}

{# The days with orders in a campaign and those that the table has; stale where the two differ, without changed_at where
   the day has gone. #}
{% macro mysql__days(target, version) -%}
  with

  wanted as (
    select order_day.*, campaign_day.campaign_id
    from {{ source('campaign_raw', 'order_day') }} as order_day
    inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = order_day.txn_date
  ),

  built as (
    select * from {{ mysql__built_day() }} where model = '{{ target.identifier }}'
  )

  select
    cast(wanted.txn_date as char) as txn_date,
    wanted.campaign_id,
    cast(wanted.changed_at as char) as changed_at,
    cast(wanted.first_order_id as char) as first_order_id,
    cast(wanted.last_order_id as char) as last_order_id,
    case when built.changed_at = wanted.changed_at and built.campaign_id = wanted.campaign_id
      and built.model_version = '{{ version }}' then 0 else 1 end as stale
  from wanted
  left join built on built.txn_date = wanted.txn_date
  union all
  select cast(built.txn_date as char), built.campaign_id, null, null, null, 1
  from built
  left join wanted on wanted.txn_date = built.txn_date
  where wanted.txn_date is null
{%- endmacro %}

{% macro mysql__orders_of(days) -%}
  (
    {%- for day in days %}
    (txn_date = '{{ day.txn_date }}' and order_id between {{ day.first_order_id }} and {{ day.last_order_id }}) or
    {%- endfor %}
    1 = 0
  )
{%- endmacro %}
