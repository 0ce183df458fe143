{{ config(
    primary_key=['campaign_id', 'customer_id'],
    indexes=[['customer_id'], ['campaign_id', 'money_at_risk']],
) }}

{{ subject_risk(ref('int_customer_band'), 'customer_id', "subject_type <> 'shop'") }}
