-- Where a whole campaign likes optimal amounts (int_shop_voucher says what they are), a shop stands out only above its share.
with

rule as (
    {{ rule_settings('voucher_optimal_bunching', ['share', 'min_orders', 'width', 'round_to', 'times_campaign_share', 'false_discovery_rate']) }}
),

campaign_share as (
    select
        campaign_id,
        sum(optimal) as optimal,
        sum(vouchers) as vouchers
    from {{ ref('int_shop_voucher') }}
    group by campaign_id
),

-- Against the other shops: a shop must not be measured by itself.
compared as (
    select
        shops.campaign_id,
        shops.shop_id,
        shops.vouchers,
        shops.optimal,
        campaign_share.vouchers - shops.vouchers as other_vouchers,
        campaign_share.optimal - shops.optimal as other_optimal,
        rule.rule_id,
        rule.width,
        rule.round_to,
        rule.share,
        rule.times_campaign_share,
        rule.false_discovery_rate,
        {{ chance_at_most(
            'shops.optimal', 'shops.vouchers',
            '(campaign_share.optimal - shops.optimal)', '(campaign_share.vouchers - shops.vouchers)'
        ) }} as chance
    from {{ ref('int_shop_voucher') }} as shops
    inner join campaign_share on campaign_share.campaign_id = shops.campaign_id
    cross join rule
    where shops.vouchers >= rule.min_orders
),

corrected as (
    {{ corrected_chances('compared') }}
),

bunched as (
    select *
    from corrected
    where
        corrected_chance <= false_discovery_rate
        and optimal >= share * vouchers
        and optimal * other_vouchers >= times_campaign_share * vouchers * other_optimal
),

evidence as (
    select
        orders.campaign_id,
        bunched.rule_id,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        orders.gmv,
        orders.customer_id,
        bunched.vouchers,
        {%- for number in corrected_numbers().values() %}
        bunched.{{ number }},
        {%- endfor %}
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from bunched
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = bunched.campaign_id
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = bunched.campaign_id and orders.shop_id = bunched.shop_id
    where orders.rebate > 0 and {{ is_optimal_amount('orders', 'campaign', 'bunched') }}
),

hits as (
    select
        campaign_id,
        rule_id,
        'shop' as subject_type,
        subject_id,
        max(txn_date) as txn_date,
        vouchers,
        {{ corrected_numbers().values() | join(', ') }},
        min(gmv) as smallest_gmv,
        max(gmv) as largest_gmv,
        {{ count_buyers() }} as buyers,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, vouchers, {{ corrected_numbers().values() | join(', ') }}
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
        reason=dbt.concat([
            sentence(
                {'en': '{orders} of {vouchers|order|orders} with a voucher are of {smallest} to {largest} {currency}, hardly more than earns the whole rebate.'},
                said
            ),
            corrected_text('shop', 'shops'),
        ]),
        numbers=dict({
            'orders_at_the_optimum': 'order_count',
            'vouchers': 'vouchers',
            'smallest_gmv': 'smallest_gmv',
            'largest_gmv': 'largest_gmv',
            'customers': 'buyers',
            'rebate': 'money_at_risk',
        }, **corrected_numbers()),
        occurrences=returns_of_buyers('order_count', 'buyers'),
    ) }}
from hits_in_currency
