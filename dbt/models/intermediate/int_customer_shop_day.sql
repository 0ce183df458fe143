-- The one pass over all orders; the marts add up these rows. The owner is in the key so that a second owner shows.
-- A day lies in one campaign, so the campaign need not be grouped by; without it MySQL sorts the orders alone and groups in
-- order, a third of the time that a temporary table of all groups takes.
{{ config(primary_key=['campaign_id', 'customer_id', 'txn_date', 'shop_id', 'shop_owner_uid']) }}

select {{ many_groups() }}
    max(campaign_id) as campaign_id,
    customer_id,
    txn_date,
    shop_id,
    shop_owner_uid,
    count(*) as total_orders,
    cast(sum(gmv) as decimal(18, 2)) as total_gmv,
    {{ as_integer('sum(case when rebate > 0 then 1 else 0 end)') }} as vouchers_used,
    cast(sum(rebate) as decimal(18, 2)) as total_rebate,
    min(txn_time) as first_order_time,
    max(txn_time) as last_order_time
from {{ ref('int_campaign_order') }}
group by customer_id, txn_date, shop_id, shop_owner_uid
