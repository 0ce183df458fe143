-- Customers' orders added up for ranks and rules; guests' are not among them. The owner is in the key so that a second owner shows.
-- Kept by day: the orders of a day are read again when they have changed.
-- A day lies in one campaign, so the campaign need not be grouped by; without it MySQL sorts the orders alone and groups in
-- order, a third of the time that a temporary table of all groups takes.
{{ config(materialized='by_day', primary_key=['campaign_id', 'customer_id', 'txn_date', 'shop_id', 'shop_owner_uid']) }}

with

orders as (
    select
        customer_id,
        shop_id,
        shop_owner_uid,
        gmv,
        rebate,
        txn_time,
        txn_date
    from {{ ref('stg_campaign_raw__transaction') }}
    where customer_id is not null and {{ in_days_to_build() }}
)

select {{ many_groups() }}
    max(campaign_day.campaign_id) as campaign_id,
    orders.customer_id,
    orders.txn_date,
    orders.shop_id,
    orders.shop_owner_uid,
    count(*) as total_orders,
    cast(sum(orders.gmv) as decimal(18, 2)) as total_gmv,
    {{ as_integer('sum(case when orders.rebate > 0 then 1 else 0 end)') }} as vouchers_used,
    cast(sum(orders.rebate) as decimal(18, 2)) as total_rebate,
    min(orders.txn_time) as first_order_time,
    max(orders.txn_time) as last_order_time
from orders
inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = orders.txn_date
group by orders.customer_id, orders.txn_date, orders.shop_id, orders.shop_owner_uid
