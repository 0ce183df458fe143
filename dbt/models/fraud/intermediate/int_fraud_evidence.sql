-- The rows of int_fraud_hit_order, with each rebate counted once: for the first rule in precedence among those whose subject
-- is in review (and, if it only describes, for more than it); where there is none, it is only watched. An order of a pair, ring or group counts for the customer who placed it.
{{ config(
    tags=['audited'],
    primary_key=['campaign_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date', 'order_id'],
) }}

with

hit_orders as (
    select
        hits.*,
        rule.precedence,
        {{ severity_order('rule.severity') }} as severity_order,
        -- A breach names the orders that the terms allow as well, without money: the rest of its family can't claim them.
        max(case when rule.kind = 'breach' and hits.listed = 1 and hits.money < hits.rebate then 1 else 0 end) over (
            partition by hits.campaign_id, hits.order_id, rule.family
        ) as is_within_terms,
        case when hits.subject_type = 'shop' then shops.band else customers.band end as band,
        case
            when hits.subject_type = 'shop' then shops.holds_without_breach else customers.holds_without_breach
        end as holds_without_breach
    from {{ ref('int_fraud_hit_order') }} as hits
    inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = hits.rule_id
    left join {{ ref('int_customer_band') }} as customers
        on customers.campaign_id = hits.campaign_id and customers.customer_id = hits.customer_id
    left join {{ ref('int_shop_band') }} as shops
        on shops.campaign_id = hits.campaign_id and shops.shop_id = hits.shop_id
),

claiming as (
    select
        hit_orders.*,
        case
            when money = 0 or is_within_terms = 1 then 0
            -- What only describes needs more than itself: review takes a rule that accuses, and a breach speaks of its own orders.
            when band in ('review', 'breach') and (accuses = 1 or holds_without_breach = 1) then 2
            else 1
        end as claims
    from hit_orders
),

ordered as (
    select
        claiming.*,
        row_number() over (
            partition by campaign_id, order_id
            order by claims desc, precedence, severity_order desc, rule_id, subject_type, subject_id, txn_date
        ) as place,
        min(case when claims > 0 then rule_id end) over (partition by campaign_id, order_id) as first_rule,
        max(case when claims > 0 then rule_id end) over (partition by campaign_id, order_id) as last_rule
    from claiming
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
    accuses,
    money,
    case when claims > 0 then 1 else 0 end as can_claim,
    case when place = 1 and claims = 2 then money else 0 end as money_counted_once,
    case when place = 1 and claims = 2 and first_rule = last_rule then money else 0 end as money_unique,
    case when place = 1 and claims = 1 then money else 0 end as money_watched
from ordered
{{ in_key_order() }}
