-- A customer counts only where there was time to return: up to the last day on which the campaign had orders of customers.
{{ config(primary_key=['campaign_id', 'days_after']) }}

with

cohorts as (
    select
        campaign_id,
        customers,
        {{ days_between('first_date', 'txn_date') }} as days_after,
        {{ days_between('first_date', 'max(txn_date) over (partition by campaign_id)') }} as days_left
    from {{ ref('int_customer_cohort') }}
),

first_days as (
    select
        campaign_id,
        customers,
        days_left
    from cohorts
    where days_after = 0
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

did_return as (
    select
        campaign_id,
        days_after,
        {{ as_integer('sum(customers)') }} as returned
    from cohorts
    group by campaign_id, days_after
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
