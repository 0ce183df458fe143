-- Orders outside every campaign do not pass: ingest rejects them, and a window that shrank leaves some behind.
{{ config(materialized='ephemeral') }}

select
    campaign_day.campaign_id,
    orders.order_id,
    orders.customer_id,
    orders.shop_id,
    orders.shop_owner_uid,
    orders.gmv,
    orders.rebate,
    orders.txn_time,
    orders.txn_date
from {{ ref('stg_campaign_raw__transaction') }} as orders
inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = orders.txn_date
