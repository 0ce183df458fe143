-- Only the shop is a subject: one customer's echoes are a habit, a side dish with every meal. What stands out is that customers of one
-- shop have it and the shop's other guests have not; who they are stands in the members.
-- What chance would give: had the orders that follow a voucher order the amounts of the shop's other orders without voucher. So a
-- product that is popular at that price explains itself. Looked at are all shops where customers who used a voucher ordered so
-- often without one on the same day. A shop with fewer other orders, none alike, has nothing to be held against, and says so.
with

rule as (
    {{ rule_settings('rebate_echo', ['seconds', 'orders', 'customers', 'false_discovery_rate']) }}
),

shops as (
    select
        echoes.campaign_id,
        echoes.shop_id,
        sum(echoes.is_echo) as echoes,
        count(distinct echoes.customer_id) as customers
    from {{ ref('int_rebate_echo') }} as echoes
    cross join rule
    group by echoes.campaign_id, echoes.shop_id, rule.orders, rule.customers
    having sum(echoes.is_echo) >= rule.orders and count(distinct echoes.customer_id) >= rule.customers
),

echoed_amounts as (
    select distinct campaign_id, shop_id, amount
    from {{ ref('int_rebate_echo') }}
),

orders_of_shops as (
    select {{ begin_with('shops') }}
        orders.campaign_id,
        orders.shop_id,
        orders.customer_id,
        orders.order_id,
        orders.txn_time,
        orders.gmv,
        case when orders.rebate > 0 then 0 else 1 end as is_without_voucher
    from shops
    inner join {{ ref('int_shop_order') }} as orders
        on orders.campaign_id = shops.campaign_id and orders.shop_id = shops.shop_id
),

after_vouchers as (
    select
        orders_of_shops.*,
        max(case when is_without_voucher = 0 then txn_time end) over (
            partition by campaign_id, shop_id, customer_id order by txn_time, is_without_voucher, order_id
            rows between unbounded preceding and current row
        ) as last_voucher_time
    from orders_of_shops
),

-- Nobody knows whether a guest's order follows that guest's voucher: it is one of the others.
without_voucher as (
    select
        orders.campaign_id,
        orders.shop_id,
        case
            when
                orders.customer_id is not null
                and {{ seconds_between('orders.last_voucher_time', 'orders.txn_time') }} <= rule.seconds
                then 1
            else 0
        end as is_follow_up,
        case when amounts.campaign_id is null then 0 else 1 end as is_echoed_amount
    from after_vouchers as orders
    cross join rule
    left join echoed_amounts as amounts
        on amounts.campaign_id = orders.campaign_id
        and amounts.shop_id = orders.shop_id
        and amounts.amount = orders.gmv
    where orders.is_without_voucher = 1
),

compared as (
    select
        campaign_id,
        shop_id,
        sum(is_follow_up) as follow_ups,
        sum(1 - is_follow_up) as others,
        sum((1 - is_follow_up) * is_echoed_amount) as others_alike
    from without_voucher
    group by campaign_id, shop_id
),

expectations as (
    select
        shops.*,
        compared.follow_ups,
        compared.others,
        compared.others_alike,
        cast(
            case
                when compared.others = 0 then 0
                else {{ rounded_quotient('compared.follow_ups * compared.others_alike', 'compared.others') }}
            end as decimal(14, 2)
        ) as expected
    from shops
    inner join compared on compared.campaign_id = shops.campaign_id and compared.shop_id = shops.shop_id
),

looked_at as (
    select campaign_id, count(*) as shops
    from (
        select days.campaign_id, days.shop_id
        from {{ ref('int_customer_shop_day') }} as days
        cross join rule
        where days.vouchers_used > 0 and days.total_orders > days.vouchers_used
        group by days.campaign_id, days.shop_id, rule.orders, rule.customers
        having sum(days.total_orders - days.vouchers_used) >= rule.orders and count(distinct days.customer_id) >= rule.customers
    ) as shops_of_echoes
    group by campaign_id
),

