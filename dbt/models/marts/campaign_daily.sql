{{ config(primary_key=['campaign_id', 'txn_date']) }}

with

sales as (
    select
        campaign_id,
        txn_date,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        count(*) as total_shops,
        cast(sum(total_gmv) as decimal(18, 2)) as total_gmv,
        {{ as_integer('sum(vouchers_used)') }} as vouchers_used,
        cast(sum(total_rebate) as decimal(18, 2)) as total_rebate
    from {{ ref('int_shop_day') }}
    group by campaign_id, txn_date
)

select
    sales.campaign_id,
    sales.txn_date,
    sales.total_orders,
    customers.total_customers,
    sales.total_shops,
    sales.total_gmv,
    sales.vouchers_used,
    sales.total_rebate
from sales
inner join {{ ref('int_day_customers') }} as customers
    on customers.campaign_id = sales.campaign_id and customers.txn_date = sales.txn_date
