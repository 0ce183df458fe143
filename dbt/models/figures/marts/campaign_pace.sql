-- Built after campaign_daily, with which its tests compare it: {{ ref('campaign_daily') }}
-- Pacing: how much of the campaign had gone by the end of each hour.
{{ config(primary_key=['campaign_id', 'txn_date', 'txn_hour']) }}

with

hours as (
    select
        hours.campaign_id,
        hours.txn_date,
        hours.txn_hour,
        hours.total_orders,
        hours.total_gmv,
        hours.vouchers_used,
        hours.total_rebate,
        {{ as_integer('24 * ' ~ days_between('campaign.starts_on', 'hours.txn_date') ~ ' + hours.txn_hour + 1') }} as elapsed_hours,
        sum(hours.total_orders) over (partition by hours.campaign_id) as all_orders,
        sum(hours.total_gmv) over (partition by hours.campaign_id) as all_gmv,
        sum(hours.vouchers_used) over (partition by hours.campaign_id) as all_vouchers,
        sum(hours.total_rebate) over (partition by hours.campaign_id) as all_rebate,
        sum(hours.total_orders) over (partition by hours.campaign_id order by hours.txn_date, hours.txn_hour) as running_orders,
        sum(hours.total_gmv) over (partition by hours.campaign_id order by hours.txn_date, hours.txn_hour) as running_gmv,
        sum(hours.vouchers_used) over (partition by hours.campaign_id order by hours.txn_date, hours.txn_hour) as running_vouchers,
        sum(hours.total_rebate) over (partition by hours.campaign_id order by hours.txn_date, hours.txn_hour) as running_rebate
    from {{ ref('int_campaign_hour') }} as hours
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hours.campaign_id
)

select
    campaign_id,
    txn_date,
    txn_hour,
    total_orders,
    total_gmv,
    vouchers_used,
    total_rebate,
    {{ percent('total_orders', 'all_orders') }} as orders_percent,
    {{ percent('total_gmv', 'all_gmv') }} as gmv_percent,
    {{ percent('vouchers_used', 'all_vouchers') }} as vouchers_percent,
    {{ percent('total_rebate', 'all_rebate') }} as rebate_percent,
    {{ as_integer('running_orders') }} as running_orders,
    cast(running_gmv as decimal(18, 2)) as running_gmv,
    {{ as_integer('running_vouchers') }} as running_vouchers,
    cast(running_rebate as decimal(18, 2)) as running_rebate,
    {{ percent('running_orders', 'all_orders') }} as running_orders_percent,
    {{ percent('running_gmv', 'all_gmv') }} as running_gmv_percent,
    {{ percent('running_vouchers', 'all_vouchers') }} as running_vouchers_percent,
    {{ percent('running_rebate', 'all_rebate') }} as running_rebate_percent,
    {{ percent('vouchers_used', 'total_orders') }} as voucher_share_percent,
    elapsed_hours,
    {{ rounded_quotient('running_rebate', 'elapsed_hours') }} as burn_per_hour
from hours
