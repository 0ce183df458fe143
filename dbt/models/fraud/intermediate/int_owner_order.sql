-- The orders of buyers who own a shop that sold in the same campaign.
{{ config(primary_key=['campaign_id', 'customer_id', 'shop_owner_uid', 'order_id']) }}

select
    orders.campaign_id,
    orders.customer_id,
    orders.shop_owner_uid,
    orders.order_id,
    orders.shop_id,
    orders.rebate,
    orders.txn_time,
    orders.txn_date
from {{ ref('int_customer_to_look_at') }} as customers
inner join {{ ref('int_customer_order') }} as orders
    on orders.campaign_id = customers.campaign_id and orders.customer_id = customers.customer_id
where customers.is_owner = 1
