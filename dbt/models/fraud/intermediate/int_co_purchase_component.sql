{{ config(
    materialized='components',
    primary_key=['campaign_id', 'node_id'],
    indexes=[['campaign_id', 'component_id']],
) }}

select campaign_id, customer_id as from_node, other_customer_id as to_node
from {{ ref('int_co_purchase_pair') }}
union all
select campaign_id, other_customer_id as from_node, customer_id as to_node
from {{ ref('int_co_purchase_pair') }}
