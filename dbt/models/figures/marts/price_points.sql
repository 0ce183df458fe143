-- Built after campaign_daily, with which its tests compare it: {{ ref('campaign_daily') }}
-- Round prices draw orders with or without a voucher, so they stay as they are; all other orders of a band are held against those of
-- its two neighbours. There is no control: an excess is no proof of a cause.
{{ config(primary_key=['campaign_id', 'band']) }}

with

digits as (
    {% for digit in range(10) -%}
    select {{ digit }} as digit{{ ' union all' if not loop.last }}
    {% endfor -%}
),

found as (
    select
        campaign_id,
        band,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        {{ as_integer('sum(vouchers_used)') }} as vouchers_used,
        {{ as_integer('sum(round_price_orders)') }} as round_price_orders,
        cast(sum(total_gmv) as decimal(18, 2)) as total_gmv,
        cast(sum(total_rebate) as decimal(18, 2)) as total_rebate
    from {{ ref('int_order_band') }}
    group by campaign_id, band
),

campaigns as (
    select distinct campaign_id from found
),

bands as (
    select
        campaigns.campaign_id,
        {{ as_integer('10 * tens.digit + ones.digit') }} as band
    from campaigns
    cross join digits as tens
    cross join digits as ones
    where 10 * tens.digit + ones.digit <= 40
),

all_bands as (
    select
        bands.campaign_id,
        bands.band,
        coalesce(found.total_orders, 0) as total_orders,
        coalesce(found.vouchers_used, 0) as vouchers_used,
        coalesce(found.round_price_orders, 0) as round_price_orders,
        coalesce(found.total_gmv, 0) as total_gmv,
        coalesce(found.total_rebate, 0) as total_rebate
    from bands
    left join found on found.campaign_id = bands.campaign_id and found.band = bands.band
),

beside as (
    select
        all_bands.*,
        lag(total_orders - round_price_orders) over (partition by campaign_id order by band) as others_before,
        lead(total_orders - round_price_orders) over (partition by campaign_id order by band) as others_after
    from all_bands
),

expected as (
    select
        beside.*,
        case
            when band between 1 and 38 then cast(round_price_orders + (others_before + others_after) * 0.5 as decimal(18, 2))
        end as counterfactual_orders
    from beside
)

select
    expected.campaign_id,
    expected.band,
    {{ rounded_quotient(
        '50000 * expected.band * cast(campaign.voucher_cap as decimal(24, 2))', 'nullif(campaign.voucher_rate * 1000000, 0)'
    ) }} as from_amount,
    expected.total_orders,
    expected.vouchers_used,
    cast(expected.total_gmv as decimal(18, 2)) as total_gmv,
    cast(expected.total_rebate as decimal(18, 2)) as total_rebate,
    expected.round_price_orders,
    expected.counterfactual_orders,
    cast(expected.total_orders - expected.counterfactual_orders as decimal(18, 2)) as excess_orders
from expected
inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = expected.campaign_id
