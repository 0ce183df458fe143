{# The rule of token amounts, said of customers and of shops: orders of one day below `below_gmv`. The orders come from
   int_token_or_night_order, which names the rules. #}
{% macro token_orders(rule_id, subject_type, subject_column) -%}
with

rule as (
    {{ rule_settings(rule_id, ['below_gmv']) }}
),

evidence as (
    select
        orders.campaign_id,
        rule.rule_id,
        {{ as_text('orders.' ~ subject_column) }} as subject_id,
        orders.txn_date,
        orders.order_id,
        orders.gmv,
        orders.rebate as money,
        row_number() over (
            partition by orders.campaign_id, orders.{{ subject_column }}, orders.txn_date
            order by orders.txn_time, orders.order_id
        ) as evidence_number
    from {{ ref('int_token_or_night_order') }} as orders
    cross join rule
    where orders.gmv < rule.below_gmv and orders.{{ subject_column }} is not null
),

hits as (
    select
        campaign_id,
        rule_id,
        '{{ subject_type }}' as subject_type,
        subject_id,
        txn_date,
        min(gmv) as smallest_gmv,
        max(gmv) as largest_gmv,
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
    'orders': 'order_count',
    'smallest': amount_text('smallest_gmv'),
    'largest': amount_text('largest_gmv'),
    'rebate': amount_text('money_at_risk'),
    'currency': 'currency',
    'day': date_text('txn_date'),
} -%}
{%- set amounts -%}
case
        when smallest_gmv = largest_gmv
            then {{ sentence({'en': '{orders|order|orders} of {smallest} {currency} on {day}. '}, said) }}
        else {{ sentence({'en': '{orders|order|orders} of {smallest} to {largest} {currency} on {day}. '}, said) }}
    end
{%- endset -%}
{%- set rebates -%}
case
        when money_at_risk > 0 and order_count = 1
            then {{ sentence({'en': 'A rebate of {rebate} {currency} was paid on it.'}, said) }}
        when money_at_risk > 0
            then {{ sentence({'en': 'Rebates of {rebate} {currency} were paid on them.'}, said) }}
        when order_count = 1 then {{ sentence({'en': 'No rebate was paid on it.'}, said) }}
        else {{ sentence({'en': 'No rebate was paid on them.'}, said) }}
    end
{%- endset %}

select
    {{ hit_columns(
        reason=dbt.concat([amounts, rebates]),
        numbers={
            'orders': 'order_count',
            'smallest_gmv': 'smallest_gmv',
            'largest_gmv': 'largest_gmv',
            'rebate': 'money_at_risk',
        },
        occurrences='order_count',
    ) }}
from hits_in_currency
{%- endmacro %}
