-- A member of a pair, ring or group learns the numbers of the whole and the ids of their own orders, never other people's.
-- Built after the ranks, in which its tests look every customer up: {{ ref('customer_pending_rank') }}
{{ config(
    primary_key=['campaign_id', 'customer_id', 'fraud_note', 'txn_date', 'subject_id'],
    indexes=[['customer_id'], ['campaign_id', 'money_at_risk']],
) }}

{#- What stands after `"numbers":{` in the evidence of the whole, which ends with it. #}
{%- set key = "'\"numbers\":{'" %}
{%- set numbers_of_whole = 'substring(evidence, ' ~ dbt.position(key, 'evidence') ~ ' + char_length(' ~ key ~ '))' %}
{%- set hit = ['campaign_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date'] %}

with

customers as (
    select
        signals.*,
        {{ as_integer('signals.subject_id') }} as customer_id
    from {{ ref('fraud_signal') }} as signals
    where signals.listed = 1 and signals.subject_type = 'customer'
),

{#- The evidence of a large group is long: what its members need of it is cut out once. #}
groups_listed as (
    select
        {{ hit | join(', ') }},
        severity,
        order_count,
        money_at_risk,
        occurrences,
        reason,
        {{ numbers_of_whole }} as numbers_of_whole
    from {{ ref('fraud_signal') }}
    where listed = 1 and subject_type not in ('customer', 'shop')
),

{#- Owners are customers by their uid. #}
members as (
    select
        {{ hit | join(', ') }},
        members.member_id as customer_id,
        row_number() over (partition by {{ hit | join(', ') }} order by members.member_id) as member_number
    from {{ ref('fraud_signal') }} as signals
    {{ unfold_members('signals.evidence', 'members') }}
    where signals.listed = 1 and signals.subject_type not in ('customer', 'shop')
),

shown_members as (
    select
        {{ hit | join(', ') }},
        {{ ordered_list(as_text('customer_id'), 'customer_id') }} as uids
    from members
    where member_number <= {{ var('evidence_orders_shown') }}
    group by {{ hit | join(', ') }}
),

numbered_orders as (
    select
        {{ hit | join(', ') }},
        customer_id,
        order_id,
        rebate,
        row_number() over (
            partition by {{ hit | join(', ') }}, customer_id order by order_time, order_id
        ) as order_number
    from {{ ref('int_fraud_hit_order') }}
    where listed = 1 and subject_type not in ('customer', 'shop')
),

own_orders as (
    select
        {{ hit | join(', ') }},
        customer_id,
        count(*) as order_count,
        sum(rebate) as rebate,
        {{ ordered_list(
            'case when order_number <= ' ~ var('evidence_orders_shown') ~ ' then order_id end', 'order_number'
        ) }} as order_ids
    from numbered_orders
    group by {{ hit | join(', ') }}, customer_id
),

members_with_orders as (
    select
        groups_listed.*,
        members.customer_id,
        shown_members.uids,
        coalesce(own_orders.order_count, 0) as own_order_count,
        coalesce(own_orders.rebate, 0) as own_rebate,
        coalesce(own_orders.order_ids, '') as own_order_ids
    from members
    inner join groups_listed
        on {% for column in hit %}groups_listed.{{ column }} = members.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    inner join shown_members
        on {% for column in hit %}shown_members.{{ column }} = members.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join own_orders
        on {% for column in hit %}own_orders.{{ column }} = members.{{ column }} and {% endfor -%}
        own_orders.customer_id = members.customer_id
)

select
    campaign_id,
    txn_date,
    customer_id,
    rule_id as fraud_note,
    subject_type,
    subject_id,
    severity,
    order_count,
    money_at_risk,
    occurrences,
    reason,
    evidence
from customers
union all
select
    campaign_id,
    txn_date,
    customer_id,
    rule_id as fraud_note,
    subject_type,
    subject_id,
    severity,
    order_count,
    money_at_risk,
    occurrences,
    {{ dbt.concat(['reason', 'case when own_order_count < order_count then ' ~ sentence(
        {'en': ' Of these, {orders|order is|orders are} by this customer.'},
        {'orders': 'own_order_count'},
    ) ~ " else '' end"]) }} as reason,
    {{ dbt.concat([
        "'{\"order_ids\":['", 'own_order_ids', "'],\"orders_total\":'", as_text('order_count'), "',\"members\":['", 'uids',
        "'],\"numbers\":{\"own_orders\":'", as_text('own_order_count'), "',\"own_rebate\":'", json_amount('own_rebate'), "','",
        'numbers_of_whole'
    ]) }} as evidence
from members_with_orders
