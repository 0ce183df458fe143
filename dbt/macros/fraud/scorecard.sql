{#-
  The scorecard of shops and of customers, as credit scoring knows it: each feature falls into a bin, each bin has points, and
  the points add up. They are log-likelihood ratios, ten points for a factor of e, and fitted together, so that what correlates counts once;
  scorecard_points() has them, written by `python -m bench.quality.fit`.
-#}

{#
  How far a count lies from what the campaign's share explains, in standard deviations of the binomial distribution. Rounded, so that
  all engines compare the same number.
#}
{% macro beyond_share(count, of, all_count, all_of) -%}
  {%- set share = '(1e0 * ' ~ all_count ~ ' / greatest(' ~ all_of ~ ', 1))' -%}
  cast(round(
            ({{ count }} - {{ of }} * {{ share }}) / sqrt(greatest({{ of }} * {{ share }} * (1 - {{ share }}), 0.25)), 2
        ) as decimal(12, 2))
{%- endmacro %}

{# The geometric mean of two such distances, 0 where one of them is not beyond: high only where both hold. #}
{% macro both_beyond(one, other) -%}
  cast(round(sqrt(greatest({{ one }}, 0) * greatest({{ other }}, 0)), 2) as decimal(12, 2))
{%- endmacro %}

{# The part of a whole, 0 where there is none. #}
{% macro part_of(count, of) -%}
  cast(round(1e0 * {{ count }} / greatest({{ of }}, 1), 3) as decimal(12, 3))
{%- endmacro %}

{#
  The features of a subject ('shop' or 'customer'): name -> an expression over a row of its profile (alias profile) and of
  int_campaign_share (alias share).
#}
{% macro scorecard_features(subject) %}
  {%- if subject == 'shop' %}
    {%- set exclusive = beyond_share('profile.exclusive_buyers', 'profile.buyers', 'share.exclusive_customers', 'share.customers') %}
    {%- set modest = beyond_share('profile.modest_rebates', 'profile.orders', 'share.modest_rebates', 'share.orders') %}
    {%- set unrounded = beyond_share('profile.unrounded', 'profile.vouchers', 'share.unrounded', 'share.vouchers') %}
    {%- set near = beyond_share('profile.near_optimum', 'profile.vouchers', 'share.near_optimum', 'share.vouchers') %}
    {{- return({
      'orders': 'profile.orders',
      'modest_rebates': modest,
      'unrounded': unrounded,
      'near_optimum': near,
      'near_and_unrounded': both_beyond(near, unrounded),
      'repeated_amounts': part_of('(profile.most_common_amount - 1)', 'profile.orders'),
      'exclusive_buyers': exclusive,
      'exclusive_and_modest': both_beyond(exclusive, modest),
      'modest_repeat_buyers': beyond_share('profile.modest_repeat_buyers', 'profile.repeat_buyers', 'share.modest_repeat_customers', 'share.repeat_customers'),
      'modest_elsewhere': beyond_share('profile.modest_rebates_elsewhere', 'profile.orders_elsewhere', 'share.modest_rebates', 'share.orders'),
      'neighbours': beyond_share('profile.neighbours_by_number', 'profile.buyers', '1', '10'),
      'neighbours_modest': beyond_share('profile.neighbour_modest_rebates', 'profile.neighbour_orders', 'share.modest_rebates', 'share.orders'),
      'linked_modest': beyond_share('profile.linked_modest_rebates', 'profile.linked_orders', 'share.modest_rebates', 'share.orders'),
      'gap_peak': 'case when 4 * profile.gap_peak >= profile.gaps then profile.gap_peak else 0 end',
      'echo_buyers': 'profile.echo_buyers',
      'echo_share': 'case when profile.echo_buyers >= 2 then ' ~ part_of('profile.echoes', 'profile.vouchers') ~ ' else 0 end',
      'owner_orders': part_of('profile.orders_of_owner', 'profile.orders'),
    }) -}}
  {%- else %}
    {%- set partners_whole = beyond_share('profile.whole_rebates_of_partners', 'profile.orders_of_partners', 'share.whole_rebates', 'share.orders') %}
    {{- return({
      'shops_worst': 'profile.most_shop_points',
      'shops_mean': 'profile.mean_shop_points',
      'whole_rebates': beyond_share('profile.whole_rebates', 'profile.orders', 'share.whole_rebates', 'share.orders'),
      'all_whole': 'case when profile.whole_rebates = profile.orders then profile.orders else 0 end',
      'near_optimum': 'profile.near_optimum',
      'unrounded': 'profile.unrounded',
      'unrounded_share': part_of('profile.unrounded', 'profile.vouchers'),
      'unrounded_beyond': beyond_share('profile.unrounded', 'profile.vouchers', 'share.unrounded', 'share.vouchers'),
      'gap_peak': 'case when 4 * profile.gap_peak >= profile.gaps then profile.gap_peak else 0 end',
      'neighbours': 'profile.neighbours_beyond',
      'neighbours_modest': 'profile.neighbours_modest_beyond',
      'partners': 'case when ' ~ partners_whole ~ ' >= 1 then profile.partners else 0 end',
      'partners_whole': partners_whole,
      'echoes': 'profile.echoes',
      'whole_reciprocal': 'profile.whole_reciprocal',
      'whole_at_owners': 'profile.whole_at_owners',
      'vouchers_at_own_shop': 'profile.vouchers_at_own_shop',
      'smallest_shop': 'profile.fewest_shop_buyers',
    }) -}}
  {%- endif %}
{% endmacro %}

{# A query: the features of a subject, their points added up, and the score. profile: the relation; key: its columns. #}
{% macro score_by_card(subject, profile, key) -%}
with

features as (
    select
        profile.campaign_id,
        profile.{{ key }}
        {%- for name, value in scorecard_features(subject).items() %},
        {{ value }} as {{ name }}
        {%- endfor %}
    from {{ profile }} as profile
    inner join {{ ref('int_campaign_share') }} as share on share.campaign_id = profile.campaign_id
),

pointed as (
    select
        features.*,
        {{ as_integer(points_of_card(subject)) }} as points
    from features
)

select
    pointed.*,
    {{ as_integer('least(greatest(' ~ var('review_score') ~ ' + points, 0), ' ~ var('score_ceiling') ~ ')') }} as score
from pointed
{{ in_key_order() }}
{%- endmacro %}

{# The sum of a card's points over the columns of its features. #}
{% macro points_of_card(subject) -%}
  {%- set card = scorecard_points()[subject] -%}
  {{ card['start'] }}
  {%- for name, bins in card['features'].items() %}
            + {{ points_of_feature(name, bins) }}
  {%- endfor %}
{%- endmacro %}

{# The points of a feature. bins: [[from, points], ...] from the highest bound down; the last one has no bound. #}
{% macro points_of_feature(name, bins) -%}
  {%- if bins | length == 1 %}{{ bins[0][1] }}
  {%- else -%}
  case{% for bin in bins[:-1] %} when {{ name }} >= {{ bin[0] }} then {{ bin[1] }}{% endfor %} else {{ bins[-1][1] }} end
  {%- endif %}
{%- endmacro %}

{#
  CTEs that end in `reasons`: campaign_id, <key>, score, reason, of the subjects in review: what gave the most points, with its
  numbers. Features that say the same share a sentence. Reads the score (alias score) and the profile (alias profile).
#}
{% macro scorecard_reasons(subject, key) -%}
  {%- set bins = scorecard_points()[subject]['features'] -%}
in_review as (
    select
        score.campaign_id,
        score.{{ key }},
        score.score
        {%- for feature in bins %},
        {{ points_of_feature('score.' ~ feature, bins[feature]) }} as {{ feature }}_points
        {%- endfor %}
        {%- for sentence in scorecard_sentences(subject) %},
        {{ sentence['text'] }} as sentence_{{ loop.index }}
        {%- endfor %}
    from {{ ref('int_' ~ subject ~ '_score') }} as score
    inner join {{ ref('int_' ~ subject ~ '_profile') }} as profile
        on profile.campaign_id = score.campaign_id and profile.{{ key }} = score.{{ key }}
    where score.score >= {{ var('review_score') }}
),

sentences as (
    {%- for sentence in scorecard_sentences(subject) %}
    {{ 'union all' if not loop.first }}
    select
        campaign_id,
        {{ key }},
        {{ loop.index }} as place,
        sentence_{{ loop.index }} as words,
        0{% for feature in sentence['features'] if feature in bins %} + {{ feature }}_points{% endfor %} as points
    from in_review
    {%- endfor %}
),

by_points as (
    select
        sentences.*,
        row_number() over (partition by campaign_id, {{ key }} order by points desc, place) as nth
    from sentences
    where points > 0
),

gathered as (
    select
        campaign_id,
        {{ key }},
        {{ ordered_list(dbt.concat(['words', "' (+'", as_text('points'), "')'"]), 'nth', '; ') }} as words
    from by_points
    where nth <= {{ var('scorecard_sentences_shown') }}
    group by campaign_id, {{ key }}
),

reasons as (
    select
        in_review.campaign_id,
        in_review.{{ key }},
        in_review.score,
        {{ sentence(
            {'en': 'The scorecard gives {score} of 100 points, from ' ~ var('review_score') ~ ' on a person should look: {words}.'},
            {'score': as_text('in_review.score'), 'words': "coalesce(gathered.words, '')"}
        ) }} as reason
    from in_review
    left join gathered on gathered.campaign_id = in_review.campaign_id and gathered.{{ key }} = in_review.{{ key }}
)
{%- endmacro %}

{#
  The rest of a scorecard's rule, from a CTE `vouchers` of the voucher orders of subjects in review: campaign_id, <key>, order_id,
  txn_time, txn_date, money, rule_id, score, reason, is_suspicious (what stands on the order's other side) and any_is_suspicious
  (the same of any order of the subject). The evidence is the suspicious orders; where none is, all.
#}
{% macro scorecard_hits(subject, key) -%}
evidence as (
    select
        campaign_id,
        rule_id,
        {{ as_text(key) }} as subject_id,
        score,
        reason,
        order_id,
        txn_date,
        money,
        row_number() over (partition by campaign_id, {{ key }} order by txn_time, order_id) as evidence_number
    from vouchers
    where is_suspicious = any_is_suspicious
),

hits as (
    select
        campaign_id,
        rule_id,
        '{{ subject }}' as subject_type,
        subject_id,
        score,
        max(reason) as reason,
        max(txn_date) as txn_date,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, subject_id, score
)

select
    {{ hit_columns(reason='reason', numbers={'score': 'score', 'rebate': 'money_at_risk'}) }}
from hits
{%- endmacro %}
