{#
  Per campaign, these columns add up to the same here and in another model. sums: column here -> column there, where
  'count(*)' stands for the number of rows. A campaign that only one of the two knows is a failure too.
#}
{% test same_sums(model, to, sums) %}
with

here as (
    select campaign_id
    {%- for column in sums %}, {{ 'count(*)' if column == 'count(*)' else 'sum(' ~ column ~ ')' }} as value_{{ loop.index }}{% endfor %}
    from {{ model }}
    group by campaign_id
),

there as (
    select campaign_id
    {%- for column in sums.values() %}, {{ 'count(*)' if column == 'count(*)' else 'sum(' ~ column ~ ')' }} as value_{{ loop.index }}{% endfor %}
    from {{ to }}
    group by campaign_id
),

campaigns as (
    select campaign_id from here
    union
    select campaign_id from there
)

select
    campaigns.campaign_id
    {%- for column in sums %},
    here.value_{{ loop.index }} as here_{{ loop.index }},
    there.value_{{ loop.index }} as there_{{ loop.index }}
    {%- endfor %}
from campaigns
left join here on here.campaign_id = campaigns.campaign_id
left join there on there.campaign_id = campaigns.campaign_id
where
    here.campaign_id is null
    or there.campaign_id is null
    {%- for column in sums %}
    or here.value_{{ loop.index }} <> there.value_{{ loop.index }}
    {%- endfor %}
{% endtest %}
