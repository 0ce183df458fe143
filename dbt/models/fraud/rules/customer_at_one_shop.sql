-- A customer is one hit, also with two such shops.
with

rule as (
    {{ rule_settings('customer_at_one_shop', ['share', 'orders']) }}
),

campaign_length as (
    select campaign_id, count(*) as days
    from {{ ref('int_campaign_day') }}
    group by campaign_id
),

favourites as (
    select
        pairs.campaign_id,
        pairs.customer_id,
        pairs.shop_id,
        customers.total_orders,
        campaign_length.days,
        rule.rule_id
    from {{ ref('int_customer_shop_again') }} as pairs
    inner join campaign_length on campaign_length.campaign_id = pairs.campaign_id
    inner join {{ ref('int_customer_to_look_at') }} as customers
        on customers.campaign_id = pairs.campaign_id and customers.customer_id = pairs.customer_id
    cross join rule
    where
        pairs.total_orders > campaign_length.days
        or (customers.total_orders >= rule.orders and pairs.total_orders >= rule.share * customers.total_orders)
),

evidence as (
    select
        orders.campaign_id,
        favourites.rule_id,
        {{ as_text('orders.customer_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        orders.shop_id,
        favourites.total_orders,
        favourites.days,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.customer_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_customer_order') }} as orders
    inner join favourites
        on favourites.campaign_id = orders.campaign_id
        and favourites.customer_id = orders.customer_id
        and favourites.shop_id = orders.shop_id
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        subject_id,
        max(txn_date) as txn_date,
        count(distinct shop_id) as shops,
        total_orders,
        days,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, total_orders, days
)

{%- set said = {'orders': 'order_count', 'shops': 'shops', 'total': 'total_orders', 'days': 'days'} %}

select
    {{ hit_columns(
        reason=sentence(
            {'en': '{orders|order|orders} at {shops|shop|shops}, of {total|order|orders} in all; the campaign has {days|day|days}.'},
            said
        ),
        numbers={
            'orders': 'order_count',
            'shops': 'shops',
            'orders_in_all': 'total_orders',
            'campaign_days': 'days',
            'rebate': 'money_at_risk',
        },
    ) }}
from hits
