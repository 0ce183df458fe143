-- Of a shop, one amount in most of its orders; of a customer, the same amount in every order.
with

rule as (
    {{ rule_settings('repeated_amount', ['share', 'min_orders', 'customer_orders']) }}
),

shop_amounts as (
    select
        amounts.campaign_id,
        amounts.shop_id,
        amounts.gmv,
        shops.total_orders,
        rule.rule_id,
        row_number() over (
            partition by amounts.campaign_id, amounts.shop_id order by amounts.total_orders desc, amounts.gmv
        ) as place
    from {{ ref('int_shop_amount') }} as amounts
    inner join {{ ref('shop_selling_rank') }} as shops
        on shops.campaign_id = amounts.campaign_id and shops.shop_id = amounts.shop_id
    cross join rule
    where shops.total_orders >= rule.min_orders and amounts.total_orders >= rule.share * shops.total_orders
),

customer_amounts as (
    select
        orders.campaign_id,
        orders.customer_id,
        count(*) as total_orders,
        rule.rule_id
    from {{ ref('int_customer_order') }} as orders
    cross join rule
    group by orders.campaign_id, orders.customer_id, rule.rule_id, rule.customer_orders
    having count(*) >= rule.customer_orders and min(orders.gmv) = max(orders.gmv)
),

evidence as (
    select
        orders.campaign_id,
        shop_amounts.rule_id,
        'shop' as subject_type,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.txn_time,
        orders.order_id,
        orders.customer_id,
        orders.gmv,
        shop_amounts.total_orders,
        orders.rebate as money
    from {{ ref('int_shop_order') }} as orders
    inner join shop_amounts
        on shop_amounts.campaign_id = orders.campaign_id
        and shop_amounts.shop_id = orders.shop_id
        and shop_amounts.gmv = orders.gmv
    where shop_amounts.place = 1
    union all
    select
        orders.campaign_id,
        customer_amounts.rule_id,
        'customer' as subject_type,
        {{ as_text('orders.customer_id') }} as subject_id,
        orders.txn_date,
        orders.txn_time,
        orders.order_id,
        orders.customer_id,
        orders.gmv,
        customer_amounts.total_orders,
        orders.rebate as money
    from {{ ref('int_customer_order') }} as orders
    inner join customer_amounts
        on customer_amounts.campaign_id = orders.campaign_id and customer_amounts.customer_id = orders.customer_id
),

numbered as (
    select
        evidence.*,
        row_number() over (
            partition by campaign_id, subject_type, subject_id order by txn_time, order_id
        ) as evidence_number
    from evidence
),

hits as (
    select
        campaign_id,
        rule_id,
        subject_type,
        subject_id,
        max(txn_date) as txn_date,
        gmv,
        total_orders,
        {{ count_buyers() }} as buyers,
        {{ evidence_columns() }}
    from numbered
    group by campaign_id, rule_id, subject_type, subject_id, gmv, total_orders
),

hits_in_currency as (
    select hits.*, campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
)

{%- set said = {
    'count': with_thousands('order_count'),
    'orders': 'order_count',
    'total': 'total_orders',
    'buyers': 'buyers',
    'amount': amount_text('gmv'),
    'currency': 'currency',
} -%}
{%- set reason -%}
case
        when subject_type = 'shop'
            then {{ sentence({'en': '{count} of {total|order|orders} are of the same amount, {amount} {currency}, by {buyers|customer|customers}.'}, said) }}
        else {{ sentence({'en': 'All {orders|order|orders} are of the same amount, {amount} {currency}.'}, said) }}
    end
{%- endset -%}
{%- set occurrences -%}
case when subject_type = 'shop' then {{ returns_of_buyers('order_count', 'buyers') }} else 1 end
{%- endset %}

select
    {{ hit_columns(
        reason=reason,
        numbers={
            'orders_of_the_amount': 'order_count',
            'orders': 'total_orders',
            'amount': 'gmv',
            'customers': 'buyers',
            'rebate': 'money_at_risk',
        },
        occurrences=occurrences,
    ) }}
from hits_in_currency