-- An echo after midnight is not on the day of its voucher.
chances as (
    select
        expectations.*,
        greatest(
            coalesce(looked_at.shops, 0), count(*) over (partition by expectations.campaign_id)
        ) as shops_looked_at,
        case
            when expectations.others_alike > 0 or expectations.others >= rule.orders
                then {{ chance_at_most(
                    'expectations.echoes', 'expectations.follow_ups', 'expectations.others_alike', 'expectations.others'
                ) }}
        end as chance
    from expectations
    cross join rule
    left join looked_at on looked_at.campaign_id = expectations.campaign_id
),

corrected as (
    {{ corrected_chances('chances', looked_at='shops_looked_at') }}
),

found as (
    select
        corrected.*,
        rule.rule_id,
        rule.seconds
    from corrected
    cross join rule
    where corrected.chance is null or corrected.corrected_chance <= rule.false_discovery_rate
),

evidence as (
    select
        found.*,
        {{ as_text('orders.shop_id') }} as subject_id,
        orders.txn_date,
        orders.order_id,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.shop_id order by orders.txn_time, orders.is_echo, orders.order_id
        ) as evidence_number
    from found
    inner join {{ ref('int_rebate_echo') }} as orders
        on orders.campaign_id = found.campaign_id and orders.shop_id = found.shop_id
),

members as (
    select
        campaign_id,
        shop_id,
        {{ ordered_list(as_text('customer_id'), 'customer_id') }} as uids
    from (
        select distinct campaign_id, shop_id, customer_id
        from {{ ref('int_rebate_echo') }}
    ) as customers
    group by campaign_id, shop_id
),

hits as (
    select
        campaign_id,
        shop_id,
        rule_id,
        'shop' as subject_type,
        subject_id,
        echoes,
        customers,
        follow_ups,
        others,
        expected,
        seconds,
        {{ corrected_numbers().values() | join(', ') }},
        max(txn_date) as txn_date,
        {{ evidence_columns() }}
    from evidence
    group by
        campaign_id, shop_id, rule_id, subject_id, echoes, customers, follow_ups, others, expected, seconds,
        {{ corrected_numbers().values() | join(', ') }}
),

hits_with_members as (
    select hits.*, members.uids
    from hits
    inner join members on members.campaign_id = hits.campaign_id and members.shop_id = hits.shop_id
)

{%- set said = {
    'echoes': 'echoes',
    'customers': 'customers',
    'minutes': as_integer('seconds / 60'),
    'follow_ups': 'follow_ups',
    'others': 'others',
    'expected': amount_text('expected'),
} -%}
{%- set found -%}
{{ sentence({'en': '{echoes|order|orders} without a voucher by {customers|customer|customers}, each of exactly the rebate that the same customer had received at the shop up to {minutes|minute|minutes} before. '}, said) }}
{%- endset -%}
{%- set chance -%}
case
        when chance is not null
            then {{ dbt.concat([
                sentence({'en': 'Of {follow_ups|order|orders} that followed a voucher in that time, {expected} would be of such an amount by chance, judged by the {others|other order|other orders} without a voucher at the shop.'}, said),
                corrected_text('shop', 'shops'),
            ]) }}
        when others = 0
            then {{ sentence({'en': 'The shop has no other order without a voucher, which would say what chance gives.'}, said) }}
        else {{ sentence({'en': 'The shop has {others|other order|other orders} without a voucher, too few to say what chance gives.'}, said) }}
    end
{%- endset %}

select
    {{ hit_columns(
        reason=dbt.concat([found, chance, sentence({'en': ' A side product or a fee at that price looks the same.'}, {})]),
        numbers=dict({
            'orders_of_the_rebate': 'echoes',
            'customers': 'customers',
            'orders_after_a_voucher': 'follow_ups',
            'other_orders_without_a_voucher': 'others',
            'expected_by_chance': 'expected',
            'rebate': 'money_at_risk',
        }, **corrected_numbers()),
        members='uids',
    ) }}
from hits_with_members
