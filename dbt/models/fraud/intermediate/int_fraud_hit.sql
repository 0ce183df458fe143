-- The list of rules with a model. A test compares it with the seed, so that no rule is forgotten here.
{{ config(materialized='ephemeral') }}

{%- set rules = [
    ref('buys_at_own_shop'),
    ref('co_purchase_group'),
    ref('have_orders_under_1000'),
    ref('order_boosting'),
    ref('owner_ring'),
    ref('reciprocal_owners'),
    ref('use_more_than_1_voucher_per_day'),
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
    severity,
    reason,
    evidence,
    evidence_orders
from {{ rule }}
{% if not loop.last -%} union all {% endif %}
{% endfor %}
