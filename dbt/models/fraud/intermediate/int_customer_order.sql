-- In the order of its key, so that MySQL appends to the table instead of filling it all over.
{{ config(primary_key=['campaign_id', 'customer_id', 'txn_time', 'order_id']) }}

select
    orders.campaign_id,
    orders.customer_id,
    orders.txn_time,
    orders.order_id,
    orders.shop_id,
    orders.shop_owner_uid,
    orders.txn_date,
    orders.gmv,
    orders.rebate
from {{ ref('int_campaign_order') }} as orders
inner join {{ ref('int_customer_to_look_at') }} as customers
    on customers.campaign_id = orders.campaign_id and customers.customer_id = orders.customer_id
{{ in_key_order() }}
