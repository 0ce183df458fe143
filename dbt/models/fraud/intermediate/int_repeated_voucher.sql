-- Every voucher order of a customer-day with several vouchers, or with more than the terms allow, counted by time at each
-- grain. A limit broken per shop or per owner is broken per customer too, so these orders are all there is to judge.
{{ config(primary_key=['campaign_id', 'order_id']) }}

with

-- Grouped without a join, so that MySQL reads its key in order and keeps no table of all customers' days.
days_to_look_at as (
    select
        campaign_id,
        customer_id,
        txn_date,
        sum(vouchers_used) as vouchers
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id, customer_id, txn_date
    having sum(vouchers_used) > least(1, (select min(vouchers_per_customer_per_day) from {{ ref('campaign') }}))
),

days_of_interest as (
    select
        days.campaign_id,
        days.customer_id,
        days.txn_date,
        campaign.vouchers_per_customer_per_day as voucher_limit,
        case when days.vouchers > campaign.vouchers_per_customer_per_day then 1 else 0 end as over_limit
    from days_to_look_at as days
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = days.campaign_id
    where days.vouchers > least(1, campaign.vouchers_per_customer_per_day)
)

select
    orders.campaign_id,
    orders.order_id,
    orders.customer_id,
    orders.shop_id,
    orders.shop_owner_uid,
    orders.txn_time,
    orders.txn_date,
    orders.rebate,
    days.voucher_limit,
    days.over_limit,
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
inner join days_of_interest as days
    on days.campaign_id = orders.campaign_id
    and days.customer_id = orders.customer_id
    and days.txn_date = orders.txn_date
where orders.rebate > 0
