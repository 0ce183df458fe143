-- Of a customer, their orders, the shops where they were placed, and the people who share those shops.
{{ config(primary_key=['campaign_id', 'customer_id']) }}

with

shops as (
    select {{ many_groups() }}
        buyers.campaign_id,
        buyers.customer_id,
        {{ as_integer('max(score.points)') }} as most_shop_points,
        {{ as_integer('floor(sum(1e0 * buyers.orders * score.points) / sum(buyers.orders))') }} as mean_shop_points,
        {{ as_integer('min(profile.buyers)') }} as fewest_shop_buyers,
        {{ as_integer('max(buyers.is_neighbour * profile.neighbours_by_number)') }} as most_neighbours,
        max(case when buyers.is_neighbour = 1 and score.neighbours > 0 then score.neighbours else 0 end) as neighbours_beyond,
        max(case when buyers.is_neighbour = 1 and score.neighbours_modest > 0 then score.neighbours_modest else 0 end)
            as neighbours_modest_beyond
    from {{ ref('int_shop_buyer') }} as buyers
    inner join {{ ref('int_shop_score') }} as score
        on score.campaign_id = buyers.campaign_id and score.shop_id = buyers.shop_id
    inner join {{ ref('int_shop_profile') }} as profile
        on profile.campaign_id = buyers.campaign_id and profile.shop_id = buyers.shop_id
    group by buyers.campaign_id, buyers.customer_id
),

pairs as (
    {{ co_purchase_pairs_both_ways() }}
),

linked as (
    select
        pairs.campaign_id,
        pairs.customer_id,
        count(*) as partners,
        {{ as_integer('sum(partner.orders)') }} as orders_of_partners,
        {{ as_integer('sum(partner.whole_rebates)') }} as whole_rebates_of_partners
    from pairs
    inner join {{ ref('int_customer_activity') }} as partner
        on partner.campaign_id = pairs.campaign_id and partner.customer_id = pairs.other_customer_id
    group by pairs.campaign_id, pairs.customer_id
),

echoes as (
    select campaign_id, customer_id, count(*) as echoes
    from {{ ref('int_rebate_echo') }}
    where is_echo = 1
    group by campaign_id, customer_id
),

owners as (
    select
        orders.campaign_id,
        orders.customer_id,
        {{ as_integer(
            'sum(case when orders.customer_id = orders.shop_owner_uid and orders.rebate > 0 then 1 else 0 end)'
        ) }} as vouchers_at_own_shop,
        {{ as_integer(
            'sum(case when orders.customer_id <> orders.shop_owner_uid and orders.rebate >= campaign.voucher_cap then 1 else 0 end)'
        ) }} as whole_at_owners,
        {{ as_integer(
            'sum(case when back.campaign_id is not null and orders.rebate >= campaign.voucher_cap then 1 else 0 end)'
        ) }} as whole_reciprocal
    from {{ ref('int_owner_order') }} as orders
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
    left join {{ ref('int_owner_edge') }} as back
        on back.campaign_id = orders.campaign_id
        and back.customer_id = orders.shop_owner_uid
        and back.shop_owner_uid = orders.customer_id
    group by orders.campaign_id, orders.customer_id
)

select
    activity.campaign_id,
    activity.customer_id,
    activity.orders,
    activity.shops,
    activity.days,
    activity.amounts,
    activity.vouchers,
    activity.whole_rebates,
    activity.unrounded,
    activity.near_optimum,
    shops.most_shop_points,
    shops.mean_shop_points,
    shops.fewest_shop_buyers,
    shops.most_neighbours,
    shops.neighbours_beyond,
    shops.neighbours_modest_beyond,
    coalesce(linked.partners, 0) as partners,
    coalesce(linked.orders_of_partners, 0) as orders_of_partners,
    coalesce(linked.whole_rebates_of_partners, 0) as whole_rebates_of_partners,
    coalesce(echoes.echoes, 0) as echoes,
    coalesce(gaps.gaps, 0) as gaps,
    coalesce(gaps.most_common_gap, 0) as most_common_gap,
    coalesce(gaps.gap_peak, 0) as gap_peak,
    coalesce(owners.vouchers_at_own_shop, 0) as vouchers_at_own_shop,
    coalesce(owners.whole_at_owners, 0) as whole_at_owners,
    coalesce(owners.whole_reciprocal, 0) as whole_reciprocal
from {{ ref('int_customer_activity') }} as activity
inner join shops on shops.campaign_id = activity.campaign_id and shops.customer_id = activity.customer_id
left join linked on linked.campaign_id = activity.campaign_id and linked.customer_id = activity.customer_id
left join echoes on echoes.campaign_id = activity.campaign_id and echoes.customer_id = activity.customer_id
left join {{ ref('int_customer_gap') }} as gaps
    on gaps.campaign_id = activity.campaign_id and gaps.customer_id = activity.customer_id
left join owners on owners.campaign_id = activity.campaign_id and owners.customer_id = activity.customer_id
{{ in_key_order() }}
