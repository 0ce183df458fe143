-- What an order puts at risk is its rebate or nothing: half a rebate could not be counted once.
select
    campaign_id,
    rule_id,
    subject_id,
    order_id,
    money,
    rebate
from {{ ref('int_fraud_evidence') }}
where money <> 0 and money <> rebate
