select
    campaign_id, txn_date, count(*) as total_orders, count(distinct customer_id) as total_customers,
    count(distinct shop_id) as total_shops, sum(gmv) as total_gmv,
    sum(case when rebate > 0 then 1 else 0 end) as vouchers_used, sum(rebate) as total_rebate
from orders
group by campaign_id, txn_date
