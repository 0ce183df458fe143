{#- What the rules about owners and groups say alike. Counts only, no ids: a member may read it, and learns of no other. -#}

{# CTE columns of a hit beside evidence_columns(). #}
{% macro linked_order_columns() -%}
max(txn_date) as txn_date,
        count(distinct txn_date) as days,
        {{ as_integer('sum(case when rebate > 0 then 1 else 0 end)') }} as vouchers
{%- endmacro %}

{# ': 5 orders on 2 days, 4 with a voucher. Rebates of 80,000 VND were paid on them.' #}
{% macro linked_orders_text() -%}
{%- set said = {
    'orders': 'order_count', 'days': 'days', 'vouchers': with_thousands('vouchers'),
    'rebate': amount_text('rebate'), 'currency': 'currency',
} -%}
case
        when vouchers > 0
            then {{ sentence({'en': ': {orders|order|orders} on {days|day|days}, {vouchers} with a voucher. Rebates of {rebate} {currency} were paid.'}, said) }}
        else {{ sentence({'en': ': {orders|order|orders} on {days|day|days}, none with a voucher.'}, said) }}
    end
{%- endmacro %}

{#
  How many pairs chance would give. words: said of the pairs, e.g. 'of owners did so'. Reads observed, shuffles and expected
  of int_chance_level, joined by the caller.
#}
{% macro chance_text(words) -%}
{%- set said = {
    'pairs': 'observed', 'expected': amount_text('coalesce(expected, 0)'), 'words': "'" ~ words ~ "'",
    'most': "'" ~ '{:,}'.format(var('chance_orders_shuffled')) ~ "'",
} -%}
{%- if var('chance_shuffles') == 0 -%}
{{ sentence({'en': ' In this campaign {pairs|pair|pairs} {words}.'}, said) }}
{%- else -%}
case
        when shuffles > 0
            then {{ sentence({'en': ' In this campaign {pairs|pair|pairs} {words}; had the buyers of each day ordered at random, it would be {expected} on average.'}, said) }}
        else {{ sentence({'en': ' In this campaign {pairs|pair|pairs} {words}; how many would by chance was not computed for more than {most} orders.'}, said) }}
    end
{%- endif -%}
{%- endmacro %}
