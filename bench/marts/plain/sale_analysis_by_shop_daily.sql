select
    campaign_id, txn_date, shop_id, max(shop_owner_uid) as shop_owner_uid, count(*) as total_orders,
    sum(gmv) as total_gmv, sum(case when rebate > 0 then 1 else 0 end) as vouchers_used, sum(rebate) as total_rebate,
    min(txn_time) as first_order_time, max(txn_time) as last_order_time
from orders
group by campaign_id, txn_date, shop_id
