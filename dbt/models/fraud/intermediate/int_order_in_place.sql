-- The orders of each day in a row, so that a place of the day is found by its key. Only of campaigns that are shuffled.
{{ config(primary_key=['campaign_id', 'txn_date', 'place']) }}

with

campaigns as (
    select campaign_id
    from {{ ref('campaign_daily') }}
    group by campaign_id
    having {{ var('chance_shuffles') }} > 0 and sum(total_orders) <= {{ var('chance_orders_shuffled') }}
)

select
    orders.campaign_id,
    orders.txn_date,
    {{ as_integer('row_number() over (partition by orders.campaign_id, orders.txn_date order by orders.order_id)') }} as place,
    orders.order_id,
    orders.customer_id,
    orders.shop_id,
    orders.shop_owner_uid,
    orders.txn_time
from {{ ref('int_campaign_order') }} as orders
inner join campaigns on campaigns.campaign_id = orders.campaign_id
where orders.customer_id is not null
