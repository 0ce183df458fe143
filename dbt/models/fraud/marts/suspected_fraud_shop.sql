{{ config(
    primary_key=['campaign_id', 'shop_id', 'fraud_note', 'txn_date'],
    indexes=[['shop_id'], ['shop_owner_uid'], ['campaign_id', 'money_at_risk']],
) }}

with

shop_signals as (
    select
        signals.*,
        {{ as_integer('signals.subject_id') }} as shop_id
    from {{ ref('fraud_signal') }} as signals
    where signals.subject_type = 'shop' and signals.listed = 1
)

select
    shop_signals.campaign_id,
    shop_signals.txn_date,
    shop_signals.shop_id,
    shops.shop_owner_uid,
    shop_signals.rule_id as fraud_note,
    shop_signals.severity,
    shop_signals.order_count,
    shop_signals.money_at_risk,
    shop_signals.occurrences,
    shop_signals.reason,
    shop_signals.evidence
from shop_signals
inner join {{ ref('shop_selling_rank') }} as shops
    on shops.campaign_id = shop_signals.campaign_id and shops.shop_id = shop_signals.shop_id
