-- Pairs for rebate_echo, in one reading: a voucher order stands beside the orders without voucher that cost what it earned, of the
-- same customer at the same shop, in the order of time. An echo belongs to the last such voucher order before it. Within a second
-- the voucher order comes first, because the times of a file may be whole minutes.
{{ config(primary_key=['campaign_id', 'shop_id', 'customer_id', 'order_id']) }}

with

rule as (
    {{ rule_settings('rebate_echo', ['seconds']) }}
),

-- No rebate is larger than the voucher's cap, so no order above it can be an echo.
by_amount as (
    select
        orders.campaign_id,
        orders.shop_id,
        orders.customer_id,
        orders.order_id,
        orders.txn_time,
        orders.txn_date,
        orders.rebate,
        case when orders.rebate > 0 then orders.rebate else orders.gmv end as amount,
        case when orders.rebate > 0 then 0 else 1 end as is_without_voucher
    from {{ ref('int_customer_shop_again') }} as pairs
    inner join {{ ref('int_customer_order') }} as orders
        on orders.campaign_id = pairs.campaign_id
        and orders.customer_id = pairs.customer_id
        and orders.shop_id = pairs.shop_id
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
    where orders.rebate > 0 or orders.gmv <= campaign.voucher_cap
),

in_order as (
    select
        by_amount.*,
        max(case when is_without_voucher = 0 then txn_time end) over (
            partition by campaign_id, customer_id, shop_id, amount order by txn_time, is_without_voucher, order_id
            rows between unbounded preceding and current row
        ) as last_voucher_time,
        lead(is_without_voucher) over (
            partition by campaign_id, customer_id, shop_id, amount order by txn_time, is_without_voucher, order_id
        ) as next_is_without_voucher,
        lead(txn_time) over (
            partition by campaign_id, customer_id, shop_id, amount order by txn_time, is_without_voucher, order_id
        ) as next_time
    from by_amount
)

select
    in_order.campaign_id,
    in_order.shop_id,
    in_order.customer_id,
    in_order.order_id,
    in_order.txn_time,
    in_order.txn_date,
    in_order.rebate,
    in_order.amount,
    in_order.is_without_voucher as is_echo
from in_order
cross join rule
where
    (
        in_order.is_without_voucher = 1
        and {{ seconds_between('in_order.last_voucher_time', 'in_order.txn_time') }} <= rule.seconds
    )
    or (
        in_order.is_without_voucher = 0
        and in_order.next_is_without_voucher = 1
        and {{ seconds_between('in_order.txn_time', 'in_order.next_time') }} <= rule.seconds
    )
{{ in_key_order() }}
