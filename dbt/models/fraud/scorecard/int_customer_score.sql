{{ config(primary_key=['campaign_id', 'customer_id']) }}

{{ score_by_card('customer', ref('int_customer_profile'), 'customer_id') }}
