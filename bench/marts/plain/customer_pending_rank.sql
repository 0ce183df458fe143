with customers as (
    select
        campaign_id, customer_id, count(*) as total_orders, sum(gmv) as total_spending, sum(rebate) as total_rebate,
        sum(case when rebate > 0 then 1 else 0 end) as vouchers_used
    from orders
    group by campaign_id, customer_id
),

ranked as (
    select customers.*, dense_rank() over (partition by campaign_id order by total_spending desc) as spending_rank
    from customers
),

last_ranked as (
    select ranked.*, max(spending_rank) over (partition by campaign_id) as last_rank
    from ranked
)

select
    campaign_id, customer_id, total_orders, total_spending, total_rebate, vouchers_used, spending_rank,
    case
        when 3 * spending_rank <= last_rank then 'Gold'
        when 3 * spending_rank <= 2 * last_rank then 'Silver'
        else 'Bronze'
    end as customer_class
from last_ranked
