-- Who bought at which shop, sorted by shop.
{{ config(primary_key=['campaign_id', 'shop_id', 'customer_id']) }}

select {{ many_groups() }}
    campaign_id,
    shop_id,
    customer_id,
    count(*) as orders,
    {{ as_integer('sum(is_modest)') }} as modest_rebates
from {{ ref('int_scored_order') }}
group by campaign_id, shop_id, customer_id
{{ in_key_order() }}
