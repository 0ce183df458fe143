{{ config(primary_key=['campaign_id', 'txn_date', 'txn_hour']) }}

select
    campaign_id,
    txn_date,
    {{ hour_of('txn_time') }} as txn_hour,
    count(*) as total_orders,
    count(distinct customer_id) as total_customers,
    count(distinct shop_id) as total_shops,
    cast(sum(gmv) as decimal(18, 2)) as total_gmv,
    {{ as_integer('sum(case when rebate > 0 then 1 else 0 end)') }} as vouchers_used,
    cast(sum(rebate) as decimal(18, 2)) as total_rebate
from {{ ref('int_campaign_order') }}
group by campaign_id, txn_date, {{ hour_of('txn_time') }}
