{{ config(
    primary_key=['campaign_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date'],
    indexes=[['campaign_id', 'subject_type', 'subject_id']],
) }}

{% set today = "cast('" ~ var('as_of_date') ~ "' as date)" if var('as_of_date', none) else 'current_date' %}

with

judged as (
    select
        hits.campaign_id,
        hits.rule_id,
        hits.subject_type,
        hits.subject_id,
        hits.txn_date,
        rule.kind,
        coalesce(hits.severity, rule.severity) as severity,
        rule.status,
        case when exceptions.rule_id is null then 0 else 1 end as muted,
        case when rule.status = 'active' and exceptions.rule_id is null then 1 else 0 end as listed,
        hits.order_count,
        hits.money_at_risk,
        hits.occurrences,
        hits.reason,
        hits.evidence
    from {{ ref('int_fraud_hit') }} as hits
    inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = hits.rule_id
    left join {{ ref('fraud_exception') }} as exceptions
        on exceptions.subject_type = hits.subject_type
        and exceptions.subject_id = hits.subject_id
        and exceptions.rule_id = hits.rule_id
        and exceptions.until >= {{ today }}
)

select
    campaign_id,
    rule_id,
    subject_type,
    subject_id,
    txn_date,
    kind,
    severity,
    status,
    muted,
    listed,
    order_count,
    case when {{ puts_money_at_risk() }} then money_at_risk else 0 end as money_at_risk,
    occurrences,
    reason,
    evidence
from judged
