{#
  Score and band per subject, from a CTE `hits` with one row per listed hit and subject: campaign_id, <id_column>, rule_id,
  subject_type, subject_id, txn_date, severity, order_count, occurrences, money_at_risk.
  corroborated: a CTE of the subjects (campaign_id, <id_column>) whose evidence another subject's rules confirm, or none.

  Hits of severity info are noted: they give no points and are no evidence. A rule whose evidence orders, over the campaign,
  are fewer than its minimum adds nothing to the score.
  A hit accuses, unless its rule is descriptive or it is of lower severity than its rule. What only describes, amplifiers and
  corroboration support: together they add up to `supporting_points`, which are fewer than a review takes. For a regular with a
  favourite dish makes customer_at_one_shop, one_buyer_shop, repeated_amount and subsidy_intensity true at once: however many of
  them hold, it is one honest habit.
  The score is the scorecard's. Rules accuse beyond it where they add up to a review themselves and a rule of another family (or
  corroboration) agrees with the one that accuses, or that is of medium severity or more; so that a single weak signal stays watch,
  however often. That it all happens at one shop agrees with nothing: a regular's orders do. The score is then the higher of the two.
  holds_without_breach: the rules hold for more than a breach; only then does what describes a subject claim its money.
  breach: a breach rule with its minimum and money at risk. review: the scorecard or the rules say so.
#}
{% macro subject_band(id_column, subject, corroborated=none) -%}
  {%- set card_rule = subject ~ '_scorecard' -%}
weighed_hits as (
    select
        hits.*,
        rule.family,
        rule.kind,
        rule.weight,
        rule.minimum_evidence,
        {{ accuses('hits', 'rule') }} as accuses,
        {{ severity_order('hits.severity') }} as severity_order,
        case when hits.severity <> 'info' or rule.kind = 'amplifier' then 1 else 0 end as counts
    from hits
    inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = hits.rule_id
),

rules as (
    select
        campaign_id,
        {{ id_column }},
        rule_id,
        family,
        kind,
        weight,
        minimum_evidence,
        accuses,
        max(severity_order) as severity_order,
        sum(counts * occurrences) as occurrences,
        sum(counts * order_count) as orders_that_count,
        sum(money_at_risk) as money
    from weighed_hits
    group by campaign_id, {{ id_column }}, rule_id, family, kind, weight, minimum_evidence, accuses
),

judged_rules as (
    select
        rules.*,
        least(occurrences, {{ var('occurrences_counted_per_rule') }}) * weight as points,
        case when occurrences > 0 and orders_that_count >= minimum_evidence then 1 else 0 end as is_enough
    from rules
    where rule_id <> '{{ card_rule }}'
),

cards as (
    select distinct campaign_id, {{ id_column }}
    from hits
    where rule_id = '{{ card_rule }}'
),

subjects as (
    select campaign_id, {{ id_column }}, count(distinct rule_id) as rules
    from hits
    group by campaign_id, {{ id_column }}
),

summed as (
    select
        campaign_id,
        {{ id_column }},
        sum(is_enough * accuses * points) as points,
        sum(case when kind <> 'breach' then is_enough * accuses * points else 0 end) as points_of_signals,
        sum(is_enough * (1 - accuses) * points) as supporting_points,
        count(distinct case when kind <> 'amplifier' and is_enough = 1 then family end) as families,
        count(
            distinct case when kind <> 'amplifier' and family <> 'concentration' and is_enough = 1 then family end
        ) as agreeing_families,
        max(case when kind = 'breach' and is_enough = 1 and money > 0 then 1 else 0 end) as has_breach,
        max(case when accuses = 1 and is_enough = 1 then severity_order else 0 end) as gravest
    from judged_rules
    group by campaign_id, {{ id_column }}
),

agreed as (
    select
        summed.*,
        {{ 'case when corroborated.campaign_id is null then 0 else 1 end' if corroborated else '0' }} as corroboration
    from summed
    {%- if corroborated %}
    left join {{ corroborated }} as corroborated
        on corroborated.campaign_id = summed.campaign_id and corroborated.{{ id_column }} = summed.{{ id_column }}
    {%- endif %}
),

