with

rule as (
    {{ rule_settings('one_buyer_shop', ['share', 'min_orders']) }}
),

-- Two buyers with half of the orders each: the hit speaks of one of them, always the same.
buyers as (
    select
        pairs.campaign_id,
        pairs.shop_id,
        pairs.customer_id,
        shops.total_orders,
        rule.rule_id,
        row_number() over (
            partition by pairs.campaign_id, pairs.shop_id order by pairs.total_orders desc, pairs.customer_id
        ) as place
    from {{ ref('int_customer_shop_again') }} as pairs
    inner join {{ ref('shop_selling_rank') }} as shops
        on shops.campaign_id = pairs.campaign_id and shops.shop_id = pairs.shop_id
    cross join rule
    where shops.total_orders >= rule.min_orders and pairs.total_orders >= rule.share * shops.total_orders
),

evidence as (
    select
        orders.campaign_id,
        buyers.rule_id,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        buyers.total_orders,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_customer_order') }} as orders
    inner join buyers
        on buyers.campaign_id = orders.campaign_id
        and buyers.customer_id = orders.customer_id
        and buyers.shop_id = orders.shop_id
    where buyers.place = 1
),

hits as (
    select
        campaign_id,
        rule_id,
        'shop' as subject_type,
        subject_id,
        max(txn_date) as txn_date,
        total_orders,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, total_orders
)

{%- set said = {'orders': with_thousands('order_count'), 'total': 'total_orders'} %}

select
    {{ hit_columns(
        reason=sentence({'en': "One customer placed {orders} of the shop's {total|order|orders}."}, said),
        numbers={'orders_of_the_customer': 'order_count', 'orders_of_the_shop': 'total_orders', 'rebate': 'money_at_risk'},
    ) }}
from hits
