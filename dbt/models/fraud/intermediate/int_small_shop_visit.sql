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

-- A row is a visit, the first of its customer at the shop or a later one. Who came again is among the customers to look at, so
-- the buyers of a shop are counted without telling the customers of all shops apart, which takes a sort of all rows.
returned as (
    select days.campaign_id, days.shop_id, days.customer_id, count(*) - 1 as later_visits
    from {{ ref('int_customer_shop_day') }} as days
    inner join {{ ref('int_customer_to_look_at') }} as customers
        on customers.campaign_id = days.campaign_id and customers.customer_id = days.customer_id
    group by days.campaign_id, days.shop_id, days.customer_id
    having count(*) >= 2
),

visits_of_shops as (
    select campaign_id, shop_id, count(*) as first_visits
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id, shop_id
    union all
    select campaign_id, shop_id, -sum(later_visits) as first_visits
    from returned
    group by campaign_id, shop_id
),

small_shops as (
    select campaign_id, shop_id
    from visits_of_shops
    group by campaign_id, shop_id
    having sum(first_visits) between 2 and (select max_shop_buyers from rule)
),

customers_of_several_shops as (
    select campaign_id, customer_id
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id, customer_id
    having count(*) >= (select min_shops from rule)
),

-- Grouped before the shops are joined: MySQL would else join customers with shops, by their campaign alone.
visits as (
    select distinct days.campaign_id, days.shop_id, days.customer_id
    from {{ ref('int_customer_shop_day') }} as days
    inner join customers_of_several_shops as customers
        on customers.campaign_id = days.campaign_id and customers.customer_id = days.customer_id
),

visits_of_small_shops as (
    select visits.campaign_id, visits.shop_id, visits.customer_id
    from visits
    inner join small_shops as shops on shops.campaign_id = visits.campaign_id and shops.shop_id = visits.shop_id
),

{{ visits_to_compare('visits_of_small_shops', ['campaign_id'], 'rule') }}

select
    campaign_id,
    shop_id,
    customer_id,
    case when comparisons <= max_pairs then 1 else 0 end as is_compared
from visits_to_compare
