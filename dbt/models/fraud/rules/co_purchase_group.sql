-- Customers, three or more, linked by pairs that share small shops. Evidence: what a member bought at a shop shared in a pair.
with

rule as (
    {{ rule_settings('co_purchase_group', [
        'min_shops', 'max_shop_buyers', 'min_members', 'max_members', 'max_pairs', 'false_discovery_rate', 'least_whole_share'
    ]) }}
),

components as (
    select
        campaign_id,
        component_id,
        count(*) as customers,
        {{ ordered_list(as_text('node_id'), 'node_id') }} as members
    from {{ ref('int_co_purchase_component') }}
    group by campaign_id, component_id
),

member_groups as (
    select components.*
    from components
    cross join rule
    where components.customers >= rule.min_members
),

shared_shops as (
    {%- for member in ['customer_id', 'other_customer_id'] %}
    select
        pairs.campaign_id,
        member_groups.component_id,
        pairs.{{ member }} as customer_id,
        one.shop_id
    from member_groups
    inner join {{ ref('int_co_purchase_component') }} as members
        on members.campaign_id = member_groups.campaign_id and members.component_id = member_groups.component_id
    inner join {{ ref('int_co_purchase_pair') }} as pairs
        on pairs.campaign_id = members.campaign_id and pairs.customer_id = members.node_id
    inner join {{ ref('int_small_shop_visit') }} as one
        on one.campaign_id = pairs.campaign_id and one.customer_id = pairs.customer_id and one.is_compared = 1
    inner join {{ ref('int_small_shop_visit') }} as other
        on other.campaign_id = pairs.campaign_id
        and other.customer_id = pairs.other_customer_id
        and other.shop_id = one.shop_id
    {{- ' union' if not loop.last }}
    {%- endfor %}
),

evidence as (
    select
        shared_shops.component_id,
        rule.rule_id,
        orders.*,
        campaign.voucher_cap,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, shared_shops.component_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from shared_shops
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = shared_shops.campaign_id
        and orders.shop_id = shared_shops.shop_id
        and orders.customer_id = shared_shops.customer_id
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
    cross join rule
),

hits as (
    select
        campaign_id,
        rule_id,
        component_id,
        'customer_group' as subject_type,
        {{ as_text('component_id') }} as subject_id,
        count(distinct shop_id) as shops,
        sum(rebate) as rebate,
        {{ linked_order_columns() }},
        {{ whole_rebate_columns() }},
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, component_id
),

small_shops as (
    select
        campaign_id,
        count(distinct shop_id) as shops_in_campaign,
        count(distinct case when is_compared = 1 then shop_id end) as shops_looked_at
    from {{ ref('int_small_shop_visit') }}
    group by campaign_id
),

hits_with_chance as (
    select
        hits.*,
        member_groups.customers,
        member_groups.members,
        case when member_groups.customers > rule.max_members then 1 else 0 end as is_community,
        rule.min_shops,
        rule.max_shop_buyers,
        small_shops.shops_in_campaign,
        small_shops.shops_looked_at,
        chance.observed,
        chance.shuffles,
        chance.expected,
        campaign.currency
    from hits
    inner join member_groups
        on member_groups.campaign_id = hits.campaign_id and member_groups.component_id = hits.component_id
    inner join small_shops on small_shops.campaign_id = hits.campaign_id
    inner join {{ ref('int_chance_level') }} as chance
        on chance.campaign_id = hits.campaign_id and chance.rule_id = hits.rule_id
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
    cross join rule
),

{{ held_against_campaign('hits_with_chance') }}

{%- set said = {
    'customers': with_thousands('customers'),
    'min_shops': with_thousands('min_shops'),
    'max_buyers': with_thousands('max_shop_buyers'),
    'looked_at': with_thousands('shops_looked_at'),
    'all': with_thousands('shops_in_campaign'),
} -%}
{%- set who -%}
case
        when is_community = 1
            then {{ sentence({'en': 'Only noted, as too many for a group: {customers} customers, each of whom shares at least {min_shops} small shops (at most {max_buyers} buyers) with another of them'}, said) }}
        else {{ sentence({'en': '{customers} customers, each of whom shares at least {min_shops} small shops (at most {max_buyers} buyers) with another of them'}, said) }}
    end
{%- endset -%}
{%- set left_out -%}
case
        when shops_looked_at < shops_in_campaign
            then {{ sentence({'en': ' Looked at were the {looked_at} smallest of {all} such shops.'}, said) }}
        else ''
    end
{%- endset %}

select
    {{ hit_columns(
        reason=dbt.concat([
            who, linked_orders_text(), whole_rebate_text('group', 'groups'), chance_text('of customers share so many'), left_out
        ]),
        numbers=dict({
            'customers': 'customers', 'shops': 'shops', 'orders': 'order_count', 'days': 'days', 'vouchers': 'vouchers',
            'rebate': 'rebate', 'pairs_in_campaign': 'observed', 'pairs_by_chance': 'expected',
            'shops_looked_at': 'shops_looked_at', 'shops_in_campaign': 'shops_in_campaign',
        }, **whole_rebate_numbers()),
        members='members',
        severity=severity_of_group('is_community = 1'),
    ) }}
from judged
