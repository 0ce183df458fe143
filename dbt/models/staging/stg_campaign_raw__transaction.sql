with

source as (
    select * from {{ accepted_orders() }}
),

renamed as (
    select
        order_id,
        uid as customer_id,
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
