-- The evidence: voucher orders of buyers who are suspicious themselves; where no buyer is, all voucher orders. Money is at risk
-- only of buyers in review: the other buyers of such a shop are mostly honest.
with

rule as (
    {{ rule_settings('shop_scorecard', ['customer_score']) }}
),

{{ scorecard_reasons('shop', 'shop_id') }},

vouchers as (
    select {{ begin_with('reasons') }}
        orders.campaign_id,
        orders.shop_id,
        orders.order_id,
        orders.txn_time,
        orders.txn_date,
        rule.rule_id,
        reasons.score,
        reasons.reason,
        case when customers.score >= {{ var('review_score') }} then orders.rebate else 0 end as money,
        case when customers.score >= rule.customer_score then 1 else 0 end as of_suspicious_buyer,
        max(case when customers.score >= rule.customer_score then 1 else 0 end) over (
            partition by orders.campaign_id, orders.shop_id
        ) as has_suspicious_buyer
    from reasons
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = reasons.campaign_id and orders.shop_id = reasons.shop_id
    left join {{ ref('int_customer_score') }} as customers
        on customers.campaign_id = orders.campaign_id and customers.customer_id = orders.customer_id
    cross join rule
    where orders.rebate > 0
),

evidence as (
    select
        campaign_id,
        rule_id,
        {{ as_text('shop_id') }} as subject_id,
        score,
        reason,
        order_id,
        txn_date,
        money,
        row_number() over (partition by campaign_id, shop_id order by txn_time, order_id) as evidence_number
    from vouchers
    where of_suspicious_buyer = has_suspicious_buyer
),

hits as (
    select
        campaign_id,
        rule_id,
        'shop' as subject_type,
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
