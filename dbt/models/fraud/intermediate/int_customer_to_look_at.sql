-- Found in one reading of the customers' days, in the order of their key. Each condition is weaker than the rule it is for:
-- somebody who bought twice at a shop (a rule about pairs of customer and shop asks for two orders at least), who has so many
-- orders more than days that one day may hold a burst, whose orders are so many and all of one amount, or who used more
-- vouchers than on one day each (any, where a campaign allows none). Besides, owners of shops, and customers whose
-- gaps between orders repeat one length, which the scorecard counts.
{{ config(primary_key=['campaign_id', 'customer_id']) }}

with

burst as (
    {{ rule_settings('order_burst', ['orders']) }}
),

same_amount as (
    {{ rule_settings('repeated_amount', ['customer_orders']) }}
),

spacing as (
    {{ rule_settings('regular_spacing', ['gaps', 'repeats', 'share']) }}
),

repeating as (
    select
        campaign_id,
        customer_id,
        sum(total_orders) as total_orders,
        0 as is_owner
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id, customer_id
    having
        sum(total_orders) > count(distinct shop_id)
        or sum(total_orders) - count(distinct txn_date) >= (select orders - 1 from burst)
        or (
            sum(total_orders) >= (select customer_orders from same_amount)
            and min(total_gmv / total_orders) = max(total_gmv / total_orders)
        )
        or sum(vouchers_used)
        > count(distinct case when vouchers_used > 0 then txn_date end)
        * least(1, (select min(vouchers_per_customer_per_day) from {{ ref('campaign') }}))
),

owners as (
    select distinct campaign_id, shop_owner_uid
    from {{ ref('shop_selling_rank') }}
),

found as (
    select campaign_id, customer_id, total_orders, is_owner
    from repeating
    union all
    select customers.campaign_id, customers.customer_id, customers.total_orders, 1 as is_owner
    from owners
    inner join {{ ref('customer_pending_rank') }} as customers
        on customers.campaign_id = owners.campaign_id and customers.customer_id = owners.shop_owner_uid
    union all
    select spaced.campaign_id, spaced.customer_id, spaced.gaps + 1 as total_orders, 0 as is_owner
    from {{ ref('int_customer_gap') }} as spaced
    cross join spacing
    where
        spaced.gaps >= spacing.gaps
        and spaced.gap_peak >= spacing.repeats
        and spaced.gap_peak >= spacing.share * spaced.gaps
)

select
    campaign_id,
    customer_id,
    {{ as_integer('max(total_orders)') }} as total_orders,
    max(is_owner) as is_owner
from found
group by campaign_id, customer_id
{{ in_key_order() }}
