-- Counts of the scorecard's profile against the campaign's share; only shops that stand out are looked up in the orders.
with

rule as (
    {{ rule_settings('exclusive_buyers', ['buyers', 'share', 'false_discovery_rate']) }}
),

compared as (
    select
        profile.campaign_id,
        profile.shop_id,
        profile.buyers,
        profile.exclusive_buyers,
        share.customers,
        share.exclusive_customers,
        rule.rule_id,
        rule.share,
        rule.false_discovery_rate,
        {{ chance_at_most('profile.exclusive_buyers', 'profile.buyers', 'share.exclusive_customers', 'share.customers') }} as chance
    from {{ ref('int_shop_profile') }} as profile
    inner join {{ ref('int_campaign_share') }} as share on share.campaign_id = profile.campaign_id
    cross join rule
    where profile.buyers >= rule.buyers
),

corrected as (
    {{ corrected_chances('compared') }}
),

found as (
    select *
    from corrected
    where corrected_chance <= false_discovery_rate and exclusive_buyers >= share * buyers
),

evidence as (
    select
        found.*,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from found
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = found.campaign_id and orders.shop_id = found.shop_id
    inner join {{ ref('int_customer_activity') }} as activity
        on activity.campaign_id = orders.campaign_id and activity.customer_id = orders.customer_id
    where activity.shops = 1
),

{{ corrected_hits(['buyers', 'exclusive_buyers', 'customers', 'exclusive_customers']) }}

{%- set said = {
    'exclusive': with_thousands('exclusive_buyers'),
    'buyers': 'buyers',
    'all_exclusive': with_thousands('exclusive_customers'),
    'all': with_thousands('customers'),
} %}

select
    {{ hit_columns(
        reason=dbt.concat([
            sentence(
                {'en': '{exclusive} of {buyers|buyer|buyers} buy nowhere else, in the campaign {all_exclusive} of {all} customers.'}, said
            ),
            corrected_text('shop', 'shops'),
            sentence({'en': ' A shop that has just opened, or is far from others, looks the same.'}, {}),
        ]),
        numbers=dict({
            'exclusive_buyers': 'exclusive_buyers', 'buyers': 'buyers',
            'exclusive_customers_in_campaign': 'exclusive_customers', 'customers_in_campaign': 'customers',
            'rebate': 'money_at_risk',
        }, **corrected_numbers()),
    ) }}
from hits
