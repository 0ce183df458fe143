-- The evidence: voucher orders at shops that are suspicious themselves; where no shop is, all voucher orders.
with

rule as (
    {{ rule_settings('customer_scorecard', ['shop_score']) }}
),

{{ scorecard_reasons('customer', 'customer_id') }},

vouchers as (
    select {{ begin_with('reasons') }}
        orders.campaign_id,
        orders.customer_id,
        orders.order_id,
        orders.txn_time,
        orders.txn_date,
        orders.rebate,
        rule.rule_id,
        reasons.score,
        reasons.reason,
        case when shops.score >= rule.shop_score then 1 else 0 end as at_suspicious_shop,
        max(case when shops.score >= rule.shop_score then 1 else 0 end) over (
            partition by orders.campaign_id, orders.customer_id
        ) as knows_suspicious_shop
    from reasons
    inner join {{ ref('int_campaign_order') }} as orders
        on orders.campaign_id = reasons.campaign_id and orders.customer_id = reasons.customer_id
    inner join {{ ref('int_shop_score') }} as shops
        on shops.campaign_id = orders.campaign_id and shops.shop_id = orders.shop_id
    cross join rule
    where orders.rebate > 0
),

evidence as (
    select
        campaign_id,
        rule_id,
        {{ as_text('customer_id') }} as subject_id,
        score,
        reason,
        order_id,
        txn_date,
        rebate as money,
        row_number() over (partition by campaign_id, customer_id order by txn_time, order_id) as evidence_number
    from vouchers
    where at_suspicious_shop = knows_suspicious_shop
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        subject_id,
        score,
        max(reason) as reason,
        max(txn_date) as txn_date,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, score
)

select
    {{ hit_columns(reason='reason', numbers={'score': 'score', 'rebate': 'money_at_risk'}) }}
from hits
