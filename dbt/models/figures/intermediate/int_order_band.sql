-- One reading of all orders for what is asked of their amounts and rebates; 41 bands times 102 rates at most. Not kept by day: a band
-- depends on the campaign's terms, which may be corrected. The rate is in millionths, so that all is whole numbers.
{{ config(primary_key=['campaign_id', 'band', 'rate_percent']) }}

with

campaigns as (
    select
        campaign_id,
        cast(voucher_cap as decimal(24, 2)) as voucher_cap,
        cast({{ as_integer('voucher_rate * 1000000') }} as decimal(10, 0)) as rate_in_millionths
    from {{ ref('campaign') }}
),

orders as (
    select
        orders.campaign_id,
        orders.gmv,
        orders.rebate,
        case when orders.rebate > 0 then 1 else 0 end as is_voucher,
        case when orders.rebate > 0 and orders.rebate >= campaigns.voucher_cap then 1 else 0 end as is_at_cap,
        case
            when campaigns.voucher_cap = 0 then 40
            when cast(orders.gmv as decimal(24, 2)) * campaigns.rate_in_millionths >= 2000000 * campaigns.voucher_cap then 40
            else {{ as_integer(whole_quotient(
                'cast(orders.gmv as decimal(24, 2)) * campaigns.rate_in_millionths', '50000 * nullif(campaigns.voucher_cap, 0)'
            )) }}
        end as band,
        case
            when orders.rebate = 0 then 0
            when orders.rebate > orders.gmv then 101
            else {{ as_integer(whole_quotient('100 * cast(orders.rebate as decimal(24, 2))', 'nullif(orders.gmv, 0)')) }}
        end as rate_percent
    from {{ ref('int_campaign_order') }} as orders
    inner join campaigns on campaigns.campaign_id = orders.campaign_id
)

select
    campaign_id,
    {{ as_integer('band') }} as band,
    {{ as_integer('rate_percent') }} as rate_percent,
    count(*) as total_orders,
    {{ as_integer('sum(is_voucher)') }} as vouchers_used,
    {{ as_integer('sum(is_at_cap)') }} as vouchers_at_cap,
    {{ as_integer('sum(case when mod(gmv, ' ~ var('round_price') ~ ') = 0 then 1 else 0 end)') }} as round_price_orders,
    cast(sum(gmv) as decimal(18, 2)) as total_gmv,
    cast(sum(case when is_voucher = 1 then gmv else 0 end) as decimal(18, 2)) as voucher_gmv,
    cast(sum(rebate) as decimal(18, 2)) as total_rebate
from orders
group by campaign_id, band, rate_percent
