{{ config(primary_key=['campaign_id', 'txn_date', 'txn_hour']) }}

select
    campaign_id,
    txn_date,
    txn_hour,
    total_orders,
    total_customers,
    total_shops,
    total_gmv,
    vouchers_used,
    total_rebate
from {{ ref('int_campaign_hour') }}
