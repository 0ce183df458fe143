-- Orders that lie in some window of order_brushing. A window begins at any second, so between two orders as well.
-- The windows looked at are complete: a window that begins at s holds the orders of s to s + seconds, both included. As s moves on by
-- a second, that set changes only where s + seconds meets an order's time (it enters: s is the time less `seconds`) and one second
-- after an order's time (it has left). So all windows from one such start up to the next hold the same orders, and one of them
-- stands for all. Orders and different buyers of a window are running sums over the starts, without comparing order with order: a
-- buyer enters and leaves with each order, but leaves no later than their next order enters.
-- Guests' orders are left out: who bought is not known, neither that it was one buyer nor that it was many.
{{ config(primary_key=['campaign_id', 'shop_id', 'customer_id', 'order_id']) }}

{%- set at = as_integer(seconds_between("cast('2000-01-01' as date)", 'orders.txn_time')) %}
with

rule as (
    select
        rule_id,
        {{ as_integer('seconds') }} as seconds,
        rate
    from (
        {{ rule_settings('order_brushing', ['seconds', 'rate']) }}
    ) as settings
),

-- With a rate above 1, some buyer has two orders in the window, and as many at the shop as the rate says.
returning_buyers as (
    select
        orders.campaign_id,
        orders.shop_id,
        rule.seconds,
        {{ at }} as at_second,
        lead({{ at }}) over (
            partition by orders.campaign_id, orders.customer_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as next_second
    from {{ ref('int_customer_shop_again') }} as pairs
    inner join {{ ref('int_customer_order') }} as orders
        on orders.campaign_id = pairs.campaign_id
        and orders.customer_id = pairs.customer_id
        and orders.shop_id = pairs.shop_id
    cross join rule
    where pairs.total_orders >= rule.rate
),

-- Time is cut into pieces as long as the window: a window with both these orders lies in the piece of the first and the two beside it.
around as (
    select -1 as pieces_later
    union all
    select 0 as pieces_later
    union all
    select 1 as pieces_later
),

pieces as (
    select distinct
        buyers.campaign_id,
        buyers.shop_id,
        {{ whole_quotient('buyers.at_second', 'buyers.seconds') }} + around.pieces_later as piece
    from returning_buyers as buyers
    cross join around
    where buyers.next_second - buyers.at_second <= buyers.seconds
),

shops as (
    select distinct campaign_id, shop_id
    from pieces
),

orders_of_shops as (
    select {{ begin_with('shops') }}
        orders.campaign_id,
        orders.shop_id,
        orders.customer_id,
        orders.order_id,
        orders.txn_time,
        orders.txn_date,
        orders.rebate,
        {{ at }} as at_second,
        rule.seconds
    from shops
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = shops.campaign_id and orders.shop_id = shops.shop_id
    cross join rule
    where orders.customer_id is not null
),

orders_near as (
    select
        orders.*,
        orders.at_second - orders.seconds as enters_at,
        orders.at_second + 1 as left_at,
        lead(orders.at_second - orders.seconds) over (
            partition by orders.campaign_id, orders.shop_id, orders.customer_id order by orders.at_second, orders.order_id
        ) as next_enters_at
    from orders_of_shops as orders
    inner join pieces
        on pieces.campaign_id = orders.campaign_id
        and pieces.shop_id = orders.shop_id
        and pieces.piece = {{ whole_quotient('orders.at_second', 'orders.seconds') }}
),

changes as (
    select campaign_id, shop_id, enters_at as begins_at, 1 as orders, 1 as buyers from orders_near
    union all
    select campaign_id, shop_id, left_at as begins_at, -1 as orders, 0 as buyers from orders_near
    union all
    select campaign_id, shop_id, least(left_at, coalesce(next_enters_at, left_at)) as begins_at, 0 as orders, -1 as buyers
    from orders_near
),

starts as (
    select
        campaign_id,
        shop_id,
        begins_at,
        sum(orders) as orders,
        sum(buyers) as buyers
    from changes
    group by campaign_id, shop_id, begins_at
),

windows as (
    select
        campaign_id,
        shop_id,
        begins_at,
        sum(orders) over (partition by campaign_id, shop_id order by begins_at) as orders,
        sum(buyers) over (partition by campaign_id, shop_id order by begins_at) as buyers
    from starts
),

brushing as (
    select
        windows.campaign_id,
        windows.shop_id,
        windows.begins_at,
        case when windows.orders > 0 and windows.orders >= rule.rate * windows.buyers then 1 else 0 end as is_brushing
    from windows
    cross join rule
),

counted as (
    select
        campaign_id,
        shop_id,
        begins_at,
        sum(is_brushing) over (partition by campaign_id, shop_id order by begins_at) - is_brushing as brushing_before
    from brushing
)

-- An order's windows begin between where it enters and where it has left, and both are starts.
select
    orders.campaign_id,
    orders.shop_id,
    orders.customer_id,
    orders.order_id,
    orders.txn_time,
    orders.txn_date,
    orders.rebate
from orders_near as orders
inner join counted as entered
    on entered.campaign_id = orders.campaign_id
    and entered.shop_id = orders.shop_id
    and entered.begins_at = orders.enters_at
inner join counted as gone
    on gone.campaign_id = orders.campaign_id
    and gone.shop_id = orders.shop_id
    and gone.begins_at = orders.left_at
where gone.brushing_before > entered.brushing_before
{{ in_key_order() }}
