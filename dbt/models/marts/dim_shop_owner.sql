-- Over all campaigns. A shop that changed hands between campaigns belongs to the owner of its latest order.
{{ config(primary_key=['shop_id'], indexes=[['shop_owner_uid']]) }}

with

owner_times as (
    select
        shop_id,
        shop_owner_uid,
        min(first_order_time) as first_order_time,
        max(last_order_time) as last_order_time
    from {{ ref('int_shop_day') }}
    group by shop_id, shop_owner_uid
),

newest_first as (
    select
        shop_id,
        shop_owner_uid,
        min(first_order_time) over (partition by shop_id) as first_order_time,
        last_order_time,
        row_number() over (partition by shop_id order by last_order_time desc, shop_owner_uid desc) as newness
    from owner_times
),

latest as (
    select
        shop_id,
        shop_owner_uid,
        first_order_time,
        last_order_time
    from newest_first
    where newness = 1
)

select
    shop_id,
    shop_owner_uid,
    count(*) over (partition by shop_owner_uid) as shops_of_owner,
    first_order_time,
    last_order_time
from latest
