-- Days make the join of orders and campaigns an equality, which every engine does fast.
{{ config(materialized='table', primary_key=['txn_date']) }}

with

digits as (
    {% for digit in range(10) -%}
    select {{ digit }} as digit{{ ' union all' if not loop.last }}
    {% endfor -%}
),

days as (
    select 100 * hundreds.digit + 10 * tens.digit + ones.digit as day_number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
),

campaign_days as (
    select
        campaign.campaign_id,
        campaign.ends_on,
        cast({{ add_days('campaign.starts_on', 'days.day_number') }} as date) as txn_date
    from {{ ref('campaign') }} as campaign
    cross join days
)

select
    campaign_id,
    txn_date
from campaign_days
where txn_date <= ends_on
