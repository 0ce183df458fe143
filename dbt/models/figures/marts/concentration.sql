-- Built after campaign_daily, with which its tests compare it: {{ ref('campaign_daily') }}
-- Gini: the members numbered from 1, smallest first, sum((2 * number - members - 1) * amount) / (members * gmv). Members of one amount
-- are taken together.
{{ config(primary_key=['campaign_id', 'ranked']) }}

with

wholes as (
    select
        campaign_id,
        ranked,
        max(members_up_to) as members,
        max(gmv_up_to) as total_gmv
    from {{ ref('int_amount_rank') }}
    group by campaign_id, ranked
),

weighed as (
    select
        amounts.campaign_id,
        amounts.ranked,
        sum(
            cast(amounts.gmv as decimal(24, 2))
            * cast(2 * amounts.members_up_to - amounts.members - wholes.members as decimal(11, 0))
        ) as weighed_gmv
    from {{ ref('int_amount_rank') }} as amounts
    inner join wholes on wholes.campaign_id = amounts.campaign_id and wholes.ranked = amounts.ranked
    group by amounts.campaign_id, amounts.ranked
),

lower_parts as (
    select
        campaign_id,
        ranked,
        max(case when members_percent = 90 then members end) as members_90,
        max(case when members_percent = 90 then gmv end) as gmv_90,
        max(case when members_percent = 99 then members end) as members_99,
        max(case when members_percent = 99 then gmv end) as gmv_99
    from {{ ref('concentration_point') }}
    group by campaign_id, ranked
)

select
    wholes.campaign_id,
    wholes.ranked,
    wholes.members,
    wholes.total_gmv,
    {{ percent('weighed.weighed_gmv', 'cast(wholes.members as decimal(11, 0)) * cast(wholes.total_gmv as decimal(24, 2))') }} as gini_percent,
    wholes.members - lower_parts.members_99 as top_1_members,
    cast(wholes.total_gmv - lower_parts.gmv_99 as decimal(18, 2)) as top_1_gmv,
    {{ percent('wholes.total_gmv - lower_parts.gmv_99', 'wholes.total_gmv') }} as top_1_percent,
    wholes.members - lower_parts.members_90 as top_10_members,
    cast(wholes.total_gmv - lower_parts.gmv_90 as decimal(18, 2)) as top_10_gmv,
    {{ percent('wholes.total_gmv - lower_parts.gmv_90', 'wholes.total_gmv') }} as top_10_percent
from wholes
inner join weighed on weighed.campaign_id = wholes.campaign_id and weighed.ranked = wholes.ranked
inner join lower_parts on lower_parts.campaign_id = wholes.campaign_id and lower_parts.ranked = wholes.ranked
