{{ config(
    primary_key=['campaign_id', 'customer_id'],
    indexes=[['customer_id'], ['campaign_id', 'spending_rank']],
) }}

with

customers as (
    select
        campaign_id,
        customer_id,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        cast(sum(total_gmv) as decimal(18, 2)) as total_spending,
        cast(sum(total_rebate) as decimal(18, 2)) as total_rebate,
        {{ as_integer('sum(vouchers_used)') }} as vouchers_used
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id, customer_id
),

-- Customers share few amounts: ranking the amounts is far less work than ranking the customers.
amounts as (
    select distinct
        campaign_id,
        total_spending
    from customers
),

ranked as (
    select
        campaign_id,
        total_spending,
        dense_rank() over (partition by campaign_id order by total_spending desc) as spending_rank,
        count(*) over (partition by campaign_id) as last_rank
    from amounts
)

select
    customers.campaign_id,
    customers.customer_id,
    customers.total_orders,
    customers.total_spending,
    customers.total_rebate,
    customers.vouchers_used,
    {{ as_integer('ranked.spending_rank') }} as spending_rank,
    {{ rank_class('ranked.spending_rank', 'ranked.last_rank') }} as customer_class
from customers
inner join ranked
    on ranked.campaign_id = customers.campaign_id and ranked.total_spending = customers.total_spending
