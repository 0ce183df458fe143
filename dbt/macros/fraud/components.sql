{#
  A materialization: the strongly connected components of a directed graph, from a query with the columns campaign_id,
  from_node, to_node. Two nodes share a component if each can be reached from the other; a graph whose edges all run both
  ways has its ordinary connected components. The table has campaign_id, node_id and component_id (the smallest node of the
  component), for every node that an edge enters and an edge leaves: only these can be on a circle.

  No recursion, which not every engine has: in rounds, every node takes over from its neighbours the smallest node known to
  reach it and the smallest known to be reached by it (and what those two know, which saves rounds). Where both are the same
  node, each reaches the other: its component is found. When a round changes nothing, the rest is split by the pair of labels,
  no component ever through its middle, edges between parts stop counting, and the labels start again. Every such start
  settles at least the smallest node of every part, so it ends; `graph_rounds` bounds it.
#}
{% materialization components, default %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set labels = [
      api.Relation.create(database=this.database, schema=this.schema, identifier=this.identifier ~ '__labels_0', type='table'),
      api.Relation.create(database=this.database, schema=this.schema, identifier=this.identifier ~ '__labels_1', type='table'),
  ] -%}
  {%- set state = namespace(rounds=0, starts=1, done=false) -%}

  {{ run_hooks(pre_hooks) }}
  {%- do make_table(labels[0], first_labels(sql)) -%}
  {%- for number in range(var('graph_rounds')) if not state.done -%}
    {%- set before, after = labels[number % 2], labels[(number + 1) % 2] -%}
    {%- set state.rounds = number + 1 -%}
    {%- do make_table(after, next_labels(sql, before)) -%}
    {%- if first_value(changed_labels(before, after)) == 0 -%}
      {%- if first_value(unsettled_nodes(after)) == 0 -%}
        {%- set state.done = true -%}
      {%- else -%}
        {#- Nothing has changed, so `before` says the same as `after`. -#}
        {%- set state.starts = state.starts + 1 -%}
        {%- do make_table(after, split_labels(before)) -%}
      {%- endif -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not state.done -%}
    {%- do exceptions.raise_compiler_error(
        this.identifier ~ ': the components of the graph are not found after ' ~ var('graph_rounds')
        ~ ' rounds. Raise the variable graph_rounds in dbt_project.yml.'
    ) -%}
  {%- endif -%}

  {%- do adapter.drop_relation(target) -%}
  {%- call statement('main', auto_begin=False) -%}
    {{ get_create_table_as_sql(False, target, settled_components(labels[state.rounds % 2])) }}
  {%- endcall -%}
  {%- for table in labels -%}{%- do adapter.drop_relation(table) -%}{%- endfor -%}
  {%- do log(
      this.identifier ~ ': components found in ' ~ state.rounds ~ ' rounds, ' ~ state.starts ~ ' starts', info=True
  ) -%}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro make_table(relation, query) -%}
  {%- do adapter.drop_relation(relation) -%}
  {%- call statement('make_table', auto_begin=False) -%}{{ get_create_table_as_sql(False, relation, query) }}{%- endcall -%}
{%- endmacro %}

{% macro first_value(query) %}{{ return(run_query(query).columns[0].values()[0] | int) }}{% endmacro %}

{# The nodes that an edge enters and an edge leaves, all in one part and each knowing itself. #}
{% macro first_labels(edges) -%}
with edges as (
    {{ edges }}
),

ends as (
    select distinct campaign_id, from_node as node_id, 1 as leaves, 0 as enters from edges
    union all
    select distinct campaign_id, to_node as node_id, 0 as leaves, 1 as enters from edges
)

select
    campaign_id,
    node_id,
    0 * min(node_id) as component_id,
    node_id as reached_from,
    node_id as reaches
from ends
group by campaign_id, node_id
having sum(leaves) = 1 and sum(enters) = 1
{%- endmacro %}

{% macro next_labels(edges, labels) -%}
with edges as (
    {{ edges }}
),

heard as (
    select
        own.campaign_id,
        own.node_id,
        own.component_id,
        upstream.reached_from,
        downstream.reaches
    from {{ labels }} as own
    inner join {{ labels }} as upstream
        on upstream.campaign_id = own.campaign_id and upstream.node_id = own.reached_from
    inner join {{ labels }} as downstream
        on downstream.campaign_id = own.campaign_id and downstream.node_id = own.reaches
    {%- for listener in ['ends', 'starts'] %}
    union all
    select
        {{ listener }}.campaign_id,
        {{ listener }}.node_id,
        {{ listener }}.component_id,
        starts.reached_from,
        ends.reaches
    from edges
    inner join {{ labels }} as starts
        on starts.campaign_id = edges.campaign_id and starts.node_id = edges.from_node
    inner join {{ labels }} as ends
        on ends.campaign_id = edges.campaign_id and ends.node_id = edges.to_node
    where ends.component_id = starts.component_id
    {%- endfor %}
)

select
    campaign_id,
    node_id,
    component_id,
    min(reached_from) as reached_from,
    min(reaches) as reaches
from heard
group by campaign_id, node_id, component_id
{%- endmacro %}

{% macro changed_labels(before, after) -%}
select count(*) as changes
from {{ before }} as before_round
inner join {{ after }} as after_round
    on after_round.campaign_id = before_round.campaign_id and after_round.node_id = before_round.node_id
where after_round.reached_from <> before_round.reached_from or after_round.reaches <> before_round.reaches
{%- endmacro %}

{% macro unsettled_nodes(labels) -%}
select count(*) as nodes from {{ labels }} where reached_from <> reaches
{%- endmacro %}

{# A settled component is called by its smallest node, which is in it; other parts by theirs: no two share a name. #}
{% macro split_labels(labels) -%}
select
    campaign_id,
    node_id,
    min(node_id) over (partition by campaign_id, component_id, reached_from, reaches) as component_id,
    case when reached_from = reaches then reached_from else node_id end as reached_from,
    case when reached_from = reaches then reaches else node_id end as reaches
from {{ labels }}
{%- endmacro %}

{% macro settled_components(labels) -%}
select campaign_id, node_id, reached_from as component_id
from {{ labels }}
{%- endmacro %}
