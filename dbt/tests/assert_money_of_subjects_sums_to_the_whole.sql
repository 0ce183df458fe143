-- What customers and shops carry is together the campaign's money at risk: no rebate is laid on two of them, or on nobody.
with

carried as (
    select campaign_id, money_at_risk from {{ ref('customer_risk') }}
    union all
    select campaign_id, money_at_risk from {{ ref('shop_risk') }}
),

carried_by_campaign as (
    select campaign_id, sum(money_at_risk) as money
    from carried
    group by campaign_id
)

select
    summary.campaign_id,
    summary.money_at_risk,
    carried_by_campaign.money as money_of_subjects
from {{ ref('campaign_summary') }} as summary
left join carried_by_campaign on carried_by_campaign.campaign_id = summary.campaign_id
where coalesce(carried_by_campaign.money, 0) <> summary.money_at_risk
