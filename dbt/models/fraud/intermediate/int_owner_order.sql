-- The orders of buyers who own a shop that sold in the same campaign: one pass over all orders serves all rules on owners.
{{ config(primary_key=['campaign_id', 'customer_id', 'shop_owner_uid', 'order_id']) }}

with

owners as (
    select distinct campaign_id, shop_owner_uid
    from {{ ref('shop_selling_rank') }}
)

select
    orders.campaign_id,
    orders.customer_id,
    orders.shop_owner_uid,
    orders.order_id,
    orders.shop_id,
    orders.rebate,
    orders.txn_time,
    orders.txn_date
from {{ ref('int_campaign_order') }} as orders
inner join owners
    on owners.campaign_id = orders.campaign_id and owners.shop_owner_uid = orders.customer_id
