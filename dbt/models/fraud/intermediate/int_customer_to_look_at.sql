-- Found in one reading of the customers' days, in the order of their key. Each condition is weaker than the rule it is for:
-- somebody who bought twice at a shop (a rule about pairs of customer and shop asks for two orders at least), who has so many
-- orders more than days that one day may hold a burst, or whose orders are so many and all of one amount.
{{ config(primary_key=['campaign_id', 'customer_id']) }}

with

burst as (
    {{ rule_settings('order_burst', ['orders']) }}
),

same_amount as (
    {{ rule_settings('repeated_amount', ['customer_orders']) }}
)

select
    campaign_id,
    customer_id,
    {{ as_integer('sum(total_orders)') }} as total_orders
from {{ ref('int_customer_shop_day') }}
group by campaign_id, customer_id
having
    sum(total_orders) > count(distinct shop_id)
    or sum(total_orders) - count(distinct txn_date) >= (select orders - 1 from burst)
    or (
        sum(total_orders) >= (select customer_orders from same_amount)
        and min(total_gmv / total_orders) = max(total_gmv / total_orders)
    )
