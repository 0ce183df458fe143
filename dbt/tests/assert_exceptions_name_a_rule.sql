-- The rule of every exception exists. Scenario: a misspelt rule id, and the person goes on being listed.
-- Two seeds have no order between them: it runs with the model after both, {{ ref('fraud_signal') }}
select
    exceptions.subject_type,
    exceptions.subject_id,
    exceptions.rule_id
from {{ ref('fraud_exception') }} as exceptions
left join {{ ref('fraud_rule') }} as rule on rule.rule_id = exceptions.rule_id
where rule.rule_id is null
