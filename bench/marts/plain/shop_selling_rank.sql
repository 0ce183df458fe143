with shops as (
    select
        campaign_id, shop_id, max(shop_owner_uid) as shop_owner_uid, count(*) as total_orders, sum(gmv) as total_gmv,
        sum(case when rebate > 0 then 1 else 0 end) as vouchers_used, sum(rebate) as total_rebate
    from orders
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
    select ranked.*, max(gmv_rank) over (partition by campaign_id) as last_rank
    from ranked
)

select
    campaign_id, shop_id, shop_owner_uid, total_orders, orders_rank, total_gmv, gmv_rank,
    case
        when 3 * gmv_rank <= last_rank then 'Gold'
        when 3 * gmv_rank <= 2 * last_rank then 'Silver'
        else 'Bronze'
    end as shop_class,
    vouchers_used, total_rebate
from last_ranked
