-- The accepted orders whose day lies in a campaign's window, found without int_campaign_day, are those that were added up.
-- Scenario: a window's last day lost on the way; every mart would agree with every other, and all would be wrong. Or orders
-- changed by hand without a note in order_day: models read the orders of changed days only, this test counts all.
with

accepted as (
    select
        campaign.campaign_id,
        count(*) as orders_found,
        sum(orders.gmv) as gmv_found,
        sum(orders.rebate) as rebate_found
    from {{ ref('stg_campaign_raw__transaction') }} as orders
    inner join {{ ref('campaign') }} as campaign
        on orders.txn_date >= campaign.starts_on and orders.txn_date <= campaign.ends_on
    group by campaign.campaign_id
),

counted as (
    select
        campaign_id,
        sum(total_orders) as orders_found,
        sum(total_gmv) as gmv_found,
        sum(total_rebate) as rebate_found
    from {{ ref('sale_analysis_by_shop_daily') }}
    group by campaign_id
)

select
    accepted.campaign_id,
    accepted.orders_found as orders_accepted,
    counted.orders_found as orders_counted
from accepted
left join counted on counted.campaign_id = accepted.campaign_id
where
    counted.campaign_id is null
    or counted.orders_found <> accepted.orders_found
    or counted.gmv_found <> accepted.gmv_found
    or counted.rebate_found <> accepted.rebate_found
