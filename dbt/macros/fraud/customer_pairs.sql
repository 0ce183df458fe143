{#- Which customers share shops. Said twice: of what happened, and of what would have happened by chance. -#}

{#
  CTEs that end in `visits_to_compare`: graph, shop_id, customer_id, comparisons (made once this shop and all with fewer
  customers are compared), max_pairs. Of customers who visited at least min_shops of the shops. visits: a CTE of graph,
  shop_id, customer_id, once each, at shops with at most max_shop_buyers buyers. graph: the columns within which customers
  are compared. rule: a CTE with min_shops and max_pairs.
#}
{% macro visits_to_compare(visits, graph, rule) -%}
{%- set keys = graph | join(', ') -%}
visits_by_customer as (
    select
        visits.*,
        count(*) over (partition by {{ keys }}, customer_id) as shops_of_customer
    from {{ visits }} as visits
),

visits_by_shop as (
    select
        {{ keys }},
        shop_id,
        customer_id,
        max_pairs,
        count(*) over (partition by {{ keys }}, shop_id) as buyers
    from visits_by_customer
    cross join {{ rule }}
    where shops_of_customer >= min_shops
),

-- Every buyer of a shop counts half of the comparisons with the others; rows of one shop are peers and so have one sum.
visits_to_compare as (
    select
        {{ keys }},
        shop_id,
        customer_id,
        max_pairs,
        sum(buyers - 1) over (partition by {{ keys }} order by buyers, shop_id) / 2 as comparisons
    from visits_by_shop
    where buyers >= 2
)
{%- endmacro %}

{# Pairs, the lower uid first, that share at least min_shops. visits: a relation or CTE with graph, shop_id, customer_id. #}
{% macro customer_pairs(visits, graph, rule, condition='1 = 1') -%}
select {{ many_groups() }}
    {%- for key in graph %}
    one.{{ key }},
    {%- endfor %}
    one.customer_id,
    other.customer_id as other_customer_id,
    count(*) as shops_shared
from {{ visits }} as one
inner join {{ visits }} as other
    on {% for key in graph %}other.{{ key }} = one.{{ key }} and {% endfor -%}
    other.shop_id = one.shop_id and other.customer_id > one.customer_id
cross join {{ rule }}
where {{ condition }}
group by {% for key in graph %}one.{{ key }}, {% endfor %}one.customer_id, other.customer_id
having count(*) >= min(min_shops)
{%- endmacro %}

{# A query: the pairs of int_co_purchase_pair, each from both sides. #}
{% macro co_purchase_pairs_both_ways() -%}
select campaign_id, customer_id, other_customer_id from {{ ref('int_co_purchase_pair') }}
    union all
    select campaign_id, other_customer_id as customer_id, customer_id as other_customer_id
    from {{ ref('int_co_purchase_pair') }}
{%- endmacro %}
