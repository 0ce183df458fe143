{#
  Per campaign, these columns add up to the same here and in another model. sums: column here -> column there, where
  'count(*)' stands for the number of rows. A campaign that only one of the two knows is a failure too, unless `may_lack` says
  that the other one may lack it: there it adds up to 0.
#}
{% test same_sums(model, to, sums, may_lack=false) %}
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
    {{ 'or there.campaign_id is null' if not may_lack }}
    {%- for column in sums %}
    or here.value_{{ loop.index }} <> {{ 'coalesce(there.value_' ~ loop.index ~ ', 0)' if may_lack else 'there.value_' ~ loop.index }}
    {%- endfor %}
{% endtest %}
