-- About the number of orders, not about their amounts, which is order_boosting. Evidence: what the suspicious buyers ordered in
-- brushing windows; others who happened to buy then are counted, and nothing of theirs is evidence.
with

rule as (
    {{ rule_settings('order_brushing', ['seconds', 'rate']) }}
),

buyers as (
    select
        campaign_id,
        shop_id,
        customer_id,
        count(*) as orders
    from {{ ref('int_brushing_order') }}
    group by campaign_id, shop_id, customer_id
),

compared as (
    select
        buyers.*,
        max(orders) over (partition by campaign_id, shop_id) as most_orders,
        sum(orders) over (partition by campaign_id, shop_id) as orders_of_all,
        count(*) over (partition by campaign_id, shop_id) as buyers_in_all
    from buyers
),

suspicious as (
    select
        campaign_id,
        shop_id,
        most_orders,
        orders_of_all,
        buyers_in_all,
        count(*) as suspicious_buyers,
        {{ ordered_list(as_text('customer_id'), 'customer_id') }} as uids
    from compared
    where orders = most_orders
    group by campaign_id, shop_id, most_orders, orders_of_all, buyers_in_all
),

evidence as (
    select
        orders.campaign_id,
        rule.rule_id,
        orders.shop_id,
        orders.txn_date,
        orders.order_id,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_brushing_order') }} as orders
    inner join compared
        on compared.campaign_id = orders.campaign_id
        and compared.shop_id = orders.shop_id
        and compared.customer_id = orders.customer_id
    cross join rule
    where compared.orders = compared.most_orders
),

hits as (
    select
        campaign_id,
        rule_id,
        'shop' as subject_type,
        shop_id,
        {{ as_text('shop_id') }} as subject_id,
        max(txn_date) as txn_date,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, shop_id
),

hits_with_buyers as (
    select
        hits.*,
        suspicious.most_orders,
        suspicious.orders_of_all,
        suspicious.buyers_in_all,
        suspicious.suspicious_buyers,
        suspicious.uids,
        rule.seconds,
        rule.rate
    from hits
    inner join suspicious on suspicious.campaign_id = hits.campaign_id and suspicious.shop_id = hits.shop_id
    cross join rule
)

{%- set said = {
    'orders': 'orders_of_all',
    'buyers': 'buyers_in_all',
    'rate': amount_text('rate'),
    'seconds': with_thousands('seconds'),
    'most': 'most_orders',
    'suspicious': with_thousands('suspicious_buyers'),
} -%}
{%- set windows -%}
{{ sentence({'en': '{orders|order|orders} by {buyers|customer|customers} in windows of {seconds} seconds with {rate} or more orders per customer.'}, said) }}
{%- endset -%}
{%- set most -%}
case
        when buyers_in_all = 1 then ''
        when suspicious_buyers = 1 then {{ sentence({'en': ' The customer with the most placed {most|order|orders} of these.'}, said) }}
        else {{ sentence({'en': ' Of these customers, {suspicious} placed the most, {most|order|orders} each.'}, said) }}
    end
{%- endset %}

select
    {{ hit_columns(
        reason=dbt.concat([windows, most, sentence({'en': ' A group order that is placed in parts looks the same.'}, {})]),
        numbers={
            'orders': 'orders_of_all',
            'customers': 'buyers_in_all',
            'suspicious_customers': 'suspicious_buyers',
            'orders_of_each_suspicious_customer': 'most_orders',
            'rebate': 'money_at_risk',
        },
        members='uids',
    ) }}
from hits_with_buyers
