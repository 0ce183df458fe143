select
    campaign.campaign_id, orders.order_id, orders.uid as customer_id, orders.shop_id, orders.shop_owner_uid,
    orders.gmv, orders.rebate, orders.txn_time, orders.txn_date
from transaction_data as orders
inner join campaign on orders.txn_date between campaign.starts_on and campaign.ends_on
