-- Customers of a day can't be added up from hours or shops.
{{ config(materialized='by_day', primary_key=['txn_date']) }}

with

orders as (
    select
        customer_id,
        txn_date
    from {{ ref('stg_campaign_raw__transaction') }}
    where {{ in_days_to_build() }}
),

days as (
    select
        txn_date,
        count(distinct customer_id) as total_customers
    from orders
    group by txn_date
)

select
    campaign_day.campaign_id,
    days.txn_date,
    days.total_customers
from days
inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = days.txn_date
