{{ config(primary_key=['campaign_id', 'shop_id']) }}

with

hits as (
    select
        campaign_id,
        shop_id,
        fraud_note as rule_id,
        'shop' as subject_type,
        {{ as_text('shop_id') }} as subject_id,
        txn_date,
        severity,
        order_count,
        occurrences,
        money_at_risk
    from {{ ref('suspected_fraud_shop') }}
),

{{ subject_band('shop_id', 'shop') }}
