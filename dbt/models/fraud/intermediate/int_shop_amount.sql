-- Amounts that a shop sold at more than once, for the rules on equal amounts.
{{ config(primary_key=['campaign_id', 'shop_id', 'gmv']) }}

select
    campaign_id,
    shop_id,
    gmv,
    count(*) as total_orders
from {{ ref('int_shop_order') }}
group by campaign_id, shop_id, gmv
having count(*) >= 2
