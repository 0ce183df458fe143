{{ config(
    primary_key=['campaign_id', 'txn_date', 'shop_id'],
    indexes=[['campaign_id', 'shop_id'], ['shop_id']],
) }}

-- As int_customer_shop_day: a day lies in one campaign, and sorting the rows beats a table of all groups.
select {{ many_groups() }}
    max(campaign_id) as campaign_id,
    txn_date,
    shop_id,
    max(shop_owner_uid) as shop_owner_uid,
    {{ as_integer('sum(total_orders)') }} as total_orders,
    cast(sum(total_gmv) as decimal(18, 2)) as total_gmv,
    {{ as_integer('sum(vouchers_used)') }} as vouchers_used,
    cast(sum(total_rebate) as decimal(18, 2)) as total_rebate,
    min(first_order_time) as first_order_time,
    max(last_order_time) as last_order_time
from {{ ref('int_customer_shop_day') }}
group by txn_date, shop_id
