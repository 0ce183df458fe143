with

rule as (
    {{ rule_settings('subsidy_intensity', ['share', 'min_orders']) }}
),

shops as (
    select
        orders.campaign_id,
        orders.shop_id,
        sum(orders.gmv) as gmv,
        count(distinct orders.customer_id) as buyers
    from {{ ref('int_shop_order') }} as orders
    where orders.rebate > 0
    group by orders.campaign_id, orders.shop_id
    having
        count(*) >= (select min_orders from rule)
        and sum(orders.rebate) >= (select share from rule) * sum(orders.gmv)
),

evidence as (
    select
        orders.campaign_id,
        rule.rule_id,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        shops.gmv,
        shops.buyers,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_shop_order') }} as orders
    inner join shops on shops.campaign_id = orders.campaign_id and shops.shop_id = orders.shop_id
    cross join rule
    where orders.rebate > 0
),

hits as (
    select
        campaign_id,
        rule_id,
        'shop' as subject_type,
        subject_id,
        max(txn_date) as txn_date,
        gmv,
        buyers,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, gmv, buyers
),

hits_in_currency as (
    select
        hits.*,
        {{ rounded_quotient('100 * hits.money_at_risk', 'hits.gmv') }} as percent_of_gmv,
        campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
)

{%- set said = {
    'orders': 'order_count',
    'buyers': 'buyers',
    'gmv': amount_text('gmv'),
    'rebate': amount_text('money_at_risk'),
    'percent': amount_text('percent_of_gmv'),
    'currency': 'currency',
} %}

select
    {{ hit_columns(
        reason=sentence(
            {'en': '{orders|order|orders} with a voucher by {buyers|customer|customers}: of {gmv} {currency} the vouchers paid {rebate}, that is {percent} %.'},
            said
        ),
        numbers={
            'vouchers': 'order_count',
            'customers': 'buyers',
            'gmv': 'gmv',
            'rebate': 'money_at_risk',
            'percent': 'percent_of_gmv',
        },
        occurrences=returns_of_buyers('order_count', 'buyers'),
    ) }}
from hits_in_currency
