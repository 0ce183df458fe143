{#
  A query: per campaign and subject, how often the most common gap between an order and the next occurs, in minutes, half up, and by
  how much a gap exceeds the gaps one minute shorter and longer: where people decide, neighbouring gaps are about as common.
#}
{% macro most_common_gap(subject) -%}
with

gaps as (
    select
        campaign_id,
        {{ subject }},
        {{ seconds_between(
            'lag(txn_time) over (partition by campaign_id, ' ~ subject ~ ' order by txn_time, order_id)', 'txn_time'
        ) }} as seconds
    from {{ ref('int_scored_order') }}
),

minutes as (
    select
        campaign_id,
        {{ subject }},
        {{ whole_quotient('seconds + 30', '60') }} as minutes,
        count(*) as gaps
    from gaps
    where seconds is not null
    group by campaign_id, {{ subject }}, {{ whole_quotient('seconds + 30', '60') }}
),

beside as (
    select
        minutes.*,
        lag(minutes) over (partition by campaign_id, {{ subject }} order by minutes) as minutes_before,
        lag(gaps) over (partition by campaign_id, {{ subject }} order by minutes) as gaps_before,
        lead(minutes) over (partition by campaign_id, {{ subject }} order by minutes) as minutes_after,
        lead(gaps) over (partition by campaign_id, {{ subject }} order by minutes) as gaps_after
    from minutes
)

select
    campaign_id,
    {{ subject }},
    {{ as_integer('sum(gaps)') }} as gaps,
    {{ as_integer('max(gaps)') }} as most_common_gap,
    {{ as_integer(
        'max(gaps - greatest('
        ~ 'case when minutes_before = minutes - 1 then gaps_before else 0 end, '
        ~ 'case when minutes_after = minutes + 1 then gaps_after else 0 end))'
    ) }} as gap_peak
from beside
group by campaign_id, {{ subject }}
{{ in_key_order() }}
{%- endmacro %}
