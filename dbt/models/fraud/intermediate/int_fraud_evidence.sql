-- One row per hit and order, so that money can be counted once: each rebate goes to the first rule in precedence.
{{ config(
    tags=['audited'],
    primary_key=['campaign_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date', 'order_id'],
) }}

with

unfolded as (
    {{ unfold_orders(
        ref('int_fraud_hit'), ['campaign_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date']
    ) }}
),

judged as (
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
        case when {{ puts_money_at_risk('signals') }} then unfolded.money else 0 end as money,
        rule.precedence,
        {{ severity_order('rule.severity') }} as severity_order
    from unfolded
    inner join {{ ref('fraud_signal') }} as signals
        on signals.campaign_id = unfolded.campaign_id
        and signals.rule_id = unfolded.rule_id
        and signals.subject_type = unfolded.subject_type
        and signals.subject_id = unfolded.subject_id
        and signals.txn_date = unfolded.txn_date
    inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = unfolded.rule_id
    left join {{ ref('stg_campaign_raw__transaction') }} as orders on orders.order_id = unfolded.order_id
),

ordered as (
    select
        judged.*,
        row_number() over (
            partition by campaign_id, order_id
            order by
                case when money > 0 then 0 else 1 end, precedence, severity_order desc, rule_id,
                subject_type, subject_id, txn_date
        ) as claim,
        min(case when money > 0 then rule_id end) over (partition by campaign_id, order_id) as first_rule,
        max(case when money > 0 then rule_id end) over (partition by campaign_id, order_id) as last_rule
    from judged
)

select
    campaign_id,
    rule_id,
    subject_type,
    subject_id,
    txn_date,
    order_id,
    customer_id,
    shop_id,
    order_date,
    order_time,
    rebate,
    listed,
    money,
    case when claim = 1 then money else 0 end as money_counted_once,
    case when claim = 1 and first_rule = last_rule then money else 0 end as money_unique
from ordered
{{ in_key_order() }}
