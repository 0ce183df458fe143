-- money_naive counts a rebate once per hit. money_at_risk_counted_once and money_watched give it to one rule: as at risk where
-- a subject is in review for it, else as watched. So their parts sum to the whole.
{{ config(primary_key=['campaign_id', 'rule_id']) }}

with

campaigns as (
    select distinct campaign_id
    from {{ ref('campaign_daily') }}
),

found as (
    select
        campaign_id,
        rule_id,
        sum(money) as money_naive,
        sum(money_counted_once) as money_counted_once,
        sum(money_unique) as money_unique,
        sum(money_watched) as money_watched
    from {{ ref('int_fraud_evidence') }}
    group by campaign_id, rule_id
)

select
    campaigns.campaign_id,
    rule.rule_id,
    cast(coalesce(found.money_naive, 0) as decimal(18, 2)) as money_naive,
    cast(coalesce(found.money_counted_once, 0) as decimal(18, 2)) as money_at_risk_counted_once,
    cast(coalesce(found.money_unique, 0) as decimal(18, 2)) as money_unique,
    cast(coalesce(found.money_watched, 0) as decimal(18, 2)) as money_watched
from campaigns
cross join {{ ref('fraud_rule') }} as rule
left join found on found.campaign_id = campaigns.campaign_id and found.rule_id = rule.rule_id
where rule.status = 'active' and rule.kind in ('breach', 'signal')
