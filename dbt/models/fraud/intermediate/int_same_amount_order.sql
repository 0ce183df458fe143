-- Time is cut into pieces as long as the window of shop_burst_same_amount, so that whatever lies within one window of an order
-- is found by equality, in its own piece or the next, however popular amount and shop are.
{{ config(primary_key=['campaign_id', 'shop_id', 'gmv', 'piece', 'txn_time', 'order_id']) }}

with

rule as (
    {{ rule_settings('shop_burst_same_amount', ['customers', 'minutes']) }}
),

amounts as (
    select
        campaign_id,
        shop_id,
        gmv
    from {{ ref('int_shop_order') }}
    group by campaign_id, shop_id, gmv
    having count(*) >= (select customers from rule)
)

select
    orders.campaign_id,
    orders.shop_id,
    orders.gmv,
    {{ as_integer('floor(' ~ seconds_between("cast('2000-01-01' as date)", 'orders.txn_time') ~ ' / (60 * rule.minutes))') }}
        as piece,
    orders.txn_time,
    orders.order_id,
    orders.customer_id,
    orders.txn_date,
    orders.rebate
from {{ ref('int_shop_order') }} as orders
inner join amounts
    on amounts.campaign_id = orders.campaign_id and amounts.shop_id = orders.shop_id and amounts.gmv = orders.gmv
cross join rule
