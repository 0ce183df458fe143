{{ config(
    primary_key=['campaign_id', 'txn_date', 'shop_id'],
    indexes=[['campaign_id', 'shop_id'], ['shop_id']],
) }}

select
    campaign_id,
    txn_date,
    shop_id,
    shop_owner_uid,
    total_orders,
    total_gmv,
    vouchers_used,
    total_rebate,
    first_order_time,
    last_order_time
from {{ ref('int_shop_day') }}
