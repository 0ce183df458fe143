-- Every voucher order of a customer-day with more vouchers than the terms allow, counted by time at each grain.
-- A limit broken per shop or per owner is broken per customer too, so these orders are all there is to judge.
{{ config(primary_key=['campaign_id', 'order_id']) }}

with

days_over_limit as (
    select
        cells.campaign_id,
        cells.customer_id,
        cells.txn_date,
        campaign.vouchers_per_customer_per_day as voucher_limit
    from {{ ref('int_customer_shop_day') }} as cells
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = cells.campaign_id
    group by cells.campaign_id, cells.customer_id, cells.txn_date, campaign.vouchers_per_customer_per_day
    having sum(cells.vouchers_used) > campaign.vouchers_per_customer_per_day
)

select
    orders.campaign_id,
    orders.order_id,
    orders.customer_id,
    orders.shop_id,
    orders.shop_owner_uid,
    orders.txn_date,
    orders.rebate,
    days_over_limit.voucher_limit,
    row_number() over (
        partition by orders.campaign_id, orders.customer_id, orders.txn_date
        order by orders.txn_time, orders.order_id
    ) as nth_of_customer,
    row_number() over (
        partition by orders.campaign_id, orders.customer_id, orders.txn_date, orders.shop_id
        order by orders.txn_time, orders.order_id
    ) as nth_of_customer_shop,
    row_number() over (
        partition by orders.campaign_id, orders.customer_id, orders.txn_date, orders.shop_owner_uid
        order by orders.txn_time, orders.order_id
    ) as nth_of_customer_owner
from {{ ref('int_campaign_order') }} as orders
inner join days_over_limit
    on days_over_limit.campaign_id = orders.campaign_id
    and days_over_limit.customer_id = orders.customer_id
    and days_over_limit.txn_date = orders.txn_date
where orders.rebate > 0
