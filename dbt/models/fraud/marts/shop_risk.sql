{{ config(
    primary_key=['campaign_id', 'shop_id'],
    indexes=[['shop_id'], ['campaign_id', 'money_at_risk']],
) }}

{{ subject_risk(ref('int_shop_band'), 'shop_id', "subject_type = 'shop'") }}
