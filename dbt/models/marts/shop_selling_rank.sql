{{ config(
    primary_key=['campaign_id', 'shop_id'],
    indexes=[['shop_id'], ['shop_owner_uid'], ['campaign_id', 'gmv_rank'], ['campaign_id', 'orders_rank']],
) }}

with

shops as (
    select
        campaign_id,
        shop_id,
        max(shop_owner_uid) as shop_owner_uid,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        cast(sum(total_gmv) as decimal(18, 2)) as total_gmv,
        {{ as_integer('sum(vouchers_used)') }} as vouchers_used,
        cast(sum(total_rebate) as decimal(18, 2)) as total_rebate
    from {{ ref('int_shop_day') }}
    group by campaign_id, shop_id
),

ranked as (
    select
        shops.*,
        dense_rank() over (partition by campaign_id order by total_orders desc) as orders_rank,
        dense_rank() over (partition by campaign_id order by total_gmv desc) as gmv_rank
    from shops
),

last_ranked as (
    select
        ranked.*,
        max(gmv_rank) over (partition by campaign_id) as last_gmv_rank
    from ranked
)

select
    campaign_id,
    shop_id,
    shop_owner_uid,
    total_orders,
    {{ as_integer('orders_rank') }} as orders_rank,
    total_gmv,
    {{ as_integer('gmv_rank') }} as gmv_rank,
    {{ rank_class('gmv_rank', 'last_gmv_rank') }} as shop_class,
    vouchers_used,
    total_rebate
from last_ranked
