{#-
  What tells a group that works for its rebates from a community: nearly all of its vouchers earned the whole rebate, far beyond
  the campaign's share of such vouchers. Reads whole_rebates and vouchers of the hit, whole_rebates_in_campaign and
  vouchers_in_campaign of int_whole_rebate, and the rule's minimum_evidence, least_whole_share and false_discovery_rate.
-#}

{# CTE columns of a hit next to linked_order_columns(); its rows carry rebate and voucher_cap. #}
{% macro whole_rebate_columns() -%}
  {{ as_integer('sum(case when rebate >= voucher_cap then 1 else 0 end)') }} as whole_rebates
{%- endmacro %}

{# CTEs that end in `judged`: the hits of a CTE, with the settings of the CTE `rule`, the campaign's counts and the chance, which is
   null for a hit below the rule's minimum evidence. All hits stay (a rate of 1): one that does not stand out is watched. #}
{% macro held_against_campaign(hits) -%}
compared as (
    select
        {{ hits }}.*,
        rule.false_discovery_rate,
        rule.least_whole_share,
        coalesce(campaign_rebates.vouchers_in_campaign, 0) as vouchers_in_campaign,
        coalesce(campaign_rebates.whole_rebates_in_campaign, 0) as whole_rebates_in_campaign,
        case
            when {{ hits }}.vouchers > 0 and {{ hits }}.order_count >= rule.minimum_evidence
                then {{ chance_at_most(
                    hits ~ '.whole_rebates', hits ~ '.vouchers',
                    'coalesce(campaign_rebates.whole_rebates_in_campaign, 0)', 'coalesce(campaign_rebates.vouchers_in_campaign, 0)'
                ) }}
        end as chance
    from {{ hits }}
    cross join rule
    left join {{ ref('int_whole_rebate') }} as campaign_rebates on campaign_rebates.campaign_id = {{ hits }}.campaign_id
),

judged as (
    {{ corrected_chances('compared', rate='1') }}
)
{%- endmacro %}

{% macro whole_rebate_numbers() %}
  {{- return(dict({
      'whole_rebates': 'whole_rebates', 'vouchers_in_campaign': 'vouchers_in_campaign',
      'whole_rebates_in_campaign': 'whole_rebates_in_campaign',
  }, **corrected_numbers())) -}}
{% endmacro %}

{# Whether the group stands out, as a condition: null below the minimum evidence. #}
{% macro stands_out() -%}
  (corrected_chance <= false_discovery_rate and whole_rebates >= least_whole_share * vouchers)
{%- endmacro %}

{# ' 20 of 20 vouchers earned the whole rebate, in the campaign 880 of 1,000.', and what chance gives among the groups looked at.
   one, many: the word for them. #}
{% macro whole_rebate_text(one, many) -%}
{%- set said = {
    'whole': with_thousands('whole_rebates'), 'vouchers': 'vouchers',
    'whole_in_campaign': with_thousands('whole_rebates_in_campaign'), 'all': with_thousands('vouchers_in_campaign'),
    'rate': with_thousands('round(1 / nullif(false_discovery_rate, 0), 0)'),
} -%}
{%- set compared = sentence({'en': ' {whole} of {vouchers|voucher|vouchers} earned the whole rebate, in the campaign {whole_in_campaign} of {all}'}, said) -%}
case
        when vouchers = 0 then {{ sentence({'en': ' Without vouchers it is only watched.'}, said) }}
        when chance is null
            then {{ dbt.concat([compared, sentence({'en': ': too few orders to hold against chance, so it is only watched.'}, said)]) }}
        when chance = 1
            then {{ dbt.concat([compared, sentence({'en': ': no more than by chance, so it is only watched.'}, said)]) }}
        when {{ stands_out() }} then {{ dbt.concat([compared, "'.'", corrected_text(one, many)]) }}
        when corrected_chance > false_discovery_rate
            then {{ dbt.concat([
                compared, "'.'", corrected_text(one, many),
                sentence({'en': ' An accusation takes less chance than one in {rate}, so it is only watched.'}, said),
            ]) }}
        else {{ dbt.concat([compared, "'.'", corrected_text(one, many), sentence({'en': ' Too many did not, so it is only watched.'}, said)]) }}
    end
{%- endmacro %}

{# The severity of a pair's, ring's or group's hit: the rule's own where it stands out, else low, so that it only describes; info
   where the condition `is_community` holds. #}
{% macro severity_of_group(is_community='1 = 0') -%}
  case when {{ is_community }} then 'info' when {{ stands_out() }} then null else 'low' end
{%- endmacro %}
