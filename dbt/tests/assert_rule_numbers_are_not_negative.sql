-- A negative weight would let one rule excuse another; descriptive is 0 or 1, and points are multiplied by it.
select
    rule_id,
    weight,
    minimum_evidence,
    descriptive
from {{ ref('fraud_rule') }}
where weight < 0 or minimum_evidence < 0 or descriptive not in (0, 1)
