-- Built after campaign_daily, with which its tests compare it: {{ ref('campaign_daily') }}
-- A customer's first voucher order is the earliest of the campaign, by time, then order id.
{{ config(primary_key=['campaign_id', 'kind']) }}

with

voucher_orders as (
    select
        campaign_id,
        customer_id,
        gmv,
        rebate,
        row_number() over (partition by campaign_id, customer_id order by txn_time, order_id) as place
    from {{ ref('int_campaign_order') }}
    where rebate > 0
),

kinds as (
    select
        campaign_id,
        gmv,
        rebate,
        case when customer_id is null then 'guest_voucher' when place = 1 then 'first_voucher' else 'later_voucher' end as kind
    from voucher_orders
),

baskets as (
    select
        campaign_id,
        kind,
        count(*) as total_orders,
        cast(sum(gmv) as decimal(18, 2)) as total_gmv,
        cast(sum(rebate) as decimal(18, 2)) as total_rebate
    from kinds
    group by campaign_id, kind
    union all
    select
        campaign_id,
        'no_voucher' as kind,
        {{ as_integer('sum(total_orders - vouchers_used)') }} as total_orders,
        cast(sum(total_gmv - voucher_gmv) as decimal(18, 2)) as total_gmv,
        cast(0 as decimal(18, 2)) as total_rebate
    from {{ ref('int_order_band') }}
    where total_orders > vouchers_used
    group by campaign_id
)

select
    campaign_id,
    kind,
    total_orders,
    total_gmv,
    total_rebate,
    {{ rounded_quotient('total_gmv', 'total_orders') }} as average_gmv,
    {{ rounded_quotient('total_rebate', 'total_orders') }} as average_rebate,
    {{ percent('total_rebate', 'total_gmv') }} as effective_subsidy_percent
from baskets
