-- A control: where did the platform in fact hold the limit of vouchers per day? It says nothing about a person.
{{ config(primary_key=['campaign_id', 'grain']) }}

with

rule as (
    {{ rule_settings('enforcement_grain') }}
),

-- Several vouchers on one day are all in int_repeated_voucher; where there is none, the most is one.
most_of_repeated as (
    select
        campaign_id,
        max(nth_of_customer) as of_customer,
        max(nth_of_customer_shop) as of_customer_shop,
        max(nth_of_customer_owner) as of_customer_owner
    from {{ ref('int_repeated_voucher') }}
    group by campaign_id
),

campaigns as (
    select
        campaign_id,
        max(case when vouchers_used > 0 then 1 else 0 end) as most
    from {{ ref('campaign_daily') }}
    group by campaign_id
),

most as (
    select
        campaigns.campaign_id,
        {%- for grain in ['customer', 'customer_shop', 'customer_owner'] %}
        coalesce(repeated.of_{{ grain }}, campaigns.most) as of_{{ grain }}{{ ',' if not loop.last }}
        {%- endfor %}
    from campaigns
    left join most_of_repeated as repeated on repeated.campaign_id = campaigns.campaign_id
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
