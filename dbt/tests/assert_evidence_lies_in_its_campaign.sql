-- An order that is evidence was placed on a day of the campaign of the hit.
select
    evidence.campaign_id,
    evidence.rule_id,
    evidence.subject_id,
    evidence.order_id,
    evidence.order_date
from {{ ref('int_fraud_evidence') }} as evidence
left join {{ ref('int_campaign_day') }} as campaign_day
    on campaign_day.txn_date = evidence.order_date and campaign_day.campaign_id = evidence.campaign_id
where campaign_day.txn_date is null
