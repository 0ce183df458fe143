with latest as (
    select
        shop_id, shop_owner_uid,
        min(txn_time) over (partition by shop_id) as first_order_time,
        max(txn_time) over (partition by shop_id) as last_order_time,
        row_number() over (partition by shop_id order by txn_time desc, shop_owner_uid desc) as newness
    from orders
)

select
    shop_id, shop_owner_uid, count(*) over (partition by shop_owner_uid) as shops_of_owner,
    first_order_time, last_order_time
from latest
where newness = 1
