-- Built after campaign_hourly, with which its tests compare it: {{ ref('campaign_hourly') }}
{{ config(primary_key=['campaign_id']) }}

with

sales as (
    select
        campaign_id,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        cast(sum(total_gmv) as decimal(18, 2)) as total_gmv,
        {{ as_integer('sum(vouchers_used)') }} as vouchers_used,
        cast(sum(total_rebate) as decimal(18, 2)) as total_rebate
    from {{ ref('campaign_daily') }}
    group by campaign_id
),

guests as (
    select
        campaign_id,
        {{ as_integer('sum(guest_orders)') }} as guest_orders,
        cast(sum(guest_gmv) as decimal(18, 2)) as guest_gmv,
        {{ as_integer('sum(guest_vouchers)') }} as guest_vouchers,
        cast(sum(guest_rebate) as decimal(18, 2)) as guest_rebate
    from {{ ref('int_day_customers') }}
    group by campaign_id
),

customers as (
    select campaign_id, count(*) as total_customers
    from {{ ref('customer_pending_rank') }}
    group by campaign_id
),

shops as (
    select campaign_id, count(*) as total_shops
    from {{ ref('shop_selling_rank') }}
    group by campaign_id
),

risks as (
    select campaign_id, band from {{ ref('customer_risk') }}
    union all
    select campaign_id, band from {{ ref('shop_risk') }}
),

bands as (
    select
        campaign_id,
        {{ as_integer("sum(case when band in ('review', 'breach') then 1 else 0 end)") }} as suspects,
        {{ as_integer("sum(case when band = 'watch' then 1 else 0 end)") }} as watched
    from risks
    group by campaign_id
),

money as (
    select
        campaign_id,
        cast(sum(money_at_risk_counted_once) as decimal(18, 2)) as money_at_risk,
        cast(sum(money_watched) as decimal(18, 2)) as money_watched
    from {{ ref('money_at_risk') }}
    group by campaign_id
)

select
    sales.campaign_id,
    sales.total_orders,
    coalesce(customers.total_customers, 0) as total_customers,
    shops.total_shops,
    sales.total_gmv,
    sales.vouchers_used,
    sales.total_rebate,
    guests.guest_orders,
    guests.guest_gmv,
    guests.guest_vouchers,
    guests.guest_rebate,
    coalesce(bands.suspects, 0) as suspects,
    coalesce(bands.watched, 0) as watched,
    coalesce(money.money_at_risk, 0) as money_at_risk,
    coalesce(money.money_watched, 0) as money_watched
from sales
inner join guests on guests.campaign_id = sales.campaign_id
inner join shops on shops.campaign_id = sales.campaign_id
left join customers on customers.campaign_id = sales.campaign_id  -- guests may be all
left join bands on bands.campaign_id = sales.campaign_id
left join money on money.campaign_id = sales.campaign_id
