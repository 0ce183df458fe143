-- The amount that earns the most per unit paid is cap / rate; `width` above it is still hardly more. Round amounts are left
-- out, because 70,000 is simply a price. Where a whole campaign likes such amounts, a shop stands out only above its share.
with

rule as (
    {{ rule_settings('voucher_optimal_bunching', ['share', 'min_orders', 'width', 'round_to', 'times_campaign_share']) }}
),

vouchers as (
    select
        orders.campaign_id,
        orders.shop_id,
        orders.customer_id,
        orders.order_id,
        orders.txn_time,
        orders.txn_date,
        orders.gmv,
        orders.rebate,
        case
            when
                orders.gmv * {{ wide_rate('campaign.voucher_rate') }} >= campaign.voucher_cap
                and (orders.gmv - rule.width) * {{ wide_rate('campaign.voucher_rate') }} <= campaign.voucher_cap
                and mod(orders.gmv, rule.round_to) <> 0
                then 1
            else 0
        end as is_optimal
    from {{ ref('int_shop_order') }} as orders
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = orders.campaign_id
    cross join rule
    where orders.rebate > 0
),

campaign_share as (
    select
        campaign_id,
        sum(is_optimal) as optimal,
        count(*) as vouchers
    from vouchers
    group by campaign_id
),

shops as (
    select
        campaign_id,
        shop_id,
        sum(is_optimal) as optimal,
        count(*) as vouchers
    from vouchers
    group by campaign_id, shop_id
    having sum(is_optimal) > 0
),

-- Against the other shops: a shop must not be measured by itself.
bunched as (
    select
        shops.campaign_id,
        shops.shop_id,
        shops.vouchers,
        rule.rule_id
    from shops
    inner join campaign_share on campaign_share.campaign_id = shops.campaign_id
    cross join rule
    where
        shops.vouchers >= rule.min_orders
        and shops.optimal >= rule.share * shops.vouchers
        and shops.optimal * (campaign_share.vouchers - shops.vouchers)
        >= rule.times_campaign_share * shops.vouchers * (campaign_share.optimal - shops.optimal)
),

evidence as (
    select
        vouchers.campaign_id,
        bunched.rule_id,
        {{ as_text('vouchers.shop_id') }} as subject_id,
        vouchers.txn_date,
        vouchers.order_id,
        vouchers.gmv,
        vouchers.customer_id,
        bunched.vouchers,
        vouchers.rebate as money,
        row_number() over (
            partition by vouchers.campaign_id, vouchers.shop_id order by vouchers.txn_time, vouchers.order_id
        ) as evidence_number
    from vouchers
    inner join bunched on bunched.campaign_id = vouchers.campaign_id and bunched.shop_id = vouchers.shop_id
    where vouchers.is_optimal = 1
),

hits as (
    select
        campaign_id,
        rule_id,
        'shop' as subject_type,
        subject_id,
        max(txn_date) as txn_date,
        vouchers,
        min(gmv) as smallest_gmv,
        max(gmv) as largest_gmv,
        count(distinct customer_id) as buyers,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, vouchers
),

hits_in_currency as (
    select hits.*, campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
)

{%- set said = {
    'orders': with_thousands('order_count'),
    'vouchers': 'vouchers',
    'smallest': amount_text('smallest_gmv'),
    'largest': amount_text('largest_gmv'),
    'currency': 'currency',
} %}

select
    {{ hit_columns(
        reason=sentence(
            {'en': '{orders} of {vouchers|order|orders} with a voucher are of {smallest} to {largest} {currency}, hardly more than earns the whole rebate.'},
            said
        ),
        numbers={
            'orders_at_the_optimum': 'order_count',
            'vouchers': 'vouchers',
            'smallest_gmv': 'smallest_gmv',
            'largest_gmv': 'largest_gmv',
            'customers': 'buyers',
            'rebate': 'money_at_risk',
        },
        occurrences=returns_of_buyers('order_count', 'buyers'),
    ) }}
from hits_in_currency
