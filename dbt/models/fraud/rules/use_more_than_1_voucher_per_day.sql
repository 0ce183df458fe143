-- Every voucher order of a customer-day over the limit is evidence; only what exceeds the limit is at risk.
with

rule as (
    {{ rule_settings('use_more_than_1_voucher_per_day') }}
),

evidence as (
    select
        vouchers.campaign_id,
        rule.rule_id,
        {{ as_text('vouchers.customer_id') }} as subject_id,
        vouchers.txn_date,
        vouchers.order_id,
        vouchers.voucher_limit,
        vouchers.nth_of_customer as evidence_number,
        case when vouchers.nth_of_customer > vouchers.voucher_limit then vouchers.rebate else 0 end as money
    from {{ ref('int_repeated_voucher') }} as vouchers
    cross join rule
    where vouchers.over_limit = 1
),

hits as (
    select
        campaign_id,
        rule_id,
        'customer' as subject_type,
        subject_id,
        txn_date,
        voucher_limit,
        {{ ordered_list(
            'case when evidence_number <= 10 then order_id end', 'evidence_number', separator=', '
        ) }} as orders_in_words,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, txn_date, voucher_limit
),

hits_in_currency as (
    select hits.*, campaign.currency
    from hits
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = hits.campaign_id
)

{%- set said = {
    'vouchers': 'order_count',
    'allowed': as_text('voucher_limit'),
    'orders': 'orders_in_words',
    'others': '(order_count - 10)',
    'excess': amount_text('money_at_risk'),
    'currency': 'currency',
    'day': date_text('txn_date'),
} -%}
{%- set limit_and_orders -%}
{{ sentence({'en': '{vouchers|voucher|vouchers} on {day}; the terms allow {allowed}. Orders {orders}'}, said) }}
{%- endset -%}
{%- set other_orders -%}
case when order_count > 10 then {{ sentence({'en': ' and {others|other|others}'}, said) }} else '' end
{%- endset -%}
{%- set excess -%}
case
        when voucher_limit = 0
            then {{ sentence({'en': '. Excess rebate {excess} {currency}.'}, said) }}
        when voucher_limit = 1
            then {{ sentence({'en': '. Excess rebate {excess} {currency} (the first voucher of the day, by time then order id, kept).'}, said) }}
        else {{ sentence({'en': '. Excess rebate {excess} {currency} (the first {allowed} vouchers of the day, by time then order id, kept).'}, said) }}
    end
{%- endset %}

select
    {{ hit_columns(
        reason=dbt.concat([limit_and_orders, other_orders, excess]),
        numbers={
            'vouchers': 'order_count',
            'voucher_limit': 'voucher_limit',
            'excess_vouchers': '(order_count - voucher_limit)',
            'excess_rebate': 'money_at_risk',
        },
    ) }}
from hits_in_currency
