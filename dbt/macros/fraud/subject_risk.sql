{#
  Score and band per subject, from a CTE `hits` with one row per listed hit and subject: campaign_id, <id_column>, rule_id,
  subject_type, subject_id, txn_date, order_count, money_at_risk.
  money_of: which evidence rows' rebates belong to this kind of subject, as a condition.

  A rule whose evidence orders, over the campaign, are fewer than its minimum adds nothing to the score.
  breach: a breach rule with its minimum and money at risk. review: the score says so, and either two rules agree or one is
  of medium severity or more, so that a single weak signal stays watch whatever its weight.
#}
{% macro subject_risk(id_column, money_of) -%}
rules as (
    select
        hits.campaign_id,
        hits.{{ id_column }},
        hits.rule_id,
        rule.kind,
        {{ severity_order('rule.severity') }} as severity_order,
        case
            when sum(hits.order_count) >= rule.minimum_evidence
                then least(count(*), {{ var('hits_counted_per_rule') }}) * rule.weight
            else 0
        end as points,
        case when sum(hits.order_count) >= rule.minimum_evidence then 1 else 0 end as is_enough,
        sum(hits.money_at_risk) as money
    from hits
    inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = hits.rule_id
    group by
        hits.campaign_id, hits.{{ id_column }}, hits.rule_id,
        rule.kind, rule.severity, rule.weight, rule.minimum_evidence
),

scored as (
    select
        campaign_id,
        {{ id_column }},
        least(sum(points), {{ var('score_ceiling') }}) as score,
        max(case when kind = 'breach' and is_enough = 1 and money > 0 then 1 else 0 end) as has_breach,
        sum(is_enough) as rules_with_enough,
        max(case when is_enough = 1 then severity_order else 0 end) as gravest,
        count(*) as rules
    from rules
    group by campaign_id, {{ id_column }}
),

evidence_orders as (
    select
        hits.campaign_id,
        hits.{{ id_column }},
        count(distinct evidence.order_id) as orders
    from hits
    inner join {{ ref('int_fraud_evidence') }} as evidence
        on evidence.campaign_id = hits.campaign_id
        and evidence.rule_id = hits.rule_id
        and evidence.subject_type = hits.subject_type
        and evidence.subject_id = hits.subject_id
        and evidence.txn_date = hits.txn_date
    group by hits.campaign_id, hits.{{ id_column }}
),

claimed as (
    select
        campaign_id,
        {{ id_column }},
        sum(money_counted_once) as money_at_risk
    from {{ ref('int_fraud_evidence') }}
    where {{ money_of }}
    group by campaign_id, {{ id_column }}
)

select
    scored.campaign_id,
    scored.{{ id_column }},
    {{ as_integer('scored.score') }} as score,
    case
        when scored.has_breach = 1 then 'breach'
        when
            scored.score >= {{ var('review_score') }} and (scored.rules_with_enough >= 2 or scored.gravest >= 2)
            then 'review'
        else 'watch'
    end as band,
    scored.rules,
    evidence_orders.orders,
    cast(coalesce(claimed.money_at_risk, 0) as decimal(18, 2)) as money_at_risk
from scored
inner join evidence_orders
    on evidence_orders.campaign_id = scored.campaign_id
    and evidence_orders.{{ id_column }} = scored.{{ id_column }}
left join claimed
    on claimed.campaign_id = scored.campaign_id
    and claimed.{{ id_column }} = scored.{{ id_column }}
{%- endmacro %}
