-- A negative weight would let one rule excuse another.
select
    rule_id,
    weight,
    minimum_evidence
from {{ ref('fraud_rule') }}
where weight < 0 or minimum_evidence < 0
