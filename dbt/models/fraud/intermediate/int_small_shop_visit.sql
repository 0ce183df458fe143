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

{{ visits_to_compare(ref('int_customer_shop_day'), ['campaign_id'], 'rule') }}

select
    campaign_id,
    shop_id,
    customer_id,
    case when comparisons <= max_pairs then 1 else 0 end as is_compared
from visits_to_compare
