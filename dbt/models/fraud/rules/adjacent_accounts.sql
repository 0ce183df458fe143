-- By chance, the distance from one buyer of a shop to the next by account number is below a twentieth of the mean one time in twenty.
-- The scorecard's profile counts buyers with such a neighbour; gaps are at least one fewer. Where even so many gaps would not stand
-- out, they need not be counted, and the shop is only one of those looked at.
with

rule as (
    {{ rule_settings('adjacent_accounts', ['buyers', 'share', 'false_discovery_rate']) }}
),

looked_at as (
    select
        profile.campaign_id,
        count(*) as shops_looked_at
    from {{ ref('int_shop_profile') }} as profile
    cross join rule
    where profile.buyers >= rule.buyers
    group by profile.campaign_id
),

candidates as (
    select
        profile.campaign_id,
        profile.shop_id,
        profile.buyers,
        share.customers,
        rule.rule_id,
        rule.share,
        rule.false_discovery_rate
    from {{ ref('int_shop_profile') }} as profile
    inner join {{ ref('int_campaign_share') }} as share on share.campaign_id = profile.campaign_id
    cross join rule
    where
        profile.buyers >= rule.buyers
        and profile.neighbours_by_number >= 2
        and profile.neighbours_by_number >= rule.share * profile.buyers
        and {{ chance_at_most('(profile.neighbours_by_number - 1)', '(profile.buyers - 1)', '1', '20') }} <= rule.false_discovery_rate
),

buyers as (
    select
        candidates.*,
        people.customer_id,
        activity.place_by_number - lag(activity.place_by_number) over (
            partition by people.campaign_id, people.shop_id order by people.customer_id
        ) as below,
        lead(activity.place_by_number) over (
            partition by people.campaign_id, people.shop_id order by people.customer_id
        ) - activity.place_by_number as above
    from candidates
    inner join {{ ref('int_shop_buyer') }} as people
        on people.campaign_id = candidates.campaign_id and people.shop_id = candidates.shop_id
    inner join {{ ref('int_customer_activity') }} as activity
        on activity.campaign_id = people.campaign_id and activity.customer_id = people.customer_id
),

neighbours as (
    select
        buyers.*,
        case when 20 * buyers * below <= customers then 1 else 0 end as is_close_below,
        case when 20 * buyers * above <= customers then 1 else 0 end as is_close_above
    from buyers
),

counted as (
    select
        neighbours.*,
        sum(is_close_below) over (partition by campaign_id, shop_id) as close_gaps,
        sum(greatest(is_close_below, is_close_above)) over (partition by campaign_id, shop_id) as adjacent_buyers
    from neighbours
),

compared as (
    select distinct
        counted.campaign_id,
        counted.shop_id,
        counted.buyers,
        counted.close_gaps,
        counted.adjacent_buyers,
        counted.rule_id,
        counted.false_discovery_rate,
        looked_at.shops_looked_at,
        {{ chance_at_most('counted.close_gaps', '(counted.buyers - 1)', '1', '20') }} as chance
    from counted
    inner join looked_at on looked_at.campaign_id = counted.campaign_id
),

corrected as (
    {{ corrected_chances('compared', looked_at='shops_looked_at') }}
),

evidence as (
    select
        corrected.*,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.order_id
        ) as evidence_number
    from corrected
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = corrected.campaign_id and orders.shop_id = corrected.shop_id
    inner join counted
        on counted.campaign_id = orders.campaign_id
        and counted.shop_id = orders.shop_id
        and counted.customer_id = orders.customer_id
    where
        corrected.corrected_chance <= corrected.false_discovery_rate
        and (counted.is_close_below = 1 or counted.is_close_above = 1)
),

{{ corrected_hits(['buyers', 'adjacent_buyers', 'close_gaps']) }}

{%- set said = {'adjacent': with_thousands('adjacent_buyers'), 'buyers': 'buyers'} %}

select
    {{ hit_columns(
        reason=dbt.concat([
            sentence({'en': '{adjacent} of {buyers|buyer|buyers} have account numbers closer to one another than a twentieth of the mean distance.'}, said),
            corrected_text('shop', 'shops'),
            sentence({'en': ' Neighbours, colleagues or guests of an opening who signed up together look the same.'}, {}),
        ]),
        numbers=dict({
            'adjacent_buyers': 'adjacent_buyers', 'close_gaps': 'close_gaps', 'buyers': 'buyers', 'rebate': 'money_at_risk',
        }, **corrected_numbers()),
    ) }}
from hits
