-- Built after cap_utilisation, with which its tests compare it: {{ ref('cap_utilisation') }}
{{ config(primary_key=['campaign_id', 'rate_percent']) }}

select
    campaign_id,
    rate_percent,
    {{ as_integer('sum(vouchers_used)') }} as vouchers_used,
    {{ as_integer('sum(vouchers_at_cap)') }} as vouchers_at_cap,
    cast(sum(voucher_gmv) as decimal(18, 2)) as voucher_gmv,
    cast(sum(total_rebate) as decimal(18, 2)) as total_rebate
from {{ ref('int_order_band') }}
where vouchers_used > 0
group by campaign_id, rate_percent
