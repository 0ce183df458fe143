-- Of a shop, its orders and the people who buy there: whole numbers only, from which the scorecard's features come.
{{ config(primary_key=['campaign_id', 'shop_id']) }}

with

amounts as (
    select
        campaign_id,
        shop_id,
        gmv,
        count(*) as orders,
        sum(is_voucher) as vouchers,
        sum(is_modest) as modest_rebates,
        sum(is_unrounded) as unrounded,
        sum(is_near_optimum) as near_optimum
    from {{ ref('int_scored_order') }}
    group by campaign_id, shop_id, gmv
),

shops as (
    select
        campaign_id,
        shop_id,
        {{ as_integer('sum(orders)') }} as orders,
        count(*) as amounts,
        {{ as_integer('max(orders)') }} as most_common_amount,
        {{ as_integer('sum(vouchers)') }} as vouchers,
        {{ as_integer('sum(modest_rebates)') }} as modest_rebates,
        {{ as_integer('sum(unrounded)') }} as unrounded,
        {{ as_integer('sum(near_optimum)') }} as near_optimum
    from amounts
    group by campaign_id, shop_id
),

pairs as (
    {{ co_purchase_pairs_both_ways() }}
),

linked as (
    select campaign_id, customer_id, count(*) as partners
    from pairs
    group by campaign_id, customer_id
),

people as (
    select
        buyers.campaign_id,
        buyers.shop_id,
        buyers.orders,
        buyers.modest_rebates,
        buyers.is_neighbour,
        activity.orders as all_orders,
        activity.modest_rebates as all_modest_rebates,
        case when activity.shops = 1 then 1 else 0 end as is_exclusive,
        case when linked.partners >= 3 then 1 else 0 end as is_linked
    from {{ ref('int_shop_buyer') }} as buyers
    inner join {{ ref('int_customer_activity') }} as activity
        on activity.campaign_id = buyers.campaign_id and activity.customer_id = buyers.customer_id
    left join linked on linked.campaign_id = buyers.campaign_id and linked.customer_id = buyers.customer_id
),

buyers as (
    select
        campaign_id,
        shop_id,
        count(*) as buyers,
        {{ as_integer('sum(is_exclusive)') }} as exclusive_buyers,
        {{ as_integer('sum(case when all_orders >= 2 then 1 else 0 end)') }} as repeat_buyers,
        {{ as_integer('sum(case when all_orders >= 2 and all_modest_rebates = all_orders then 1 else 0 end)') }}
            as modest_repeat_buyers,
        {{ as_integer('sum(all_orders - orders)') }} as orders_elsewhere,
        {{ as_integer('sum(all_modest_rebates - modest_rebates)') }} as modest_rebates_elsewhere,
        {{ as_integer('sum(is_linked)') }} as linked_buyers,
        {{ as_integer('sum(is_linked * all_orders)') }} as linked_orders,
        {{ as_integer('sum(is_linked * all_modest_rebates)') }} as linked_modest_rebates,
        {{ as_integer('sum(is_neighbour)') }} as neighbours_by_number,
        {{ as_integer('sum(is_neighbour * orders)') }} as neighbour_orders,
        {{ as_integer('sum(is_neighbour * modest_rebates)') }} as neighbour_modest_rebates
    from people
    group by campaign_id, shop_id
),

echoes as (
    select
        campaign_id,
        shop_id,
        count(distinct customer_id) as echo_buyers,
        count(*) as echoes
    from {{ ref('int_rebate_echo') }}
    where is_echo = 1
    group by campaign_id, shop_id
),

owners as (
    select
        owned.campaign_id,
        owned.shop_id,
        buyers.orders as orders_of_owner
    from {{ ref('shop_selling_rank') }} as owned
    inner join {{ ref('int_shop_buyer') }} as buyers
        on buyers.campaign_id = owned.campaign_id
        and buyers.shop_id = owned.shop_id
        and buyers.customer_id = owned.shop_owner_uid
)

select
    shops.campaign_id,
    shops.shop_id,
    shops.orders,
    shops.amounts,
    shops.most_common_amount,
    shops.vouchers,
    shops.modest_rebates,
    shops.unrounded,
    shops.near_optimum,
    buyers.buyers,
    buyers.exclusive_buyers,
    buyers.repeat_buyers,
    buyers.modest_repeat_buyers,
    buyers.orders_elsewhere,
    buyers.modest_rebates_elsewhere,
    buyers.linked_buyers,
    buyers.linked_orders,
    buyers.linked_modest_rebates,
    buyers.neighbours_by_number,
    buyers.neighbour_orders,
    buyers.neighbour_modest_rebates,
    coalesce(gaps.gaps, 0) as gaps,
    coalesce(gaps.most_common_gap, 0) as most_common_gap,
    coalesce(gaps.gap_peak, 0) as gap_peak,
    coalesce(echoes.echo_buyers, 0) as echo_buyers,
    coalesce(echoes.echoes, 0) as echoes,
    coalesce(owners.orders_of_owner, 0) as orders_of_owner
from shops
inner join buyers on buyers.campaign_id = shops.campaign_id and buyers.shop_id = shops.shop_id
left join {{ ref('int_shop_gap') }} as gaps on gaps.campaign_id = shops.campaign_id and gaps.shop_id = shops.shop_id
left join echoes on echoes.campaign_id = shops.campaign_id and echoes.shop_id = shops.shop_id
left join owners on owners.campaign_id = shops.campaign_id and owners.shop_id = shops.shop_id
{{ in_key_order() }}
