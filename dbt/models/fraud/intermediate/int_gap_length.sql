-- How common each length of a gap is in the campaign, for telling a habit of one subject from the form of the file's times: where
-- these are whole five minutes, so are the gaps of everybody. Of some subjects only, drawn by hash; each counts once per length,
-- so that one with a fixed interval among them does not make it usual. Guests' orders are left out.
{{ config(primary_key=['campaign_id', 'subject_type', 'minutes']) }}

with

rule as (
    {{ rule_settings('regular_spacing', ['gaps', 'subjects_drawn']) }}
),

{% for subject in spaced_subjects() -%}
{{ subject.type }}s_by_hash as (
    select
        spaced.campaign_id,
        spaced.{{ subject.key }},
        rule.subjects_drawn,
        row_number() over (
            partition by spaced.campaign_id
            order by
                {{ sha256(dbt.concat(["'" ~ var('chance_seed') ~ ":'", as_text('spaced.' ~ subject.key)])) }},
                spaced.{{ subject.key }}
        ) as place
    from {{ subject.gaps }} as spaced
    cross join rule
    where spaced.gaps between rule.gaps and 20 * rule.gaps
),

{% endfor -%}
gaps as (
    {%- for subject in spaced_subjects() %}
    select
        orders.campaign_id,
        '{{ subject.type }}' as subject_type,
        orders.{{ subject.key }} as subject,
        {{ minutes_since_last('orders.campaign_id, orders.' ~ subject.key) }} as minutes
    from {{ subject.type }}s_by_hash as drawn
    inner join {{ subject.orders }} as orders
        on orders.campaign_id = drawn.campaign_id and orders.{{ subject.key }} = drawn.{{ subject.key }}
    where drawn.place <= drawn.subjects_drawn and orders.customer_id is not null
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select
    campaign_id,
    subject_type,
    {{ as_integer('minutes') }} as minutes,
    count(distinct subject) as subjects
from gaps
where minutes is not null
group by campaign_id, subject_type, minutes
{{ in_key_order() }}
