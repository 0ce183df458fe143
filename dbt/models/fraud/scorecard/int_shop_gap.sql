-- Gaps between one order at a shop and the next.
{{ config(primary_key=['campaign_id', 'shop_id']) }}

{{ most_common_gap('shop_id') }}
