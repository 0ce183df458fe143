-- A customer-day is one hit, also where it touches the shops of two owners.
with

rule as (
    {{ rule_settings('several_vouchers_one_owner', ['shops']) }}
),

owners as (
    select
        vouchers.campaign_id,
        vouchers.customer_id,
        vouchers.txn_date,
        vouchers.shop_owner_uid
    from {{ ref('int_repeated_voucher') }} as vouchers
    cross join rule
    group by vouchers.campaign_id, vouchers.customer_id, vouchers.txn_date, vouchers.shop_owner_uid, rule.shops
    having count(distinct vouchers.shop_id) >= rule.shops
),

evidence as (
    select
        vouchers.campaign_id,
        rule.rule_id,
        {{ as_text('vouchers.customer_id') }} as subject_id,
        vouchers.txn_date,
        vouchers.order_id,
        vouchers.shop_id,
        vouchers.shop_owner_uid,
        vouchers.rebate as money,
        row_number() over (
            partition by vouchers.campaign_id, vouchers.customer_id, vouchers.txn_date
            order by vouchers.txn_time, vouchers.order_id
        ) as evidence_number
    from {{ ref('int_repeated_voucher') }} as vouchers
    inner join owners
        on owners.campaign_id = vouchers.campaign_id
        and owners.customer_id = vouchers.customer_id
        and owners.txn_date = vouchers.txn_date
        and owners.shop_owner_uid = vouchers.shop_owner_uid
    cross join rule
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        subject_id,
        txn_date,
        count(distinct shop_id) as shops,
        count(distinct shop_owner_uid) as owners,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, txn_date
),

hits_in_currency as (
    select hits.*, campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
)

{%- set said = {
    'vouchers': 'order_count',
    'shops': 'shops',
    'owners': 'owners',
    'rebate': amount_text('money_at_risk'),
    'currency': 'currency',
    'day': date_text('txn_date'),
} %}

select
    {{ hit_columns(
        reason=sentence(
            {'en': '{vouchers|voucher|vouchers} on {day} at {shops|shop|shops} of {owners|owner|owners}, with rebates of {rebate} {currency}.'},
            said
        ),
        numbers={'vouchers': 'order_count', 'shops': 'shops', 'owners': 'owners', 'rebate': 'money_at_risk'},
    ) }}
from hits_in_currency
