-- Built after the ranks, in which its tests look every customer up: {{ ref('customer_pending_rank') }}
{{ config(
    primary_key=['campaign_id', 'customer_id', 'fraud_note', 'txn_date', 'subject_id'],
    indexes=[['customer_id'], ['campaign_id', 'money_at_risk']],
) }}

with

customers as (
    select
        signals.*,
        {{ as_integer('signals.subject_id') }} as customer_id
    from {{ ref('fraud_signal') }} as signals
    where signals.listed = 1 and signals.subject_type = 'customer'
),

{#- Owners are customers by their uid. #}
members as (
    select
        signals.*,
        members.member_id as customer_id
    from {{ ref('fraud_signal') }} as signals
    {{ unfold_members('signals.evidence', 'members') }}
    where signals.listed = 1 and signals.subject_type not in ('customer', 'shop')
)

{% for suspects in ['customers', 'members'] -%}
select
    campaign_id,
    txn_date,
    customer_id,
    rule_id as fraud_note,
    subject_type,
    subject_id,
    severity,
    order_count,
    money_at_risk,
    occurrences,
    reason,
    evidence
from {{ suspects }}
{% if not loop.last -%} union all {% endif %}
{% endfor %}
