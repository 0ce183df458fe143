-- A campaign's own shares: what a shop or a customer is held against.
{{ config(primary_key=['campaign_id']) }}

select
    campaign_id,
    count(*) as customers,
    {{ as_integer('sum(orders)') }} as orders,
    {{ as_integer('sum(vouchers)') }} as vouchers,
    {{ as_integer('sum(whole_rebates)') }} as whole_rebates,
    {{ as_integer('sum(modest_rebates)') }} as modest_rebates,
    {{ as_integer('sum(unrounded)') }} as unrounded,
    {{ as_integer('sum(near_optimum)') }} as near_optimum,
    {{ as_integer('sum(case when shops = 1 then 1 else 0 end)') }} as exclusive_customers,
    {{ as_integer('sum(case when orders >= 2 then 1 else 0 end)') }} as repeat_customers,
    {{ as_integer('sum(case when orders >= 2 and modest_rebates = orders then 1 else 0 end)') }} as modest_repeat_customers
from {{ ref('int_customer_activity') }}
group by campaign_id
