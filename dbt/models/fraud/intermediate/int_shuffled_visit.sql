-- As int_small_shop_visit, of what chance would do. A table, so that pairs of customers are found by its key.
{{ config(primary_key=['campaign_id', 'shuffle', 'shop_id', 'customer_id']) }}

with

rule as (
    {{ rule_settings('co_purchase_group', ['min_shops', 'max_shop_buyers', 'max_pairs']) }}
),

visits as (
    select distinct campaign_id, shuffle, shop_id, customer_id
    from {{ ref('int_shuffled_order') }}
),

small_shops as (
    select visits.campaign_id, visits.shuffle, visits.shop_id
    from visits
    cross join rule
    group by visits.campaign_id, visits.shuffle, visits.shop_id
    having count(*) between 2 and min(rule.max_shop_buyers)
),

visits_of_small_shops as (
    select visits.campaign_id, visits.shuffle, visits.shop_id, visits.customer_id
    from visits
    inner join small_shops as shops
        on shops.campaign_id = visits.campaign_id and shops.shuffle = visits.shuffle and shops.shop_id = visits.shop_id
),

{{ visits_to_compare('visits_of_small_shops', ['campaign_id', 'shuffle'], 'rule') }}

select campaign_id, shuffle, shop_id, customer_id
from visits_to_compare
where comparisons <= max_pairs
