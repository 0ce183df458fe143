-- Pairs are judged by the number of shops where they met, against how many so there would be had the buyers of each day ordered at
-- random. Expected divided by observed pairs is what Benjamini and Hochberg compare with the rate, here from shuffles: one more pair
-- is expected than they gave, so that none does not mean never. Without shuffles the rule is silent.
-- The subject is the customer: a partner's orders are that partner's own.
with

rule as (
    {{ rule_settings('lockstep', ['shops', 'seconds', 'false_discovery_rate']) }}
),

counted as (
    select
        campaign_id,
        shops,
        sum(case when shuffle = 0 then 1 else 0 end) as pairs,
        sum(case when shuffle > 0 then 1 else 0 end) as pairs_by_chance
    from {{ ref('int_lockstep_pair') }}
    group by campaign_id, shops
),

added_up as (
    select
        counted.campaign_id,
        counted.shops,
        {{ as_integer('sum(counted.pairs) over (partition by counted.campaign_id order by counted.shops desc)') }} as pairs,
        {{ as_integer('1 + sum(counted.pairs_by_chance) over (partition by counted.campaign_id order by counted.shops desc)') }}
            as pairs_by_chance,
        chance.shuffles + 1 as deals
    from counted
    inner join {{ ref('int_chance_level') }} as chance
        on chance.campaign_id = counted.campaign_id and chance.rule_id = 'co_purchase_group'
),

corrected as (
    select
        campaign_id,
        shops,
        pairs,
        {{ rounded_quotient('pairs_by_chance', 'deals') }} as expected_by_chance,
        cast(0.000001 * min({{ as_integer(whole_quotient('1000000 * pairs_by_chance + deals * pairs - 1', 'deals * pairs')) }}) over (
            partition by campaign_id order by shops
        ) as decimal(18, 6)) as corrected_chance
    from added_up
    where pairs > 0
),

pairs as (
    select
        pairs.campaign_id,
        pairs.customer_id,
        pairs.other_customer_id,
        pairs.shops
    from {{ ref('int_lockstep_pair') }} as pairs
    cross join rule
    inner join corrected on corrected.campaign_id = pairs.campaign_id and corrected.shops = pairs.shops
    where pairs.shuffle = 0 and corrected.corrected_chance <= rule.false_discovery_rate
),

partners as (
    select campaign_id, customer_id, other_customer_id, shops from pairs
    union all
    select campaign_id, other_customer_id as customer_id, customer_id as other_customer_id, shops from pairs
),

customers as (
    select
        campaign_id,
        customer_id,
        count(*) as partners,
        max(shops) as most_shops
    from partners
    group by campaign_id, customer_id
),

met as (
    select distinct
        own.campaign_id,
        own.customer_id,
        own.order_id
    from partners
    cross join rule
    inner join {{ ref('int_order_in_place') }} as own
        on own.campaign_id = partners.campaign_id and own.customer_id = partners.customer_id
    inner join {{ ref('int_order_in_place') }} as other
        on other.campaign_id = partners.campaign_id
        and other.customer_id = partners.other_customer_id
        and other.shop_id = own.shop_id
    where
        {{ seconds_between('own.txn_time', 'other.txn_time') }} between -rule.seconds and rule.seconds
),

evidence as (
    select
        met.campaign_id,
        rule.rule_id,
        {{ as_text('met.customer_id') }} as subject_id,
        customers.partners,
        customers.most_shops,
        rule.shops as least_shops,
        rule.seconds,
        corrected.pairs,
        corrected.expected_by_chance,
        corrected.corrected_chance,
        orders.txn_date,
        orders.order_id,
        orders.rebate as money,
        row_number() over (
            partition by met.campaign_id, met.customer_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from met
    cross join rule
    inner join customers on customers.campaign_id = met.campaign_id and customers.customer_id = met.customer_id
    inner join corrected on corrected.campaign_id = met.campaign_id and corrected.shops = customers.most_shops
    inner join {{ ref('stg_campaign_raw__transaction') }} as orders on orders.order_id = met.order_id
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        subject_id,
        partners,
        most_shops,
        least_shops,
        seconds,
        pairs,
        expected_by_chance,
        corrected_chance,
        max(txn_date) as txn_date,
        {{ evidence_columns() }}
    from evidence
    group by
        campaign_id, rule_id, subject_id, partners, most_shops, least_shops, seconds, pairs, expected_by_chance,
        corrected_chance
)

{%- set said = {
    'partners': 'partners',
    'minutes': as_integer('seconds / 60'),
    'least': with_thousands('least_shops'),
    'most': with_thousands('most_shops'),
    'pairs': 'pairs',
    'expected': amount_text('expected_by_chance'),
} %}

select
    {{ hit_columns(
        reason=sentence(
            {'en': 'At {least} shops or more each, {partners|other customer|other customers} ordered within {minutes|minute|minutes} of this one. Had the buyers of each day ordered at random, at most {expected} pairs would meet so at {most} shops; {pairs|pair does|pairs do}. Colleagues who order together look the same.'},
            said
        ),
        numbers={
            'partners': 'partners', 'shops': 'most_shops', 'pairs_in_campaign': 'pairs', 'pairs_by_chance': 'expected_by_chance',
            'corrected_chance': 'corrected_chance', 'orders': 'order_count', 'rebate': 'money_at_risk',
        },
    ) }}
from hits
