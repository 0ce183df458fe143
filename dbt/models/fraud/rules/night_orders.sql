with

rule as (
    {{ rule_settings('night_orders', ['from_hour', 'before_hour', 'orders']) }}
),

at_night as (
    select
        orders.campaign_id,
        rule.rule_id,
        rule.orders as orders_wanted,
        {{ as_integer('rule.from_hour') }} as from_hour,
        {{ as_integer('rule.before_hour') }} as before_hour,
        orders.customer_id,
        orders.txn_date,
        orders.order_id,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.customer_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_token_or_night_order') }} as orders
    cross join rule
    where orders.customer_id is not null and orders.txn_hour >= rule.from_hour and orders.txn_hour < rule.before_hour
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        {{ as_text('customer_id') }} as subject_id,
        max(txn_date) as txn_date,
        from_hour,
        before_hour,
        {{ evidence_columns() }}
    from at_night
    group by campaign_id, rule_id, customer_id, from_hour, before_hour, orders_wanted
    having count(*) >= orders_wanted
)

{%- set said = {
    'orders': 'order_count',
    'from': as_text('from_hour'),
    'before': as_text('before_hour'),
} %}

select
    {{ hit_columns(
        reason=sentence({'en': '{orders|order|orders} at night, from {from} to {before} o\'clock.'}, said),
        numbers={'orders': 'order_count', 'from_hour': 'from_hour', 'before_hour': 'before_hour'},
    ) }}
from hits
