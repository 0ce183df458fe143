-- Customers and shops of an hour can't be added up from days, so this is a second pass over the orders.
{{ config(materialized='by_day', primary_key=['txn_date', 'txn_hour']) }}

with

orders as (
    select
        customer_id,
        shop_id,
        gmv,
        rebate,
        txn_date,
        {{ hour_of('txn_time') }} as txn_hour
    from {{ ref('stg_campaign_raw__transaction') }}
    where {{ in_days_to_build() }}
),

hours as (
    select
        txn_date,
        txn_hour,
        count(*) as total_orders,
        count(distinct customer_id) as total_customers,
        count(distinct shop_id) as total_shops,
        cast(sum(gmv) as decimal(18, 2)) as total_gmv,
        {{ as_integer('sum(case when rebate > 0 then 1 else 0 end)') }} as vouchers_used,
        cast(sum(rebate) as decimal(18, 2)) as total_rebate
    from orders
    group by txn_date, txn_hour
)

select
    campaign_day.campaign_id,
    hours.txn_date,
    hours.txn_hour,
    hours.total_orders,
    hours.total_customers,
    hours.total_shops,
    hours.total_gmv,
    hours.vouchers_used,
    hours.total_rebate
from hours
inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = hours.txn_date
