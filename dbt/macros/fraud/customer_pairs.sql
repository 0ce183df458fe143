{#- Which customers share shops. Said twice: of what happened, and of what would have happened by chance. -#}

{#
  CTEs that end in `visits_to_compare`: graph, shop_id, customer_id, comparisons (made once this shop and all with fewer
  customers are compared), max_pairs. Of customers who visited at least min_shops of the shops. visits: a CTE of graph,
  shop_id, customer_id, once each, at shops with at most max_shop_buyers buyers. graph: the columns within which customers
  are compared. rule: a CTE with min_shops and max_pairs.
#}
{% macro visits_to_compare(visits, graph, rule) -%}
{%- set keys = graph | join(', ') -%}
counted_visits as (
    select
        visits.*,
        count(*) over (partition by {{ keys }}, customer_id) as shops_of_customer
    from {{ visits }} as visits
),

visits_of_many_shops as (
    select {{ keys }}, shop_id, customer_id, max_pairs
    from counted_visits
    cross join {{ rule }}
    where shops_of_customer >= min_shops
),

shops_left as (
    select {{ keys }}, shop_id, count(*) as buyers
    from visits_of_many_shops
    group by {{ keys }}, shop_id
    having count(*) >= 2
),

planned_shops as (
    select
        shops_left.*,
        sum(buyers * (buyers - 1) / 2) over (partition by {{ keys }} order by buyers, shop_id) as comparisons
    from shops_left
),

visits_to_compare as (
    select visits.*, planned_shops.comparisons
    from visits_of_many_shops as visits
    inner join planned_shops
        on {% for key in graph %}planned_shops.{{ key }} = visits.{{ key }} and {% endfor -%}
        planned_shops.shop_id = visits.shop_id
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
