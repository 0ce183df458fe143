-- Few orders are of a token amount or placed at night: found in one reading of all of them, not one for every rule.
{{ config(primary_key=['campaign_id', 'order_id']) }}

with

token as (
    select max({{ json_number('parameters', 'below_gmv') }}) as below_gmv
    from {{ ref('fraud_rule') }}
    where rule_id in ('have_orders_under_1000', 'order_boosting') and status <> 'retired'
),

night as (
    {{ rule_settings('night_orders', ['from_hour', 'before_hour']) }}
),

orders as (
    select
        all_orders.*,
        {{ hour_of('all_orders.txn_time') }} as txn_hour
    from {{ ref('int_campaign_order') }} as all_orders
)

select
    campaign_id,
    order_id,
    customer_id,
    shop_id,
    gmv,
    rebate,
    txn_time,
    txn_date,
    txn_hour
from orders
where
    gmv < (select below_gmv from token)
    or (txn_hour >= (select from_hour from night) and txn_hour < (select before_hour from night))
