-- Sorted once for all rules about shops: by amount within the shop, which groups equal amounts and gives medians.
{{ config(primary_key=['campaign_id', 'shop_id', 'gmv', 'txn_time', 'order_id']) }}

with

fewest as (
    select
        min(
            coalesce({{ json_number('parameters', 'min_orders') }}, {{ json_number('parameters', 'customers') }})
        ) as orders
    from {{ ref('fraud_rule') }}
    where subject in ('shop', 'order') and status <> 'retired'
)

select
    orders.campaign_id,
    orders.customer_id,
    orders.txn_time,
    orders.order_id,
    orders.shop_id,
    orders.txn_date,
    orders.gmv,
    orders.rebate
from {{ ref('int_campaign_order') }} as orders
inner join {{ ref('shop_selling_rank') }} as shops
    on shops.campaign_id = orders.campaign_id and shops.shop_id = orders.shop_id
cross join fewest
where shops.total_orders >= fewest.orders
order by orders.campaign_id, orders.shop_id, orders.gmv, orders.txn_time, orders.order_id
