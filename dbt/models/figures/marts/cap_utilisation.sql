-- Built after campaign_daily, with which its tests compare it: {{ ref('campaign_daily') }}
{{ config(primary_key=['campaign_id']) }}

with

campaigns as (
    select
        campaign_id,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        {{ as_integer('sum(vouchers_used)') }} as vouchers_used,
        {{ as_integer('sum(vouchers_at_cap)') }} as vouchers_at_cap,
        cast(sum(total_gmv) as decimal(18, 2)) as total_gmv,
        cast(sum(voucher_gmv) as decimal(18, 2)) as voucher_gmv,
        cast(sum(total_rebate) as decimal(18, 2)) as total_rebate
    from {{ ref('int_order_band') }}
    group by campaign_id
)

select
    campaign_id,
    total_orders,
    vouchers_used,
    {{ percent('vouchers_used', 'total_orders') }} as voucher_share_percent,
    vouchers_at_cap,
    {{ percent('vouchers_at_cap', 'vouchers_used') }} as at_cap_percent,
    total_gmv,
    voucher_gmv,
    total_rebate,
    {{ percent('total_rebate', 'voucher_gmv') }} as effective_subsidy_percent
from campaigns
