-- Customers of a day can't be added up from hours or shops, nor can the orders that belong to none.
{{ config(materialized='by_day', primary_key=['txn_date']) }}

with

orders as (
    select
        customer_id,
        gmv,
        rebate,
        txn_date
    from {{ ref('stg_campaign_raw__transaction') }}
    where {{ in_days_to_build() }}
),

days as (
    select
        txn_date,
        count(distinct customer_id) as total_customers,
        {{ as_integer('sum(case when customer_id is null then 1 else 0 end)') }} as guest_orders,
        cast(sum(case when customer_id is null then gmv else 0 end) as decimal(18, 2)) as guest_gmv,
        {{ as_integer('sum(case when customer_id is null and rebate > 0 then 1 else 0 end)') }} as guest_vouchers,
        cast(sum(case when customer_id is null then rebate else 0 end) as decimal(18, 2)) as guest_rebate
    from orders
    group by txn_date
)

select
    campaign_day.campaign_id,
    days.txn_date,
    days.total_customers,
    days.guest_orders,
    days.guest_gmv,
    days.guest_vouchers,
    days.guest_rebate
from days
inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = days.txn_date
