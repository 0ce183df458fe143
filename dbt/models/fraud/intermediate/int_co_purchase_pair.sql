{{ config(primary_key=['campaign_id', 'customer_id', 'other_customer_id']) }}

with

rule as (
    {{ rule_settings('co_purchase_group', ['min_shops']) }}
)

{{ customer_pairs(
    ref('int_small_shop_visit'), ['campaign_id'], 'rule', condition='one.is_compared = 1 and other.is_compared = 1'
) }}
