-- Robust z: 0.6745 (x - median) / MAD of x = ln gmv. The median is the mean of the one or two rows in the middle, which every
-- engine can say by row_number. Where more than half of a shop's amounts are equal the MAD is 0 and nothing can be said; where they
-- are nearly equal it is tiny and z is large for next to nothing, so an order must be some times the median as well.
{% set middle = 'place in (floor((orders_of_shop + 1) / 2), floor((orders_of_shop + 2) / 2))' %}
with

rule as (
    {{ rule_settings('amount_outlier', ['robust_z', 'min_orders', 'times_median']) }}
),

by_amount as (
    select {{ begin_with('shops') }}
        orders.campaign_id,
        orders.shop_id,
        orders.order_id,
        orders.customer_id,
        orders.txn_date,
        orders.gmv,
        orders.rebate,
        ln(orders.gmv) as ln_gmv,
        shops.total_orders as orders_of_shop,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.gmv, orders.txn_time, orders.order_id
        ) as place
    from {{ ref('shop_selling_rank') }} as shops
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = shops.campaign_id and orders.shop_id = shops.shop_id
    where shops.total_orders >= (select min_orders from rule)
),

medians as (
    select
        campaign_id,
        shop_id,
        avg(ln_gmv) as median_ln,
        cast((min(gmv) + max(gmv)) * 0.5 as decimal(18, 2)) as median_gmv
    from by_amount
    where {{ middle }}
    group by campaign_id, shop_id
),

by_distance as (
    select
        by_amount.*,
        medians.median_ln,
        medians.median_gmv,
        row_number() over (
            partition by by_amount.campaign_id, by_amount.shop_id
            order by abs(by_amount.ln_gmv - medians.median_ln), by_amount.order_id
        ) as place_by_distance
    from by_amount
    inner join medians on medians.campaign_id = by_amount.campaign_id and medians.shop_id = by_amount.shop_id
),

deviations as (
    select
        campaign_id,
        shop_id,
        avg(abs(ln_gmv - median_ln)) as mad
    from by_distance
    where {{ middle | replace('place in', 'place_by_distance in') }}
    group by campaign_id, shop_id
),

outliers as (
    select
        by_distance.*,
        cast(0.6745 * (by_distance.ln_gmv - by_distance.median_ln) / deviations.mad as decimal(9, 2)) as z,
        rule.rule_id
    from by_distance
    inner join deviations
        on deviations.campaign_id = by_distance.campaign_id and deviations.shop_id = by_distance.shop_id
    cross join rule
    where
        by_distance.customer_id is not null  -- no customer could explain a guest's order
        and deviations.mad > 0.000001
        and 0.6745 * (by_distance.ln_gmv - by_distance.median_ln) > rule.robust_z * deviations.mad
        and by_distance.gmv >= rule.times_median * by_distance.median_gmv
),

evidence as (
    select
        campaign_id,
        rule_id,
        {{ as_text('order_id') }} as subject_id,
        txn_date,
        order_id,
        customer_id,
        gmv,
        median_gmv,
        orders_of_shop,
        z,
        rebate as money,
        1 as evidence_number
    from outliers
),

hits as (
    select
        campaign_id,
        rule_id,
        'order' as subject_type,
        subject_id,
        txn_date,
        customer_id,
        gmv,
        median_gmv,
        orders_of_shop,
        z,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, txn_date, customer_id, gmv, median_gmv, orders_of_shop, z
),

hits_in_currency as (
    select hits.*, campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
)

{%- set said = {
    'amount': amount_text('gmv'),
    'median': amount_text('median_gmv'),
    'orders': 'orders_of_shop',
    'currency': 'currency',
    'day': date_text('txn_date'),
} %}

select
    {{ hit_columns(
        reason=sentence(
            {'en': 'An order of {amount} {currency} on {day} at a shop where half of {orders|order|orders} are below {median}.'},
            said
        ),
        numbers={
            'amount': 'gmv',
            'median_of_the_shop': 'median_gmv',
            'orders_of_the_shop': 'orders_of_shop',
            'robust_z': 'z',
            'rebate': 'money_at_risk',
        },
        members=as_text('customer_id'),
    ) }}
from hits_in_currency
