-- Time is cut into pieces as long as the window of shop_burst_same_amount, so that whatever lies within one window of an order
-- is found by equality, in its own piece or the next, however popular amount and shop are. Only orders that have enough others
-- in their piece and the two beside it: without them they are in no burst.
{{ config(primary_key=['campaign_id', 'shop_id', 'gmv', 'piece', 'txn_time', 'order_id']) }}

with

rule as (
    {{ rule_settings('shop_burst_same_amount', ['customers', 'minutes']) }}
),

in_pieces as (
    select {{ begin_with('amounts') }}
        orders.campaign_id,
        orders.shop_id,
        orders.gmv,
        {{ as_integer('floor(' ~ seconds_between("cast('2000-01-01' as date)", 'orders.txn_time') ~ ' / (60 * rule.minutes))') }}
            as piece,
        orders.txn_time,
        orders.order_id,
        orders.customer_id,
        orders.txn_date,
        orders.rebate,
        rule.customers
    from {{ ref('int_shop_amount') }} as amounts
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = amounts.campaign_id and orders.shop_id = amounts.shop_id and orders.gmv = amounts.gmv
    cross join rule
    where amounts.total_orders >= rule.customers
),

with_neighbours as (
    select
        in_pieces.*,
        count(*) over (
            partition by campaign_id, shop_id, gmv order by piece range between 1 preceding and 1 following
        ) as orders_near
    from in_pieces
)

select
    campaign_id,
    shop_id,
    gmv,
    piece,
    txn_time,
    order_id,
    customer_id,
    txn_date,
    rebate
from with_neighbours
where orders_near >= customers
{{ in_key_order() }}
