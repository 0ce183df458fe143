-- Every voucher order of a customer-day with several vouchers, or with more than the terms allow, counted by time at each
-- grain. A limit broken per shop or per owner is broken per customer too, so these orders are all there is to judge.
{{ config(primary_key=['campaign_id', 'order_id']) }}

with

vouchers as (
    select
        orders.*,
        campaign.vouchers_per_customer_per_day as voucher_limit,
        count(*) over (partition by orders.campaign_id, orders.customer_id, orders.txn_date) as vouchers_of_day
    from {{ ref('int_customer_order') }} as orders
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
    where orders.rebate > 0
)

select
    campaign_id,
    order_id,
    customer_id,
    shop_id,
    shop_owner_uid,
    txn_time,
    txn_date,
    rebate,
    voucher_limit,
    case when vouchers_of_day > voucher_limit then 1 else 0 end as over_limit,
    row_number() over (
        partition by campaign_id, customer_id, txn_date order by txn_time, order_id
    ) as nth_of_customer,
    row_number() over (
        partition by campaign_id, customer_id, txn_date, shop_id order by txn_time, order_id
    ) as nth_of_customer_shop,
    row_number() over (
        partition by campaign_id, customer_id, txn_date, shop_owner_uid order by txn_time, order_id
    ) as nth_of_customer_owner
from vouchers
where vouchers_of_day > least(1, voucher_limit)
