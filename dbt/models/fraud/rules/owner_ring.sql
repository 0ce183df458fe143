-- Owners, three or more, from each of whom purchases lead to every other and back: a strongly connected component.
with

rule as (
    {{ rule_settings('owner_ring', ['min_edge_orders', 'max_edges', 'max_members', 'false_discovery_rate', 'least_whole_share']) }}
),

rings as (
    select
        campaign_id,
        component_id,
        count(*) as owners,
        {{ ordered_list(as_text('node_id'), 'node_id') }} as members
    from {{ ref('int_owner_component') }}
    group by campaign_id, component_id
    having count(*) >= 3
),

edges as (
    select
        campaign_id,
        count(*) as edges_in_campaign
    from {{ ref('int_owner_edge') }}
    cross join rule
    where order_count >= min_edge_orders
    group by campaign_id
),

evidence as (
    select
        orders.*,
        rule.rule_id,
        buyers.component_id,
        campaign.voucher_cap,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, buyers.component_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from rings
    inner join {{ ref('int_owner_component') }} as buyers
        on buyers.campaign_id = rings.campaign_id and buyers.component_id = rings.component_id
    inner join {{ ref('int_owner_edge') }} as edge
        on edge.campaign_id = buyers.campaign_id and edge.customer_id = buyers.node_id
    inner join {{ ref('int_owner_component') }} as sellers
        on sellers.campaign_id = edge.campaign_id
        and sellers.node_id = edge.shop_owner_uid
        and sellers.component_id = buyers.component_id
    cross join rule
    inner join {{ ref('int_owner_order') }} as orders
        on orders.campaign_id = edge.campaign_id
        and orders.customer_id = edge.customer_id
        and orders.shop_owner_uid = edge.shop_owner_uid
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
    where edge.order_count >= rule.min_edge_orders
),

hits as (
    select
        campaign_id,
        rule_id,
        component_id,
        'owner_ring' as subject_type,
        {{ as_text('component_id') }} as subject_id,
        sum(rebate) as rebate,
        {{ linked_order_columns() }},
        {{ whole_rebate_columns() }},
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, component_id
),

hits_with_members as (
    select
        hits.*,
        rings.owners,
        rings.members,
        case when rings.owners > rule.max_members then 1 else 0 end as is_community,
        edges.edges_in_campaign,
        least(edges.edges_in_campaign, rule.max_edges) as edges_looked_at,
        campaign.currency
    from hits
    inner join rings on rings.campaign_id = hits.campaign_id and rings.component_id = hits.component_id
    inner join edges on edges.campaign_id = hits.campaign_id
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
    cross join rule
),

{{ held_against_campaign('hits_with_members') }}

{%- set said = {
    'owners': with_thousands('owners'),
    'looked_at': with_thousands('edges_looked_at'),
    'all': with_thousands('edges_in_campaign'),
} -%}
{%- set who -%}
case
        when is_community = 1
            then {{ sentence({'en': 'Only noted, as too many for a ring: {owners} shop owners who buy at one another, as on a market'}, said) }}
        else {{ sentence({'en': "{owners} shop owners bought at one another's shops in a ring"}, said) }}
    end
{%- endset -%}
{%- set left_out -%}
case
        when edges_looked_at < edges_in_campaign
            then {{ sentence({'en': ' Looked at were the {looked_at} strongest of {all} links between owners.'}, said) }}
        else ''
    end
{%- endset %}

select
    {{ hit_columns(
        reason=dbt.concat([who, linked_orders_text(), whole_rebate_text('ring', 'rings'), left_out]),
        numbers=dict({
            'owners': 'owners', 'orders': 'order_count', 'days': 'days', 'vouchers': 'vouchers', 'rebate': 'rebate',
            'edges_looked_at': 'edges_looked_at', 'edges_in_campaign': 'edges_in_campaign',
        }, **whole_rebate_numbers()),
        members='members',
        severity=severity_of_group('is_community = 1'),
    ) }}
from judged
