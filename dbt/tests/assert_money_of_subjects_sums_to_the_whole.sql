-- What customers and shops carry is together the campaign's money, at risk and watched: no rebate is laid on two of them, or on
-- nobody. And whoever is only watched has none at risk.
with

carried as (
    select campaign_id, band, money_at_risk, money_watched from {{ ref('customer_risk') }}
    union all
    select campaign_id, band, money_at_risk, money_watched from {{ ref('shop_risk') }}
),

carried_by_campaign as (
    select
        campaign_id,
        sum(money_at_risk) as money_at_risk,
        sum(money_watched) as money_watched,
        sum(case when band = 'watch' then money_at_risk else 0 end) as money_at_risk_of_the_watched
    from carried
    group by campaign_id
)

select
    summary.campaign_id,
    summary.money_at_risk,
    summary.money_watched,
    carried.money_at_risk as money_of_subjects,
    carried.money_watched as money_watched_of_subjects,
    carried.money_at_risk_of_the_watched
from {{ ref('campaign_summary') }} as summary
left join carried_by_campaign as carried on carried.campaign_id = summary.campaign_id
where
    coalesce(carried.money_at_risk, 0) <> summary.money_at_risk
    or coalesce(carried.money_watched, 0) <> summary.money_watched
    or carried.money_at_risk_of_the_watched <> 0
