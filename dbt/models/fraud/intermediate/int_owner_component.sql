{{ config(
    materialized='components',
    primary_key=['campaign_id', 'node_id'],
    indexes=[['campaign_id', 'component_id']],
) }}

select
    edges.campaign_id,
    edges.customer_id as from_node,
    edges.shop_owner_uid as to_node
from {{ ref('int_owner_edge') }} as edges
cross join (
    {{ rule_settings('owner_ring', ['min_edge_orders', 'max_edges']) }}
) as rule
where edges.order_count >= rule.min_edge_orders and edges.edge_number <= rule.max_edges
