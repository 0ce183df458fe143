{{ config(
    primary_key=['campaign_id', 'customer_id'],
    indexes=[['customer_id'], ['campaign_id', 'money_at_risk']],
) }}

with

hits as (
    select
        campaign_id,
        customer_id,
        fraud_note as rule_id,
        subject_type,
        subject_id,
        txn_date,
        severity,
        order_count,
        money_at_risk
    from {{ ref('suspected_fraud_customers') }}
),

{{ subject_risk('customer_id', "subject_type <> 'shop'") }}
