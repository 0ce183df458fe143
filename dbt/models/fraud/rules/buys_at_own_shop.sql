-- All orders are evidence. Whether it breaks the terms is decided by the money: without a rebate nothing was gained.
with

rule as (
    {{ rule_settings('buys_at_own_shop') }}
),

evidence as (
    select
        orders.*,
        rule.rule_id,
        {{ as_text('orders.customer_id') }} as subject_id,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.customer_id
            order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_owner_order') }} as orders
    cross join rule
    where orders.customer_id = orders.shop_owner_uid
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        subject_id,
        count(distinct shop_id) as shops,
        sum(rebate) as rebate,
        {{ linked_order_columns() }},
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id
),

hits_in_currency as (
    select hits.*, campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
)

select
    {{ hit_columns(
        reason=dbt.concat([
            sentence({'en': 'A shop owner bought at {shops|shop|shops} of their own'}, {'shops': 'shops'}),
            linked_orders_text(),
        ]),
        numbers={'orders': 'order_count', 'shops': 'shops', 'days': 'days', 'vouchers': 'vouchers', 'rebate': 'rebate'},
        severity="case when rebate = 0 then 'low' end",
    ) }}
from hits_in_currency
