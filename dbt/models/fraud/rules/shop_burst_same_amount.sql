-- Orders of one amount at one shop; evidence is every order that lies in some window with so many different customers in it.
with

rule as (
    {{ rule_settings('shop_burst_same_amount', ['customers', 'minutes', 'share']) }}
),

-- Whoever has no other order of the amount within the window, before or after, is in no burst: nearly everybody.
neighbours as (
    select
        orders.*,
        lag(orders.txn_time) over (
            partition by orders.campaign_id, orders.shop_id, orders.gmv order by orders.txn_time, orders.order_id
        ) as time_before,
        lead(orders.txn_time) over (
            partition by orders.campaign_id, orders.shop_id, orders.gmv order by orders.txn_time, orders.order_id
        ) as time_after
    from {{ ref('int_shop_order') }} as orders
),

close_orders as (
    select
        neighbours.campaign_id,
        neighbours.shop_id,
        neighbours.gmv,
        neighbours.txn_time,
        neighbours.order_id,
        neighbours.customer_id,
        neighbours.txn_date,
        neighbours.rebate,
        rule.rule_id,
        rule.customers as customers_wanted,
        60 * rule.minutes as seconds_allowed
    from neighbours
    cross join rule
    where
        {{ seconds_between('neighbours.time_before', 'neighbours.txn_time') }} <= 60 * rule.minutes
        or {{ seconds_between('neighbours.txn_time', 'neighbours.time_after') }} <= 60 * rule.minutes
),

windows as (
    select
        first_order.campaign_id,
        first_order.shop_id,
        first_order.gmv,
        first_order.txn_time
    from close_orders as first_order
    inner join close_orders as later
        on later.campaign_id = first_order.campaign_id
        and later.shop_id = first_order.shop_id
        and later.gmv = first_order.gmv
    where
        later.txn_time >= first_order.txn_time
        and {{ seconds_between('first_order.txn_time', 'later.txn_time') }} <= first_order.seconds_allowed
    group by
        first_order.campaign_id, first_order.shop_id, first_order.gmv, first_order.txn_time, first_order.customers_wanted
    having count(distinct later.customer_id) >= first_order.customers_wanted
),

in_a_window as (
    select distinct
        orders.campaign_id,
        orders.rule_id,
        orders.shop_id,
        orders.gmv,
        orders.txn_time,
        orders.txn_date,
        orders.order_id,
        orders.customer_id,
        orders.rebate,
        orders.seconds_allowed
    from close_orders as orders
    inner join windows
        on windows.campaign_id = orders.campaign_id
        and windows.shop_id = orders.shop_id
        and windows.gmv = orders.gmv
    where
        orders.txn_time >= windows.txn_time
        and {{ seconds_between('windows.txn_time', 'orders.txn_time') }} <= orders.seconds_allowed
),

previous as (
    select
        in_a_window.*,
        lag(txn_time) over (
            partition by campaign_id, shop_id, gmv order by txn_time, order_id
        ) as time_before
    from in_a_window
),

evidence as (
    select
        campaign_id,
        rule_id,
        shop_id,
        {{ as_text('shop_id') }} as subject_id,
        txn_date,
        order_id,
        customer_id,
        seconds_allowed,
        case
            when time_before is null or {{ seconds_between('time_before', 'txn_time') }} > seconds_allowed then 1
            else 0
        end as begins_a_burst,
        rebate as money,
        row_number() over (partition by campaign_id, shop_id order by txn_time, order_id) as evidence_number
    from previous
),

hits as (
    select
        campaign_id,
        rule_id,
        'shop' as subject_type,
        shop_id,
        subject_id,
        max(txn_date) as txn_date,
        {{ as_integer('seconds_allowed / 60') }} as minutes,
        sum(begins_a_burst) as bursts,
        count(distinct customer_id) as customers,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, shop_id, subject_id, seconds_allowed
),

-- At a shop with a crowd at noon some guests always pay alike: there several bursts say no more than one.
hits_of_shops as (
    select
        hits.*,
        shops.total_orders,
        case when hits.order_count >= rule.share * shops.total_orders then hits.bursts else 1 end as occurrences
    from hits
    inner join {{ ref('shop_selling_rank') }} as shops
        on shops.campaign_id = hits.campaign_id and shops.shop_id = hits.shop_id
    cross join rule
)

{%- set said = {
    'orders': 'order_count',
    'total': with_thousands('total_orders'),
    'customers': 'customers',
    'minutes': 'minutes',
    'bursts': with_thousands('bursts'),
} -%}
{%- set reason -%}
case
        when bursts = 1
            then {{ sentence({'en': '{orders|order|orders} of the same amount by {customers|customer|customers} within {minutes|minute|minutes}; the shop had {total} in all.'}, said) }}
        else {{ sentence({'en': '{orders|order|orders} of equal amounts by {customers|customer|customers} in {bursts} bursts of {minutes|minute|minutes}; the shop had {total} in all.'}, said) }}
    end
{%- endset %}

select
    {{ hit_columns(
        reason=reason,
        numbers={
            'orders': 'order_count',
            'customers': 'customers',
            'bursts': 'bursts',
            'minutes': 'minutes',
            'orders_of_the_shop': 'total_orders',
            'rebate': 'money_at_risk',
        },
        occurrences='occurrences',
    ) }}
from hits_of_shops
