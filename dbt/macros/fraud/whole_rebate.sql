{#-
  What tells a group that works for its rebates from a community: nearly all of its vouchers earned the whole rebate, far beyond
  the campaign's share of such vouchers. Reads whole_rebates and vouchers of the hit, whole_rebates_in_campaign and
  vouchers_in_campaign of int_whole_rebate, and the settings least_whole_share and most_chance.
-#}

{# CTE columns of a hit next to linked_order_columns(); its rows carry rebate and voucher_cap. #}
{% macro whole_rebate_columns() -%}
  {{ as_integer('sum(case when rebate >= voucher_cap then 1 else 0 end)') }} as whole_rebates
{%- endmacro %}

{#
  How likely at most so many `hits` of `trials` are, where each hits by the share `all_hits` of `all_trials`: the bound of Chernoff
  and Hoeffding on the tail of the binomial distribution, exact where every trial hits. It takes counts and four logarithms and
  no table, however many the trials are. Rounded, so that all engines decide on the same number.
#}
{% macro chance_at_most(hits, trials, all_hits, all_trials) -%}
  {%- set misses, all_misses = '(' ~ trials ~ ' - ' ~ hits ~ ')', '(' ~ all_trials ~ ' - ' ~ all_hits ~ ')' -%}
  cast(
            case
                when {{ as_integer(hits) }} * {{ all_trials }} <= {{ as_integer(trials) }} * {{ all_hits }} then 1
                else round(exp(
                    {{ hits }} * (ln(greatest({{ all_hits }}, 1)) - ln(greatest({{ hits }}, 1)))
                    + {{ misses }} * (ln(greatest({{ all_misses }}, 1)) - ln(greatest({{ misses }}, 1)))
                    + {{ trials }} * (ln(greatest({{ trials }}, 1)) - ln(greatest({{ all_trials }}, 1)))
                ), 6)
            end as decimal(9, 6)
        )
{%- endmacro %}

{# A query: the hits of a CTE, with the settings of the CTE `rule`, the campaign's counts and the chance. #}
{% macro held_against_campaign(hits) -%}
  select
        {{ hits }}.*,
        rule.most_chance,
        rule.least_whole_share,
        coalesce(campaign_rebates.vouchers_in_campaign, 0) as vouchers_in_campaign,
        coalesce(campaign_rebates.whole_rebates_in_campaign, 0) as whole_rebates_in_campaign,
        {{ chance_at_most(
            hits ~ '.whole_rebates', hits ~ '.vouchers',
            'coalesce(campaign_rebates.whole_rebates_in_campaign, 0)', 'coalesce(campaign_rebates.vouchers_in_campaign, 0)'
        ) }} as chance
    from {{ hits }}
    cross join rule
    left join {{ ref('int_whole_rebate') }} as campaign_rebates on campaign_rebates.campaign_id = {{ hits }}.campaign_id
{%- endmacro %}

{% macro whole_rebate_numbers() %}
  {{- return({
      'whole_rebates': 'whole_rebates', 'vouchers_in_campaign': 'vouchers_in_campaign',
      'whole_rebates_in_campaign': 'whole_rebates_in_campaign', 'chance': 'chance',
  }) -}}
{% endmacro %}

{# Whether the group stands out, as a condition. #}
{% macro stands_out() -%}
  (chance <= most_chance and whole_rebates >= least_whole_share * vouchers)
{%- endmacro %}

{# ' 20 of 20 vouchers earned the whole rebate, in the campaign 880 of 1,000: chance gives as many in ….' #}
{% macro whole_rebate_text() -%}
{%- set said = {
    'whole': with_thousands('whole_rebates'), 'vouchers': 'vouchers',
    'whole_in_campaign': with_thousands('whole_rebates_in_campaign'), 'all': with_thousands('vouchers_in_campaign'),
    'cases': with_thousands('1000000 * chance'),
} -%}
case
        when vouchers = 0 then {{ sentence({'en': ' Without vouchers it is only watched.'}, said) }}
        when chance = 1
            then {{ sentence({'en': ' {whole} of {vouchers|voucher|vouchers} earned the whole rebate, in the campaign {whole_in_campaign} of {all}: no more than by chance, so it is only watched.'}, said) }}
        when not {{ stands_out() }}
            then {{ sentence({'en': ' {whole} of {vouchers|voucher|vouchers} earned the whole rebate, in the campaign {whole_in_campaign} of {all}: by chance as many do in up to {cases} of a million such groups, so it is only watched.'}, said) }}
        when chance = 0
            then {{ sentence({'en': ' {whole} of {vouchers|voucher|vouchers} earned the whole rebate, in the campaign {whole_in_campaign} of {all}: by chance as many do in less than one of a million such groups.'}, said) }}
        else {{ sentence({'en': ' {whole} of {vouchers|voucher|vouchers} earned the whole rebate, in the campaign {whole_in_campaign} of {all}: by chance as many do in at most {cases} of a million such groups.'}, said) }}
    end
{%- endmacro %}

{# The severity of a pair's, ring's or group's hit: the rule's own where it stands out, else low, so that it only describes; info
   where the condition `is_community` holds. #}
{% macro severity_of_group(is_community='1 = 0') -%}
  case when {{ is_community }} then 'info' when not {{ stands_out() }} then 'low' end
{%- endmacro %}
