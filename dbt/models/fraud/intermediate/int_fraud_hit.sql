-- The list of rules with a model. A test compares it with the seed, so that no rule is forgotten here.
{{ config(materialized='ephemeral') }}

{%- set rules = [
    ref('adjacent_accounts'),
    ref('amount_outlier'),
    ref('buys_at_own_shop'),
    ref('co_purchase_group'),
    ref('customer_at_one_shop'),
    ref('customer_scorecard'),
    ref('exclusive_buyers'),
    ref('have_orders_under_1000'),
    ref('lockstep'),
    ref('night_orders'),
    ref('one_buyer_shop'),
    ref('order_boosting'),
    ref('order_brushing'),
    ref('order_burst'),
    ref('owner_ring'),
    ref('rebate_echo'),
    ref('reciprocal_owners'),
    ref('regular_spacing'),
    ref('repeated_amount'),
    ref('several_vouchers_one_owner'),
    ref('shop_burst_same_amount'),
    ref('shop_scorecard'),
    ref('subsidy_intensity'),
    ref('use_more_than_1_voucher_per_day'),
    ref('varied_optimum'),
    ref('voucher_optimal_bunching'),
] %}

{% for rule in rules -%}
select
    campaign_id,
    rule_id,
    subject_type,
    subject_id,
    txn_date,
    order_count,
    money_at_risk,
    occurrences,
    severity,
    reason,
    evidence,
    evidence_orders
from {{ rule }}
{% if not loop.last -%} union all {% endif %}
{% endfor %}
