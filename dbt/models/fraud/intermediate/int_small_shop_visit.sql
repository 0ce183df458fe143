-- Who bought at which small shop, for customers with enough small shops to share. Comparing the customers of a shop costs the
-- square of their number, so shops are taken from the fewest customers on, until `max_pairs` comparisons are planned.
{{ config(
    primary_key=['campaign_id', 'shop_id', 'customer_id'],
    indexes=[['campaign_id', 'customer_id', 'shop_id']],
) }}

with

rule as (
    {{ rule_settings('co_purchase_group', ['min_shops', 'max_shop_buyers', 'max_pairs']) }}
),

-- A shop has as many buyers as orders, less those of a buyer who came back. So they are counted without telling the customers
-- of all shops apart, which takes a sort of all rows.
later_orders as (
    select campaign_id, shop_id, sum(total_orders - 1) as later_orders
    from {{ ref('int_customer_shop_again') }}
    group by campaign_id, shop_id
),

visits as (
    select {{ hash_join('customers', 'days') }}
        days.campaign_id,
        days.shop_id,
        days.customer_id
    from {{ ref('customer_pending_rank') }} as customers
    inner join {{ ref('int_customer_shop_day') }} as days
        on days.campaign_id = customers.campaign_id and days.customer_id = customers.customer_id
    where customers.total_orders >= (select min_shops from rule)
    group by days.campaign_id, days.shop_id, days.customer_id
),

visits_of_small_shops as (
    select {{ hash_join('shops', 'visits') }}
        visits.campaign_id,
        visits.shop_id,
        visits.customer_id
    from {{ ref('shop_selling_rank') }} as shops
    left join later_orders on later_orders.campaign_id = shops.campaign_id and later_orders.shop_id = shops.shop_id
    inner join visits on visits.campaign_id = shops.campaign_id and visits.shop_id = shops.shop_id
    where
        shops.total_orders - coalesce(later_orders.later_orders, 0) >= 2
        and shops.total_orders - coalesce(later_orders.later_orders, 0) <= (select max_shop_buyers from rule)
),

{{ visits_to_compare('visits_of_small_shops', ['campaign_id'], 'rule') }}

select
    campaign_id,
    shop_id,
    customer_id,
    case when comparisons <= max_pairs then 1 else 0 end as is_compared
from visits_to_compare
{{ in_key_order() }}
