-- Pairs of customers who ordered at the same shops within minutes of one another: as it happened (shuffle 0), and had the buyers of
-- each day ordered at random. Time is cut into slots as long as the minutes: orders so close lie in one slot or in two that follow
-- one another, so that orders are compared with few others. Only of campaigns that are shuffled.
{{ config(primary_key=['campaign_id', 'shuffle', 'customer_id', 'other_customer_id']) }}

{%- set at_second = as_integer(seconds_between("cast('2000-01-01' as date)", 'txn_time')) %}
with

rule as (
    {{ rule_settings('lockstep', ['shops', 'seconds']) }}
),

orders as (
    select campaign_id, 0 as shuffle, shop_id, customer_id, {{ at_second }} as at_second
    from {{ ref('int_order_in_place') }}
    union all
    select campaign_id, shuffle, shop_id, customer_id, {{ at_second }} as at_second
    from {{ ref('int_shuffled_order') }}
),

slotted as (
    select
        orders.*,
        {{ as_integer('rule.seconds') }} as seconds,
        {{ as_integer(whole_quotient('orders.at_second', 'rule.seconds')) }} as slot
    from orders
    cross join rule
),

earlier as (
    select campaign_id, shuffle, shop_id, customer_id, at_second, slot from slotted
    union all
    select campaign_id, shuffle, shop_id, customer_id, at_second, slot + 1 as slot from slotted
),

-- The lower uid first, so that who was first at which shop makes no difference.
meetings as (
    select distinct
        earlier.campaign_id,
        earlier.shuffle,
        earlier.shop_id,
        least(earlier.customer_id, later.customer_id) as customer_id,
        greatest(earlier.customer_id, later.customer_id) as other_customer_id
    from earlier
    inner join slotted as later
        on later.campaign_id = earlier.campaign_id
        and later.shuffle = earlier.shuffle
        and later.shop_id = earlier.shop_id
        and later.slot = earlier.slot
    where
        later.customer_id <> earlier.customer_id
        and later.at_second - earlier.at_second between 0 and later.seconds
)

select
    meetings.campaign_id,
    meetings.shuffle,
    meetings.customer_id,
    meetings.other_customer_id,
    count(*) as shops
from meetings
cross join rule
group by meetings.campaign_id, meetings.shuffle, meetings.customer_id, meetings.other_customer_id, rule.shops
having count(*) >= rule.shops
{{ in_key_order() }}
