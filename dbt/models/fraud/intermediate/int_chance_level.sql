-- How many pairs there are, and how many there would be by chance, so that a reason can say both.
{{ config(primary_key=['campaign_id', 'rule_id']) }}

with

rule as (
    {{ rule_settings('co_purchase_group', ['min_shops']) }}
),

campaigns as (
    select distinct campaign_id
    from {{ ref('campaign_daily') }}
),

shuffled as (
    select campaign_id, max(shuffle) as shuffles
    from {{ ref('int_shuffled_order') }}
    group by campaign_id
),

owners as (
    select distinct campaign_id, shop_owner_uid
    from {{ ref('shop_selling_rank') }}
),

shuffled_edges as (
    select distinct
        orders.campaign_id,
        orders.shuffle,
        orders.customer_id,
        orders.shop_owner_uid
    from {{ ref('int_shuffled_order') }} as orders
    inner join owners on owners.campaign_id = orders.campaign_id and owners.shop_owner_uid = orders.customer_id
    where orders.customer_id <> orders.shop_owner_uid
),

-- Both directions of a pair fall into one group: no join of edges with edges.
shuffled_owner_pairs as (
    select campaign_id, shuffle, low_uid, high_uid
    from (
        select
            campaign_id,
            shuffle,
            customer_id,
            case when customer_id < shop_owner_uid then customer_id else shop_owner_uid end as low_uid,
            case when customer_id < shop_owner_uid then shop_owner_uid else customer_id end as high_uid
        from shuffled_edges
    ) as edges
    group by campaign_id, shuffle, low_uid, high_uid
    having count(*) = 2
),

shuffled_customer_pairs as (
    {{ customer_pairs(ref('int_shuffled_visit'), ['campaign_id', 'shuffle'], 'rule') | indent }}
),

pairs as (
    select one.campaign_id, 'reciprocal_owners' as rule_id, 1 as observed, 0 as by_chance
    from {{ ref('int_owner_edge') }} as one
    inner join {{ ref('int_owner_edge') }} as other
        on other.campaign_id = one.campaign_id
        and other.customer_id = one.shop_owner_uid
        and other.shop_owner_uid = one.customer_id
    where one.customer_id < one.shop_owner_uid
    union all
    select campaign_id, 'reciprocal_owners' as rule_id, 0 as observed, 1 as by_chance
    from shuffled_owner_pairs
    union all
    select campaign_id, 'co_purchase_group' as rule_id, 1 as observed, 0 as by_chance
    from {{ ref('int_co_purchase_pair') }}
    union all
    select campaign_id, 'co_purchase_group' as rule_id, 0 as observed, 1 as by_chance
    from shuffled_customer_pairs
),

counted as (
    select campaign_id, rule_id, sum(observed) as observed, sum(by_chance) as by_chance
    from pairs
    group by campaign_id, rule_id
)

select
    campaigns.campaign_id,
    rules.rule_id,
    {{ as_integer('coalesce(counted.observed, 0)') }} as observed,
    {{ as_integer('coalesce(shuffled.shuffles, 0)') }} as shuffles,
    {{ rounded_quotient('coalesce(counted.by_chance, 0)', 'nullif(shuffled.shuffles, 0)') }} as expected
from campaigns
cross join {{ ref('fraud_rule') }} as rules
left join shuffled on shuffled.campaign_id = campaigns.campaign_id
left join counted on counted.campaign_id = campaigns.campaign_id and counted.rule_id = rules.rule_id
where rules.rule_id in ('reciprocal_owners', 'co_purchase_group')
