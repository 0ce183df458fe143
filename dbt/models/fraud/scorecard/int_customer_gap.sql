-- Gaps between one order of a customer and the next.
{{ config(primary_key=['campaign_id', 'customer_id']) }}

{{ most_common_gap('customer_id') }}
