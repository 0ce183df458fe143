-- Bounded by the days and not by the customers: who came first on one day and bought on another.
{{ config(primary_key=['campaign_id', 'first_date', 'txn_date']) }}

with

customer_days as (
    select
        campaign_id,
        customer_id,
        txn_date
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id, customer_id, txn_date
),

numbered as (
    select
        campaign_id,
        txn_date,
        min(txn_date) over (partition by campaign_id, customer_id) as first_date,
        row_number() over (partition by campaign_id, customer_id order by txn_date) as day_of_customer
    from customer_days
)

select
    campaign_id,
    first_date,
    txn_date,
    count(*) as customers,
    {{ as_integer('sum(case when day_of_customer = 2 then 1 else 0 end)') }} as on_second_day
from numbered
group by campaign_id, first_date, txn_date
