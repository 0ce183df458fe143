-- Sorted once for all rules about shops: by amount within the shop, which groups equal amounts and gives medians.
{{ config(primary_key=['campaign_id', 'shop_id', 'gmv', 'txn_time', 'order_id']) }}

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
{{ in_key_order() }}
