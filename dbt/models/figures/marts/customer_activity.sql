-- Built after campaign_daily, with which its tests compare it: {{ ref('campaign_daily') }}
{{ config(primary_key=['campaign_id', 'txn_date']) }}

with

days as (
    select
        campaign_id,
        txn_date,
        {{ as_integer('sum(customers)') }} as total_customers,
        {{ as_integer('sum(case when first_date = txn_date then customers else 0 end)') }} as new_customers,
        {{ as_integer('sum(on_second_day)') }} as on_second_day
    from {{ ref('int_customer_cohort') }}
    group by campaign_id, txn_date
),

running as (
    select
        days.*,
        {{ as_integer('sum(new_customers) over (partition by campaign_id order by txn_date)') }} as running_customers,
        {{ as_integer('sum(on_second_day) over (partition by campaign_id order by txn_date)') }} as running_repeat_customers
    from days
)

select
    campaign_id,
    txn_date,
    total_customers,
    new_customers,
    total_customers - new_customers as returning_customers,
    running_customers,
    running_repeat_customers,
    {{ percent('running_repeat_customers', 'running_customers') }} as repeat_percent
from running
