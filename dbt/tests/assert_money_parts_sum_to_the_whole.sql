-- The parts of the rules, at risk and watched, are together the rebates of all orders that a hit can claim, each once; no
-- rule's own part is more than what it was given, and what is given to it and watched no more than its naive sum.
with

orders_claimed as (
    select
        campaign_id,
        order_id,
        max(case when can_claim = 1 then money else 0 end) as money
    from {{ ref('int_fraud_evidence') }}
    group by campaign_id, order_id
),

whole as (
    select campaign_id, sum(money) as money
    from orders_claimed
    group by campaign_id
),

parts as (
    select
        campaign_id,
        sum(money_at_risk_counted_once + money_watched) as money,
        sum(
            case
                when money_unique > money_at_risk_counted_once then 1
                when money_at_risk_counted_once + money_watched > money_naive then 1
                else 0
            end
        ) as rules_out_of_order
    from {{ ref('money_at_risk') }}
    group by campaign_id
)

select
    parts.campaign_id,
    parts.money as money_of_the_parts,
    whole.money as money_of_the_whole,
    parts.rules_out_of_order
from parts
left join whole on whole.campaign_id = parts.campaign_id
where parts.money <> coalesce(whole.money, 0) or parts.rules_out_of_order > 0
