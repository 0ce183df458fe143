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
        case when customers.score >= rule.customer_score then 1 else 0 end as is_suspicious,
        max(case when customers.score >= rule.customer_score then 1 else 0 end) over (
            partition by orders.campaign_id, orders.shop_id
        ) as any_is_suspicious
    from reasons
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = reasons.campaign_id and orders.shop_id = reasons.shop_id
    left join {{ ref('int_customer_score') }} as customers
        on customers.campaign_id = orders.campaign_id and customers.customer_id = orders.customer_id
    cross join rule
    where orders.rebate > 0
),

{{ scorecard_hits('shop', 'shop_id') }}
