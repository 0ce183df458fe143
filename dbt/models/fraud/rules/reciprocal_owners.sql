-- A pair that is part of a ring stays a pair; its money is then counted for the ring, which comes first in precedence.
with

rule as (
    {{ rule_settings('reciprocal_owners', ['false_discovery_rate', 'least_whole_share']) }}
),

pairs as (
    select
        one.campaign_id,
        one.customer_id as first_uid,
        one.shop_owner_uid as second_uid
    from {{ ref('int_owner_edge') }} as one
    inner join {{ ref('int_owner_edge') }} as other
        on other.campaign_id = one.campaign_id
        and other.customer_id = one.shop_owner_uid
        and other.shop_owner_uid = one.customer_id
    where one.customer_id < one.shop_owner_uid
),

{#- Two joins on the key beat one with `or`. #}
pair_orders as (
    {%- for buyer, owner in [('first_uid', 'second_uid'), ('second_uid', 'first_uid')] %}
    select pairs.first_uid, pairs.second_uid, orders.*
    from pairs
    inner join {{ ref('int_owner_order') }} as orders
        on orders.campaign_id = pairs.campaign_id
        and orders.customer_id = pairs.{{ buyer }}
        and orders.shop_owner_uid = pairs.{{ owner }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

evidence as (
    select
        pair_orders.*,
        rule.rule_id,
        campaign.voucher_cap,
        pair_orders.rebate as money,
        row_number() over (
            partition by pair_orders.campaign_id, pair_orders.first_uid, pair_orders.second_uid
            order by pair_orders.txn_time, pair_orders.order_id
        ) as evidence_number
    from pair_orders
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = pair_orders.campaign_id
    cross join rule
),

hits as (
    select
        campaign_id,
        rule_id,
        'owner_pair' as subject_type,
        {{ dbt.concat([as_text('first_uid'), "'-'", as_text('second_uid')]) }} as subject_id,
        {{ dbt.concat([as_text('first_uid'), "','", as_text('second_uid')]) }} as members,
        sum(rebate) as rebate,
        {{ linked_order_columns() }},
        {{ whole_rebate_columns() }},
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, first_uid, second_uid
),

hits_with_chance as (
    select
        hits.*,
        chance.observed,
        chance.shuffles,
        chance.expected,
        campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
    inner join {{ ref('int_chance_level') }} as chance
        on chance.campaign_id = hits.campaign_id and chance.rule_id = hits.rule_id
),

{{ held_against_campaign('hits_with_chance') }}

select
    {{ hit_columns(
        reason=dbt.concat([
            sentence({'en': "Two shop owners bought at each other's shops"}, {}),
            linked_orders_text(),
            whole_rebate_text('pair', 'pairs'),
            chance_text('of owners did so'),
        ]),
        numbers=dict({
            'orders': 'order_count', 'days': 'days', 'vouchers': 'vouchers', 'rebate': 'rebate',
            'pairs_in_campaign': 'observed', 'pairs_by_chance': 'expected',
        }, **whole_rebate_numbers()),
        members='members',
        severity=severity_of_group(),
    ) }}
from judged
