-- What the scorecards ask of an order, said once. Guests' orders are left out: who bought is not known.
{{ config(materialized='ephemeral') }}

select
    orders.campaign_id,
    orders.customer_id,
    orders.shop_id,
    orders.order_id,
    orders.txn_time,
    orders.txn_date,
    orders.gmv,
    case when orders.rebate > 0 then 1 else 0 end as is_voucher,
    case when orders.rebate >= campaign.voucher_cap then 1 else 0 end as is_whole,
    case
        when
            orders.rebate >= campaign.voucher_cap
            and orders.gmv * {{ wide_rate('campaign.voucher_rate') }} < {{ var('modest_amount') }} * campaign.voucher_cap
            then 1
        else 0
    end as is_modest,
    case when orders.rebate > 0 and mod(orders.gmv, {{ var('round_price') }}) <> 0 then 1 else 0 end as is_unrounded,
    case
        when
            orders.rebate >= campaign.voucher_cap
            and orders.gmv * {{ wide_rate('campaign.voucher_rate') }} < {{ var('near_optimum') }} * campaign.voucher_cap
            then 1
        else 0
    end as is_near_optimum
from {{ ref('int_shop_order') }} as orders
inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
where orders.customer_id is not null
