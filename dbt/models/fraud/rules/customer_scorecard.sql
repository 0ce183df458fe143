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
        orders.rebate as money,
        rule.rule_id,
        reasons.score,
        reasons.reason,
        case when shops.score >= rule.shop_score then 1 else 0 end as is_suspicious,
        max(case when shops.score >= rule.shop_score then 1 else 0 end) over (
            partition by orders.campaign_id, orders.customer_id
        ) as any_is_suspicious
    from reasons
    inner join {{ ref('int_campaign_order') }} as orders
        on orders.campaign_id = reasons.campaign_id and orders.customer_id = reasons.customer_id
    inner join {{ ref('int_shop_score') }} as shops
        on shops.campaign_id = orders.campaign_id and shops.shop_id = orders.shop_id
    cross join rule
    where orders.rebate > 0
),

{{ scorecard_hits('customer', 'customer_id') }}
