{{ config(primary_key=['campaign_id', 'shop_id']) }}

{{ score_by_card('shop', ref('int_shop_profile'), 'shop_id') }}
