-- Warns: rings and groups were searched in a part of the links only, as max_edges and max_pairs of their rules allow. What is
-- left out are the weakest links between owners and the largest of the small shops; the reasons of the hits say so too.
-- Runs with the first model built after both: {{ ref('int_chance_level') }}
{{ config(severity='warn') }}

with

left_out as (
    select
        edges.campaign_id,
        rule.rule_id,
        count(*) as links_left_out
    from {{ ref('int_owner_edge') }} as edges
    cross join (
        {{ rule_settings('owner_ring', ['max_edges']) }}
    ) as rule
    where edges.edge_number > rule.max_edges
    group by edges.campaign_id, rule.rule_id
    union all
    select
        campaign_id,
        'co_purchase_group' as rule_id,
        count(distinct shop_id) as links_left_out
    from {{ ref('int_small_shop_visit') }}
    where is_compared = 0
    group by campaign_id
)

select
    left_out.campaign_id,
    left_out.rule_id,
    left_out.links_left_out
from left_out
