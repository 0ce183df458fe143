-- A guest, uid 0 in the file, is no customer: no key joins a null, and no count of different customers counts it.
with

source as (
    select * from {{ accepted_orders() }}
),

renamed as (
    select
        order_id,
        nullif(uid, 0) as customer_id,
        shop_id,
        shop_owner_uid,

        gmv,
        rebate,

        txn_time,
        txn_date
    from source
)

select
    order_id,
    customer_id,
    shop_id,
    shop_owner_uid,
    gmv,
    rebate,
    txn_time,
    txn_date
from renamed
