-- Counts of the scorecard's profile against the campaign's share; only shops that stand out are looked up in the orders, to see
-- whether the amounts differ: one dish at that price is voucher_optimal_bunching's or repeated_amount's matter.
with

rule as (
    {{ rule_settings('varied_optimum', ['vouchers', 'share', 'different', 'false_discovery_rate']) }}
),

compared as (
    select
        profile.campaign_id,
        profile.shop_id,
        profile.vouchers,
        profile.near_optimum,
        share.vouchers as vouchers_in_campaign,
        share.near_optimum as near_optimum_in_campaign,
        rule.rule_id,
        rule.share,
        rule.different,
        rule.false_discovery_rate,
        {{ chance_at_most('profile.near_optimum', 'profile.vouchers', 'share.near_optimum', 'share.vouchers') }} as chance
    from {{ ref('int_shop_profile') }} as profile
    inner join {{ ref('int_campaign_share') }} as share on share.campaign_id = profile.campaign_id
    cross join rule
    where profile.vouchers >= rule.vouchers
),

corrected as (
    {{ corrected_chances('compared') }}
),

near as (
    select
        corrected.*,
        orders.order_id,
        orders.txn_time,
        orders.txn_date,
        orders.gmv,
        orders.rebate
    from corrected
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = corrected.campaign_id
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = corrected.campaign_id and orders.shop_id = corrected.shop_id
    where
        corrected.corrected_chance <= corrected.false_discovery_rate
        and corrected.near_optimum >= corrected.share * corrected.vouchers
        and orders.customer_id is not null
        and orders.rebate >= campaign.voucher_cap
        and orders.gmv * {{ wide_rate('campaign.voucher_rate') }} < {{ var('near_optimum') }} * campaign.voucher_cap
),

amounts as (
    select
        campaign_id,
        shop_id,
        count(distinct gmv) as amounts
    from near
    group by campaign_id, shop_id
),

evidence as (
    select
        near.*,
        amounts.amounts,
        {{ as_text('near.shop_id') }} as subject_id,
        near.rebate as money,
        row_number() over (
            partition by near.campaign_id, near.shop_id order by near.txn_time, near.order_id
        ) as evidence_number
    from near
    inner join amounts on amounts.campaign_id = near.campaign_id and amounts.shop_id = near.shop_id
    where amounts.amounts >= near.different * near.near_optimum
),

{{ corrected_hits(['vouchers', 'near_optimum', 'vouchers_in_campaign', 'near_optimum_in_campaign', 'amounts']) }}

{%- set said = {
    'near': with_thousands('near_optimum'),
    'vouchers': 'vouchers',
    'amounts': 'amounts',
    'all_near': with_thousands('near_optimum_in_campaign'),
    'all': with_thousands('vouchers_in_campaign'),
} %}

select
    {{ hit_columns(
        reason=dbt.concat([
            sentence(
                {'en': '{near} of {vouchers|voucher|vouchers} paid for amounts just above what earns the whole rebate, {amounts|amount|different amounts}; in the campaign {all_near} of {all}.'},
                said
            ),
            corrected_text('shop', 'shops'),
            sentence({'en': ' Customers who fill their basket up to the whole rebate look the same.'}, {}),
        ]),
        numbers=dict({
            'near_optimum': 'near_optimum', 'vouchers': 'vouchers', 'amounts': 'amounts',
            'near_optimum_in_campaign': 'near_optimum_in_campaign', 'vouchers_in_campaign': 'vouchers_in_campaign',
            'rebate': 'money_at_risk',
        }, **corrected_numbers()),
    ) }}
from hits
