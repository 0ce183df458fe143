-- A control: where did the platform in fact hold the limit of vouchers per day? It says nothing about a person.
{{ config(primary_key=['campaign_id', 'grain']) }}

with

rule as (
    {{ rule_settings('enforcement_grain') }}
),

cells as (
    select
        campaign_id,
        max(vouchers_used) as most
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id
),

-- Customer, shop and owner can differ only where a customer used several vouchers on one day, which is rare.
busy_days as (
    select
        campaign_id,
        customer_id,
        txn_date,
        sum(vouchers_used) as vouchers
    from {{ ref('int_customer_shop_day') }}
    group by campaign_id, customer_id, txn_date
    having sum(vouchers_used) > 1
),

busy_owner_days as (
    select
        days.campaign_id,
        sum(cells_of_day.vouchers_used) as vouchers
    from busy_days as days
    inner join {{ ref('int_customer_shop_day') }} as cells_of_day
        on cells_of_day.campaign_id = days.campaign_id
        and cells_of_day.customer_id = days.customer_id
        and cells_of_day.txn_date = days.txn_date
    group by days.campaign_id, days.customer_id, days.txn_date, cells_of_day.shop_owner_uid
),

most_of_busy_days as (
    select campaign_id, max(vouchers) as most
    from busy_days
    group by campaign_id
),

most_of_busy_owner_days as (
    select campaign_id, max(vouchers) as most
    from busy_owner_days
    group by campaign_id
),

most as (
    select
        cells.campaign_id,
        greatest(cells.most, coalesce(days.most, 0)) as of_customer,
        cells.most as of_customer_shop,
        greatest(cells.most, coalesce(owner_days.most, 0)) as of_customer_owner
    from cells
    left join most_of_busy_days as days on days.campaign_id = cells.campaign_id
    left join most_of_busy_owner_days as owner_days on owner_days.campaign_id = cells.campaign_id
),

{#- A cell in breach has exactly one voucher that is the first beyond the limit: counting those counts the cells. #}
beyond as (
    select
        campaign_id,
        {%- for grain in ['customer', 'customer_shop', 'customer_owner'] %}
        sum(case when nth_of_{{ grain }} = voucher_limit + 1 then 1 else 0 end) as breaches_{{ grain }},
        sum(case when nth_of_{{ grain }} > voucher_limit then rebate else 0 end) as excess_{{ grain }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_repeated_voucher') }}
    group by campaign_id
),

grains as (
    {%- for grain, words in {
        'customer': 'customer', 'customer_shop': 'customer and shop', 'customer_owner': 'customer and shop owner',
    }.items() %}
    select
        most.campaign_id,
        '{{ grain }}' as grain,
        '{{ words }}' as words,
        {{ as_integer('most.of_' ~ grain) }} as most_per_day,
        {{ as_integer('coalesce(beyond.breaches_' ~ grain ~ ', 0)') }} as breaches,
        cast(coalesce(beyond.excess_{{ grain }}, 0) as decimal(18, 2)) as excess_money
    from most
    cross join rule
    left join beyond on beyond.campaign_id = most.campaign_id
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

grains_in_currency as (
    select
        grains.*,
        campaign.vouchers_per_customer_per_day as voucher_limit,
        campaign.currency
    from grains
    inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = grains.campaign_id
)

{%- set said = {
    'words': 'words',
    'allowed': 'voucher_limit',
    'most': 'most_per_day',
    'breaches': 'breaches',
    'excess': amount_text('excess_money'),
    'currency': 'currency',
} %}

select
    campaign_id,
    grain,
    voucher_limit,
    most_per_day,
    breaches,
    excess_money,
    case when most_per_day <= voucher_limit then 1 else 0 end as held,
    case
        when most_per_day <= voucher_limit
            then {{ sentence({'en': 'The limit of {allowed|voucher|vouchers} a day held per {words}: never more than {most} on one day.'}, {'allowed': 'voucher_limit', 'words': 'words', 'most': as_text('most_per_day')}) }}
        else {{ sentence({'en': 'The limit of {allowed|voucher|vouchers} a day did not hold per {words}: up to {most|voucher|vouchers} on one day, {breaches|breach|breaches}, {excess} {currency} beyond the limit.'}, said) }}
    end as reason
from grains_in_currency
