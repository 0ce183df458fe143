{#- The frame of a rule model. A rule says which orders are its evidence; the frame turns them into hits of the one shape. -#}

{#
  One row: the rule's id, its minimum evidence and the parameters it reads, from the seed; none when the rule is retired. `limit 1` keeps the
  engine from reading the JSON again for every order.
#}
{% macro rule_settings(rule_id, parameters=[]) -%}
  select
        rule_id,
        minimum_evidence
        {%- for parameter in parameters %},
        {{ json_number('parameters', parameter) }} as {{ parameter }}
        {%- endfor %}
    from {{ ref('fraud_rule') }}
    where rule_id = '{{ rule_id }}' and status <> 'retired'
    limit 1
{%- endmacro %}

{# Aggregates over the evidence rows of a hit, which carry order_id, money (at risk) and evidence_number (by time). #}
{% macro evidence_columns() -%}
  count(*) as order_count,
        cast(sum(money) as decimal(18, 2)) as money_at_risk,
        {{ ordered_list(
            'case when evidence_number <= ' ~ var('evidence_orders_shown') ~ ' then order_id end', 'evidence_number'
        ) }} as shown_order_ids,
        {{ ordered_list(
            dbt.concat(["'['", as_text('order_id'), "','", as_text('money'), "']'"]), 'evidence_number'
        ) }} as order_list
{%- endmacro %}

{#
  The columns of a hit. reason: a text expression. numbers: name -> numeric expression (null allowed), shown in the evidence.
  members: a text expression of comma-separated customer ids, for pairs, rings and groups.
  severity: a text expression; null is the severity in the seed. A hit of severity info is noted: no points, no money at risk.
  occurrences: how often it happened, which is what the score counts; 1 for a rule with one hit per day.
  evidence_orders, beyond the promised shape, lists every order with its money: `evidence` shows only the first.
#}
{% macro hit_columns(reason, numbers, members="''", severity='null', occurrences='1') -%}
  {%- set pieces = [
      "'{\"order_ids\":['", 'shown_order_ids', "'],\"orders_total\":'", as_text('order_count'),
      "',\"members\":['", members, "'],\"numbers\":{'"
  ] -%}
  {%- for name, value in numbers.items() -%}
    {%- do pieces.append("'" ~ ("," if not loop.first) ~ "\"" ~ name ~ "\":'") -%}
    {%- do pieces.append("coalesce(" ~ json_amount(value) ~ ", 'null')") -%}
  {%- endfor -%}
  {%- do pieces.append("'}}'") -%}
  campaign_id,
    rule_id,
    subject_type,
    subject_id,
    txn_date,
    order_count,
    money_at_risk,
    {{ as_integer(occurrences) }} as occurrences,
    cast({{ severity }} as char(16)) as severity,
    {{ reason }} as reason,
    {{ dbt.concat(pieces) }} as evidence,
    {{ dbt.concat(["'['", 'order_list', "']'"]) }} as evidence_orders
{%- endmacro %}

{# Aggregate: different buyers of the orders. A guest counts as a buyer who came once. #}
{% macro count_buyers() -%}
  count(distinct customer_id) + {{ as_integer('sum(case when customer_id is null then 1 else 0 end)') }}
{%- endmacro %}

{#
  Occurrences of a hit that is about many orders at once: how often the same buyers came back. 1 where each bought once, 2
  from one and a half orders per buyer on, 3 from two, 5 from three. It tells a few accounts at work from a crowd of guests.
#}
{% macro returns_of_buyers(orders, buyers) -%}
  ({{ whole_quotient('2 * ' ~ orders, buyers) }} - 1)
{%- endmacro %}

{# Whether a row of fraud_signal, under an alias if given, claims money: listed, of a breach or signal rule, and worth points. #}
{% macro puts_money_at_risk(alias='') -%}
  {%- set of = alias ~ '.' if alias else '' -%}
  {{ of }}listed = 1 and {{ of }}kind in ('breach', 'signal') and {{ of }}severity <> 'info' and {{ of }}occurrences > 0
{%- endmacro %}

{# How grave a severity is, for ordering: 0 (info) to 3 (high). #}
{% macro severity_order(severity) -%}
  case {{ severity }} when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end
{%- endmacro %}

{# 1 for a hit that accuses, 0 for one that only describes: of a descriptive rule, of an amplifier, or of lower severity than its
   rule's, as a community that lacks what tells abuse from it. Aliases of a hit and its rule. #}
{% macro accuses(hit, rule) -%}
  case
            when {{ rule }}.descriptive = 1 or {{ rule }}.kind = 'amplifier' then 0
            when {{ severity_order(hit ~ '.severity') }} < {{ severity_order(rule ~ '.severity') }} then 0
            else 1
        end
{%- endmacro %}
