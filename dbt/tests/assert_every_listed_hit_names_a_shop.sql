-- Per campaign, rule and day, suspected_fraud_shop names as many subjects as fraud_signal lists.
-- Scenario: a shop lost by a join.
with

signals as (
    select
        campaign_id,
        rule_id,
        txn_date,
        count(*) as hits
    from {{ ref('fraud_signal') }}
    where listed = 1 and subject_type = 'shop'
    group by campaign_id, rule_id, txn_date
),

suspects as (
    select
        campaign_id,
        fraud_note,
        txn_date,
        count(*) as hits
    from {{ ref('suspected_fraud_shop') }}
    group by campaign_id, fraud_note, txn_date
)

select
    signals.campaign_id,
    signals.rule_id,
    signals.txn_date,
    signals.hits as hits_listed,
    suspects.hits as hits_named
from signals
left join suspects
    on suspects.campaign_id = signals.campaign_id
    and suspects.fraud_note = signals.rule_id
    and suspects.txn_date = signals.txn_date
where suspects.hits is null or suspects.hits <> signals.hits
