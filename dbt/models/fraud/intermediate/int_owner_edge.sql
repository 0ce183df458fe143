-- Numbered from the strongest on, so that the rule of rings can say how many it looks at and how many there are.
{{ config(primary_key=['campaign_id', 'customer_id', 'shop_owner_uid']) }}

with

edges as (
    select
        campaign_id,
        customer_id,
        shop_owner_uid,
        count(*) as order_count
    from {{ ref('int_owner_order') }}
    where customer_id <> shop_owner_uid
    group by campaign_id, customer_id, shop_owner_uid
)

select
    campaign_id,
    customer_id,
    shop_owner_uid,
    order_count,
    row_number() over (
        partition by campaign_id order by order_count desc, customer_id, shop_owner_uid
    ) as edge_number
from edges
