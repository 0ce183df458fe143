-- The evidence of every hit has as many orders, and as much money at risk, as the hit says.
-- Scenario: a list of orders cut by a limit of the engine, which some engines do with a warning only.
with

found as (
    select
        campaign_id,
        rule_id,
        subject_type,
        subject_id,
        txn_date,
        count(*) as orders_found,
        sum(money) as money_found
    from {{ ref('int_fraud_evidence') }}
    group by campaign_id, rule_id, subject_type, subject_id, txn_date
)

select
    signals.campaign_id,
    signals.rule_id,
    signals.subject_id,
    signals.txn_date,
    signals.order_count,
    found.orders_found,
    signals.money_at_risk,
    found.money_found
from {{ ref('fraud_signal') }} as signals
left join found
    on found.campaign_id = signals.campaign_id
    and found.rule_id = signals.rule_id
    and found.subject_type = signals.subject_type
    and found.subject_id = signals.subject_id
    and found.txn_date = signals.txn_date
where
    found.orders_found is null
    or found.orders_found <> signals.order_count
    or found.money_found <> signals.money_at_risk
