-- What chance would do: the buyers of a day dealt out anew over the orders of that day, several times. Every buyer keeps the
-- number of orders of every day, every shop too. Deterministic: the deal is the order of a hash over seed, shuffle and order.
{{ config(primary_key=['campaign_id', 'shuffle', 'order_id']) }}

with

numbers as (
    select 0 as shuffle
    {%- for number in range(1, var('chance_shuffles') + 1) %}
    union all
    select {{ number }} as shuffle
    {%- endfor %}
),

campaigns as (
    select
        campaign_id,
        floor({{ var('chance_orders_shuffled') }} / sum(total_orders)) as shuffles
    from {{ ref('campaign_daily') }}
    group by campaign_id
    having floor({{ var('chance_orders_shuffled') }} / sum(total_orders)) >= 1
),

shuffles as (
    select campaigns.campaign_id, numbers.shuffle
    from campaigns
    inner join numbers on numbers.shuffle between 1 and campaigns.shuffles
),

orders_in_place as (
    select
        orders.campaign_id,
        orders.txn_date,
        orders.order_id,
        orders.customer_id,
        orders.shop_id,
        orders.shop_owner_uid,
        row_number() over (partition by orders.campaign_id, orders.txn_date order by orders.order_id) as place
    from {{ ref('int_campaign_order') }} as orders
    inner join campaigns on campaigns.campaign_id = orders.campaign_id
),

dealt as (
    select
        shuffles.campaign_id,
        shuffles.shuffle,
        orders_in_place.txn_date,
        orders_in_place.customer_id,
        row_number() over (
            partition by shuffles.campaign_id, shuffles.shuffle, orders_in_place.txn_date
            order by
                {{ sha256(dbt.concat([
                    "'" ~ var('chance_seed') ~ ":'", as_text('shuffles.shuffle'), "':'", as_text('orders_in_place.order_id')
                ])) }},
                orders_in_place.order_id
        ) as place
    from shuffles
    inner join orders_in_place on orders_in_place.campaign_id = shuffles.campaign_id
)

select
    dealt.campaign_id,
    dealt.shuffle,
    orders_in_place.order_id,
    dealt.customer_id,
    orders_in_place.shop_id,
    orders_in_place.shop_owner_uid
from dealt
inner join orders_in_place
    on orders_in_place.campaign_id = dealt.campaign_id
    and orders_in_place.txn_date = dealt.txn_date
    and orders_in_place.place = dealt.place
