-- Only the shop is a subject: one customer's echoes are a habit, a side dish with every meal. What stands out is that customers of one
-- shop have it and the shop's other guests have not; who they are stands in the members.
-- What chance would give: had the orders that follow a voucher order the amounts of the shop's other orders without voucher. So a
-- product that is popular at that price explains itself. Both numbers are rounded before they decide,
-- so that all engines decide alike.
with

rule as (
    {{ rule_settings('rebate_echo', ['seconds', 'orders', 'customers', 'deviations']) }}
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

chances as (
    select
        expectations.*,
        cast(
            case
                when others = 0 then 0
                else {{ rounded_quotient('expected * (others - others_alike)', 'others') }}
            end as decimal(14, 2)
        ) as variance
    from expectations
),

-- So many standard deviations of a binomial number above what is expected as the rule says.
found as (
    select
        chances.*,
        rule.rule_id,
        rule.seconds
    from chances
    cross join rule
    where
        chances.echoes > chances.expected
        and cast(chances.echoes - chances.expected as decimal(14, 2)) * cast(chances.echoes - chances.expected as decimal(14, 2))
        >= cast(rule.deviations * rule.deviations as decimal(8, 2)) * chances.variance
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
        max(txn_date) as txn_date,
        {{ evidence_columns() }}
    from evidence
    group by
        campaign_id, shop_id, rule_id, subject_id, echoes, customers, follow_ups, others, expected, seconds
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
        when others > 0
            then {{ sentence({'en': 'Of {follow_ups|order|orders} that followed a voucher in that time, {expected} would be of such an amount by chance, judged by the {others|other order|other orders} without a voucher at the shop.'}, said) }}
        else {{ sentence({'en': 'The shop has no other order without a voucher, which would say what chance gives.'}, said) }}
    end
{%- endset %}

select
    {{ hit_columns(
        reason=dbt.concat([found, chance, sentence({'en': ' A side product or a fee at that price looks the same.'}, {})]),
        numbers={
            'orders_of_the_rebate': 'echoes',
            'customers': 'customers',
            'orders_after_a_voucher': 'follow_ups',
            'other_orders_without_a_voucher': 'others',
            'expected_by_chance': 'expected',
            'rebate': 'money_at_risk',
        },
        members='uids',
    ) }}
from hits_with_members
