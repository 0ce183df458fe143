-- One reading for the rules about a shop's vouchers. Optimal is an amount as voucher_optimal_bunching describes it: the one
-- that earns the most per unit paid is cap / rate; `width` above it is still hardly more. Round amounts are left out, because
-- 70,000 is simply a price.
{{ config(primary_key=['campaign_id', 'shop_id']) }}

with

rule as (
    {{ rule_settings('voucher_optimal_bunching', ['width', 'round_to']) }}
)

select {{ begin_with('orders') }}
    orders.campaign_id,
    orders.shop_id,
    count(*) as vouchers,
    cast(sum(orders.gmv) as decimal(18, 2)) as gmv,
    cast(sum(orders.rebate) as decimal(18, 2)) as rebate,
    {{ as_integer('sum(case when ' ~ is_optimal_amount('orders', 'campaign', 'rule') ~ ' then 1 else 0 end)') }} as optimal,
    {{ as_integer('sum(case when orders.rebate >= campaign.voucher_cap then 1 else 0 end)') }} as whole_rebates
from {{ ref('int_shop_order') }} as orders
inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
left join rule on 1 = 1  -- the rule may be retired
where orders.rebate > 0
group by orders.campaign_id, orders.shop_id
