-- Members share few amounts, so amounts are added up and not members; and of them only those hold a point that a whole percent of
-- the members falls into.
{{ config(primary_key=['campaign_id', 'ranked', 'members_percent']) }}

with

digits as (
    {% for digit in range(10) -%}
    select {{ digit }} as digit{{ ' union all' if not loop.last }}
    {% endfor -%}
),

percents as (
    select {{ as_integer('10 * tens.digit + ones.digit') }} as members_percent
    from digits as tens
    cross join digits as ones
    union all
    select {{ as_integer('100') }} as members_percent
),

wholes as (
    select
        campaign_id,
        ranked,
        max(members_up_to) as members,
        max(gmv_up_to) as total_gmv
    from {{ ref('int_amount_rank') }}
    group by campaign_id, ranked
),

amounts as (
    select
        amounts.campaign_id,
        amounts.ranked,
        amounts.amount,
        amounts.members_up_to - amounts.members as members_before,
        amounts.members_up_to,
        amounts.gmv_up_to - amounts.gmv as gmv_before
    from {{ ref('int_amount_rank') }} as amounts
    inner join wholes on wholes.campaign_id = amounts.campaign_id and wholes.ranked = amounts.ranked
    where
        {{ whole_quotient('100 * amounts.members_up_to + 99', 'wholes.members') }}
        > {{ whole_quotient('100 * (amounts.members_up_to - amounts.members) + 99', 'wholes.members') }}
),

points as (
    select
        wholes.campaign_id,
        wholes.ranked,
        percents.members_percent,
        {{ as_integer(whole_quotient('percents.members_percent * wholes.members', '100')) }} as members,
        wholes.total_gmv
    from wholes
    cross join percents
)

select
    points.campaign_id,
    points.ranked,
    points.members_percent,
    points.members,
    cast(coalesce(amounts.gmv_before + (points.members - amounts.members_before) * amounts.amount, 0) as decimal(18, 2)) as gmv,
    {{ percent(
        'coalesce(amounts.gmv_before + (points.members - amounts.members_before) * amounts.amount, 0)', 'points.total_gmv'
    ) }} as gmv_percent
from points
left join amounts
    on
        amounts.campaign_id = points.campaign_id
        and amounts.ranked = points.ranked
        and points.members > amounts.members_before
        and points.members <= amounts.members_up_to