supported as (
    select
        agreed.*,
        least(
            supporting_points + corroboration * {{ var('supporting_points') }}, {{ var('supporting_points') }}
        ) as support
    from agreed
),

held as (
    select
        supported.*,
        case when families > 0 then least(points + support, {{ var('score_ceiling') }}) else 0 end as points_of_rules,
        case
            when
                families > 0
                and points + support >= {{ var('review_score') }}
                and (agreeing_families + corroboration >= 2 or gravest >= 2)
                then 1
            else 0
        end as rules_hold
    from supported
),

-- A scorecard whose hit is muted, or whose rule is not active, does not accuse: its score stays below the review.
scored as (
    select
        subjects.campaign_id,
        subjects.{{ id_column }},
        subjects.rules,
        case
            when cards.campaign_id is not null then card.score
            else least(coalesce(card.score, 0), {{ var('review_score') }} - 1)
        end as points_of_card,
        case when cards.campaign_id is not null then 1 else 0 end as card_holds,
        coalesce(held.rules_hold, 0) as rules_hold,
        coalesce(held.has_breach, 0) as has_breach,
        coalesce(held.points_of_rules, 0) as points_of_rules,
        coalesce(held.points_of_signals + held.support, 0) as points_without_breach
    from subjects
    left join cards
        on cards.campaign_id = subjects.campaign_id and cards.{{ id_column }} = subjects.{{ id_column }}
    left join held
        on held.campaign_id = subjects.campaign_id and held.{{ id_column }} = subjects.{{ id_column }}
    left join {{ ref('int_' ~ subject ~ '_score') }} as card
        on card.campaign_id = subjects.campaign_id and card.{{ id_column }} = subjects.{{ id_column }}
),

evidence_orders as (
    select
        hits.campaign_id,
        hits.{{ id_column }},
        count(distinct evidence.order_id) as orders
    from hits
    inner join {{ ref('int_fraud_hit_order') }} as evidence
        on evidence.campaign_id = hits.campaign_id
        and evidence.rule_id = hits.rule_id
        and evidence.subject_type = hits.subject_type
        and evidence.subject_id = hits.subject_id
        and evidence.txn_date = hits.txn_date
        and evidence.{{ id_column }} = hits.{{ id_column }}  -- of a group, the member's own
    group by hits.campaign_id, hits.{{ id_column }}
)

select
    scored.campaign_id,
    scored.{{ id_column }},
    {{ as_integer(
        'case when scored.rules_hold = 1 or scored.has_breach = 1'
        ~ ' then greatest(scored.points_of_card, scored.points_of_rules) else scored.points_of_card end'
    ) }} as score,
    case
        when scored.has_breach = 1 then 'breach'
        when scored.card_holds = 1 or scored.rules_hold = 1 then 'review'
        else 'watch'
    end as band,
    case
        when scored.has_breach = 0 and scored.rules_hold = 1 then 1
        when scored.points_without_breach >= {{ var('review_score') }} then 1
        else 0
    end as holds_without_breach,
    scored.rules,
    coalesce(evidence_orders.orders, 0) as orders
from scored
left join evidence_orders
    on evidence_orders.campaign_id = scored.campaign_id
    and evidence_orders.{{ id_column }} = scored.{{ id_column }}
{%- endmacro %}

{# The bands of a kind of subject, with the money that is theirs. money_of: which evidence rows are, as a condition. #}
{% macro subject_risk(bands, id_column, money_of) -%}
with

claimed as (
    select
        campaign_id,
        {{ id_column }},
        sum(money_counted_once) as money_at_risk,
        sum(money_watched) as money_watched
    from {{ ref('int_fraud_evidence') }}
    where {{ money_of }}
    group by campaign_id, {{ id_column }}
)

select
    bands.campaign_id,
    bands.{{ id_column }},
    bands.score,
    bands.band,
    bands.rules,
    bands.orders,
    cast(coalesce(claimed.money_at_risk, 0) as decimal(18, 2)) as money_at_risk,
    cast(coalesce(claimed.money_watched, 0) as decimal(18, 2)) as money_watched
from {{ bands }} as bands
left join claimed
    on claimed.campaign_id = bands.campaign_id
    and claimed.{{ id_column }} = bands.{{ id_column }}
{%- endmacro %}
