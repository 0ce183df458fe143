-- Evidence is every order that lies in some window of the length with so many orders in it, within one day.
with

rule as (
    {{ rule_settings('order_burst', ['orders', 'minutes']) }}
),

busy_days as (
    select
        orders.campaign_id,
        orders.customer_id,
        orders.txn_date,
        rule.orders as orders_wanted,
        60 * rule.minutes as seconds_allowed,
        rule.rule_id
    from {{ ref('int_customer_order') }} as orders
    cross join rule
    group by orders.campaign_id, orders.customer_id, orders.txn_date, rule.orders, rule.minutes, rule.rule_id
    having count(*) >= rule.orders
),

windows as (
    select
        first_order.campaign_id,
        first_order.customer_id,
        first_order.txn_date,
        first_order.txn_time,
        busy_days.seconds_allowed,
        busy_days.rule_id
    from busy_days
    inner join {{ ref('int_customer_order') }} as first_order
        on first_order.campaign_id = busy_days.campaign_id
        and first_order.customer_id = busy_days.customer_id
        and first_order.txn_date = busy_days.txn_date
    inner join {{ ref('int_customer_order') }} as later
        on later.campaign_id = first_order.campaign_id
        and later.customer_id = first_order.customer_id
        and later.txn_date = first_order.txn_date
    where
        later.txn_time >= first_order.txn_time
        and {{ seconds_between('first_order.txn_time', 'later.txn_time') }} <= busy_days.seconds_allowed
    group by
        first_order.campaign_id, first_order.customer_id, first_order.txn_date, first_order.txn_time,
        first_order.order_id, busy_days.orders_wanted, busy_days.seconds_allowed, busy_days.rule_id
    having count(*) >= busy_days.orders_wanted
),

in_a_window as (
    select distinct
        orders.campaign_id,
        windows.rule_id,
        orders.customer_id,
        orders.txn_date,
        orders.txn_time,
        orders.order_id,
        orders.rebate,
        windows.seconds_allowed
    from windows
    inner join {{ ref('int_customer_order') }} as orders
        on orders.campaign_id = windows.campaign_id
        and orders.customer_id = windows.customer_id
        and orders.txn_date = windows.txn_date
    where
        orders.txn_time >= windows.txn_time
        and {{ seconds_between('windows.txn_time', 'orders.txn_time') }} <= windows.seconds_allowed
),

evidence as (
    select
        campaign_id,
        rule_id,
        {{ as_text('customer_id') }} as subject_id,
        txn_date,
        order_id,
        seconds_allowed,
        rebate as money,
        case when rebate > 0 then 1 else 0 end as vouchers,
        row_number() over (
            partition by campaign_id, customer_id, txn_date order by txn_time, order_id
        ) as evidence_number
    from in_a_window
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        subject_id,
        txn_date,
        {{ as_integer('seconds_allowed / 60') }} as minutes,
        sum(vouchers) as vouchers,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, txn_date, seconds_allowed
)

{%- set said = {
    'orders': 'order_count',
    'vouchers': 'vouchers',
    'minutes': 'minutes',
    'day': date_text('txn_date'),
} %}

select
    {{ hit_columns(
        reason=sentence(
            {'en': '{orders|order|orders} on {day} in bursts of at most {minutes|minute|minutes}, {vouchers|voucher|vouchers} among them.'},
            said
        ),
        numbers={'orders': 'order_count', 'vouchers': 'vouchers', 'minutes': 'minutes', 'rebate': 'money_at_risk'},
    ) }}
from hits
