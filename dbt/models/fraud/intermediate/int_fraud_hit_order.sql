-- One row per hit and order. The bands are judged from these rows, and then say whose rebates are at risk.
{{ config(
    primary_key=['campaign_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date', 'order_id'],
) }}

with

unfolded as (
    {{ unfold_orders(
        ref('int_fraud_hit'), ['campaign_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date']
    ) }}
)

select
    unfolded.campaign_id,
    unfolded.rule_id,
    unfolded.subject_type,
    unfolded.subject_id,
    unfolded.txn_date,
    unfolded.order_id,
    orders.customer_id,
    orders.shop_id,
    orders.txn_date as order_date,
    orders.txn_time as order_time,
    orders.rebate,
    signals.listed,
    {{ accuses('signals', 'rule') }} as accuses,
    case when {{ puts_money_at_risk('signals') }} then unfolded.money else 0 end as money
from unfolded
inner join {{ ref('fraud_signal') }} as signals
    on signals.campaign_id = unfolded.campaign_id
    and signals.rule_id = unfolded.rule_id
    and signals.subject_type = unfolded.subject_type
    and signals.subject_id = unfolded.subject_id
    and signals.txn_date = unfolded.txn_date
inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = unfolded.rule_id
left join {{ ref('stg_campaign_raw__transaction') }} as orders on orders.order_id = unfolded.order_id
{{ in_key_order() }}
