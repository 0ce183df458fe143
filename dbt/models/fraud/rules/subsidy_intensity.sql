with

rule as (
    {{ rule_settings('subsidy_intensity', ['share', 'min_orders']) }}
),

shops as (
    select vouchers.campaign_id, vouchers.shop_id, vouchers.gmv, rule.rule_id
    from {{ ref('int_shop_voucher') }} as vouchers
    cross join rule
    where vouchers.vouchers >= rule.min_orders and vouchers.rebate >= rule.share * vouchers.gmv
),

evidence as (
    select
        orders.campaign_id,
        shops.rule_id,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        shops.gmv,
        orders.customer_id,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_shop_order') }} as orders
    inner join shops on shops.campaign_id = orders.campaign_id and shops.shop_id = orders.shop_id
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
        {{ count_buyers() }} as buyers,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, gmv
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
