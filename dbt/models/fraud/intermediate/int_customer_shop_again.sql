-- Who came back to a shop, for rules about a customer at a shop, and for telling a shop's buyers from its orders.
{{ config(primary_key=['campaign_id', 'customer_id', 'shop_id']) }}

select
    campaign_id,
    customer_id,
    shop_id,
    count(*) as total_orders
from {{ ref('int_customer_order') }}
group by campaign_id, customer_id, shop_id
having count(*) >= 2
{{ in_key_order() }}
