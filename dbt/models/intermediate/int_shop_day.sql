-- From the orders and not from int_customer_shop_day, so that the two are made at the same time, and kept by day like it.
-- Both owners, so that a second one shows.
{{ config(materialized='by_day', primary_key=['campaign_id', 'txn_date', 'shop_id']) }}

with

orders as (
    select
        shop_id,
        shop_owner_uid,
        gmv,
        rebate,
        txn_time,
        txn_date
    from {{ ref('stg_campaign_raw__transaction') }}
    where {{ in_days_to_build() }}
)

select {{ many_groups() }}
    max(campaign_day.campaign_id) as campaign_id,
    orders.txn_date,
    orders.shop_id,
    min(orders.shop_owner_uid) as smallest_owner_uid,
    max(orders.shop_owner_uid) as shop_owner_uid,
    count(*) as total_orders,
    cast(sum(orders.gmv) as decimal(18, 2)) as total_gmv,
    {{ as_integer('sum(case when orders.rebate > 0 then 1 else 0 end)') }} as vouchers_used,
    cast(sum(orders.rebate) as decimal(18, 2)) as total_rebate,
    min(orders.txn_time) as first_order_time,
    max(orders.txn_time) as last_order_time
from orders
inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = orders.txn_date
group by orders.txn_date, orders.shop_id
