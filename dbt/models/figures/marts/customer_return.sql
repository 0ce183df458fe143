-- A customer counts only where there was time to return: up to the last day on which the campaign had orders of customers.
{{ config(primary_key=['campaign_id', 'days_after']) }}

with

last_days as (
    select
        campaign_id,
        max(txn_date) as last_date
    from {{ ref('int_customer_cohort') }}
    group by campaign_id
),

first_days as (
    select
        cohorts.campaign_id,
        cohorts.customers,
        {{ days_between('cohorts.first_date', 'last_days.last_date') }} as days_left
    from {{ ref('int_customer_cohort') }} as cohorts
    inner join last_days on last_days.campaign_id = cohorts.campaign_id
    where cohorts.txn_date = cohorts.first_date
),

spans as (
    select
        days.campaign_id,
        {{ days_between('campaign.starts_on', 'days.txn_date') }} as days_after
    from {{ ref('int_campaign_day') }} as days
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = days.campaign_id
),

could_return as (
    select
        spans.campaign_id,
        spans.days_after,
        {{ as_integer('sum(first_days.customers)') }} as customers
    from spans
    inner join first_days on first_days.campaign_id = spans.campaign_id and first_days.days_left >= spans.days_after
    where spans.days_after > 0
    group by spans.campaign_id, spans.days_after
),

-- MySQL 9.7 splits these groups where a window function stands in the subquery that they are made of.
did_return as (
    select
        campaign_id,
        {{ days_between('first_date', 'txn_date') }} as days_after,
        {{ as_integer('sum(customers)') }} as returned
    from {{ ref('int_customer_cohort') }}
    group by campaign_id, {{ days_between('first_date', 'txn_date') }}
)

select
    could_return.campaign_id,
    could_return.days_after,
    could_return.customers,
    coalesce(did_return.returned, 0) as returned,
    {{ percent('coalesce(did_return.returned, 0)', 'could_return.customers') }} as return_percent
from could_return
left join did_return
    on did_return.campaign_id = could_return.campaign_id and did_return.days_after = could_return.days_after
