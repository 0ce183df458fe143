-- What chance would do: the buyers of a day dealt out anew over the orders of that day, several times. Every buyer keeps the
-- number of orders of every day, every shop too. Deterministic: the deal is the order of a hash over seed, shuffle and order.
{{ config(primary_key=['campaign_id', 'shuffle', 'shop_id', 'customer_id', 'order_id']) }}

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
        {{ whole_quotient(var('chance_orders_shuffled'), 'sum(total_orders)') }} as shuffles
    from {{ ref('campaign_daily') }}
    group by campaign_id
),

shuffles as (
    select campaigns.campaign_id, numbers.shuffle
    from campaigns
    inner join numbers on numbers.shuffle between 1 and campaigns.shuffles
),

dealt as (
    select
        shuffles.campaign_id,
        shuffles.shuffle,
        orders.txn_date,
        orders.customer_id,
        row_number() over (
            partition by shuffles.campaign_id, shuffles.shuffle, orders.txn_date
            order by
                {{ sha256(dbt.concat([
                    "'" ~ var('chance_seed') ~ ":'", as_text('shuffles.shuffle'), "':'", as_text('orders.order_id')
                ])) }},
                orders.order_id
        ) as place
    from shuffles
    inner join {{ ref('int_order_in_place') }} as orders on orders.campaign_id = shuffles.campaign_id
)

select
    dealt.campaign_id,
    dealt.shuffle,
    orders.order_id,
    dealt.customer_id,
    orders.shop_id,
    orders.shop_owner_uid,
    orders.txn_time
from dealt
inner join {{ ref('int_order_in_place') }} as orders
    on orders.campaign_id = dealt.campaign_id
    and orders.txn_date = dealt.txn_date
    and orders.place = dealt.place
