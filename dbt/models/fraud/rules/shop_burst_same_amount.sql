-- Orders of one amount at one shop; evidence is every order that lies in some window with so many different customers in it.
with

rule as (
    {{ rule_settings('shop_burst_same_amount', ['customers', 'minutes', 'share']) }}
),

this_piece_and_the_next as (
    select 0 as pieces_later
    union all
    select 1 as pieces_later
),

windows as (
    select
        first_order.campaign_id,
        first_order.shop_id,
        first_order.gmv,
        first_order.txn_time,
        first_order.order_id,
        first_order.piece,
        60 * rule.minutes as seconds_allowed,
        rule.rule_id
    from {{ ref('int_same_amount_order') }} as first_order
    cross join rule
    cross join this_piece_and_the_next as reach
    inner join {{ ref('int_same_amount_order') }} as later
        on later.campaign_id = first_order.campaign_id
        and later.shop_id = first_order.shop_id
        and later.gmv = first_order.gmv
        and later.piece = first_order.piece + reach.pieces_later
    where
        later.txn_time >= first_order.txn_time
        and {{ seconds_between('first_order.txn_time', 'later.txn_time') }} <= 60 * rule.minutes
    group by
        first_order.campaign_id, first_order.shop_id, first_order.gmv, first_order.piece, first_order.txn_time,
        first_order.order_id, rule.minutes, rule.customers, rule.rule_id
    having count(distinct later.customer_id) >= rule.customers
),

in_a_window as (
    select distinct
        orders.campaign_id,
        windows.rule_id,
        orders.shop_id,
        orders.gmv,
        orders.txn_time,
        orders.txn_date,
        orders.order_id,
        orders.customer_id,
        orders.rebate,
        windows.seconds_allowed
    from windows
    cross join this_piece_and_the_next as reach
    inner join {{ ref('int_same_amount_order') }} as orders
        on orders.campaign_id = windows.campaign_id
        and orders.shop_id = windows.shop_id
        and orders.gmv = windows.gmv
        and orders.piece = windows.piece + reach.pieces_later
    where
        orders.txn_time >= windows.txn_time
        and {{ seconds_between('windows.txn_time', 'orders.txn_time') }} <= windows.seconds_allowed
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

-- At a shop with a crowd at noon some guests always pay alike: where bursts are a small part of the shop they weigh nothing.
hits_of_shops as (
    select
        hits.*,
        shops.total_orders,
        case when hits.order_count >= rule.share * shops.total_orders then hits.bursts else 0 end as occurrences
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
