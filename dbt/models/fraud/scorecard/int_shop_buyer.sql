-- Who bought at which shop, sorted by shop. Numbers are neighbours where the nearest other buyer of the shop stands closer than a
-- twentieth of the mean distance: by chance one in ten.
{{ config(primary_key=['campaign_id', 'shop_id', 'customer_id']) }}

with

buyers as (
    select {{ many_groups() }}
        campaign_id,
        shop_id,
        customer_id,
        count(*) as orders,
        {{ as_integer('sum(is_modest)') }} as modest_rebates
    from {{ ref('int_scored_order') }}
    group by campaign_id, shop_id, customer_id
),

by_number as (
    select
        buyers.*,
        activity.place_by_number - lag(activity.place_by_number) over (
            partition by buyers.campaign_id, buyers.shop_id order by buyers.customer_id
        ) as below,
        lead(activity.place_by_number) over (
            partition by buyers.campaign_id, buyers.shop_id order by buyers.customer_id
        ) - activity.place_by_number as above,
        count(*) over (partition by buyers.campaign_id, buyers.shop_id) as shop_buyers
    from buyers
    inner join {{ ref('int_customer_activity') }} as activity
        on activity.campaign_id = buyers.campaign_id and activity.customer_id = buyers.customer_id
)

select
    by_number.campaign_id,
    by_number.shop_id,
    by_number.customer_id,
    by_number.orders,
    by_number.modest_rebates,
    case
        when
            20 * by_number.shop_buyers * least(
                coalesce(by_number.below, share.customers), coalesce(by_number.above, share.customers)
            ) <= share.customers
            then 1
        else 0
    end as is_neighbour
from by_number
inner join {{ ref('int_campaign_share') }} as share on share.campaign_id = by_number.campaign_id
{{ in_key_order() }}
