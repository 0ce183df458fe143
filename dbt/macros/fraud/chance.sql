{#- How often chance alone gives what a rule finds, held against how many subjects the rule looked at. -#}

{#
  How likely at least so many `hits` of `trials` are, where each hits by the share `all_hits` of `all_trials`: the bound of Chernoff
  and Hoeffding on the tail of the binomial distribution, exact where every trial hits. It takes counts and six logarithms and
  no table, however many the trials are. Rounded up to nine digits, so that it stays a bound and all engines decide on the same number.
#}
{% macro chance_at_most(hits, trials, all_hits, all_trials) -%}
  {%- set misses, all_misses = '(' ~ trials ~ ' - ' ~ hits ~ ')', '(' ~ all_trials ~ ' - ' ~ all_hits ~ ')' -%}
  cast(
            case
                when {{ as_integer(hits) }} * {{ all_trials }} <= {{ as_integer(trials) }} * {{ all_hits }} then 1
                else 0.000000001 * {{ as_integer('least(1e9, ceil(1e9 * exp('
                    ~ hits ~ ' * (ln(greatest(' ~ all_hits ~ ', 1)) - ln(greatest(' ~ hits ~ ', 1)))'
                    ~ ' + ' ~ misses ~ ' * (ln(greatest(' ~ all_misses ~ ', 1)) - ln(greatest(' ~ misses ~ ', 1)))'
                    ~ ' + ' ~ trials ~ ' * (ln(greatest(' ~ trials ~ ', 1)) - ln(greatest(' ~ all_trials ~ ', 1))))))') }}
            end as decimal(10, 9)
        )
{%- endmacro %}

{#
  A query: the rows of a relation or CTE with the columns campaign_id and chance (null: too little evidence to say), and
  subjects_looked_at: in the campaign, with a chance or by the expression `looked_at`, which counts those that are no rows too,
  subjects_found: rows that are at most as likely,
  expected_by_chance: how many these would be by chance, at most,
  corrected_chance: the smallest false discovery rate at which the step-up of Benjamini and Hochberg keeps the row.
  Rows whose chance is above `rate` (that of the CTE `rule`, unless given) are counted and left out: the step-up at that rate keeps
  none of them, and the rows that it keeps have the same numbers with or without them. (A row that stays and is not kept may have a
  larger corrected_chance, which is above `rate` either way.) What stays has few ties, over which MySQL's windows take the square of
  their count: 700,000 shops took more than an hour.
  Rows alike have the same numbers, whatever their order; products and quotients are of whole numbers.
#}
{% macro corrected_chances(
    judged, looked_at='count(chance) over (partition by campaign_id)', rate='(select false_discovery_rate from rule)'
) -%}
  {%- set billionths = as_integer('1000000000 * cast(chance as decimal(20, 9))') ~ ' * subjects_looked_at' -%}
  select
        ranked.*,
        case
            when chance is not null
                then cast(0.000000001 * least(1000000000, min(
                    {{ as_integer(whole_quotient(billionths ~ ' + subjects_found - 1', 'subjects_found')) }}
                ) over (partition by campaign_id order by chance desc)) as decimal(10, 9))
        end as corrected_chance,
        cast(0.01 * {{ as_integer(whole_quotient(billionths ~ ' + 9999999', '10000000')) }} as decimal(18, 2)) as expected_by_chance
    from (
        select
            counted.*,
            case when chance is not null then count(chance) over (partition by campaign_id order by chance) end as subjects_found
        from (
            select
                judged.*,
                {{ looked_at }} as subjects_looked_at
            from {{ judged }} as judged
        ) as counted
        where chance is null or chance <= {{ rate }}
    ) as ranked
{%- endmacro %}

{% macro corrected_numbers() %}
  {{- return({
      'chance': 'chance', 'subjects_looked_at': 'subjects_looked_at', 'subjects_found': 'subjects_found',
      'expected_by_chance': 'expected_by_chance', 'corrected_chance': 'corrected_chance',
  }) -}}
{% endmacro %}

{# ' Among 1,203 shops looked at, chance gives at most 0.01 that stand out as much; 17 do.' one, many: the word for subjects. #}
{% macro corrected_text(one, many) -%}
{{ sentence(
    {'en': ' Among {looked_at|' ~ one ~ '|' ~ many ~ '} looked at, chance gives at most {expected} that stand out as much; {found|does|do}.'},
    {'looked_at': 'subjects_looked_at', 'expected': amount_text('expected_by_chance'), 'found': 'subjects_found'}
) }}
{%- endmacro %}

{# A CTE `hits`: the evidence rows of shops (or of another subject_type) as hits that keep the columns named and the corrected chance. #}
{% macro corrected_hits(columns, subject_type="'shop'") -%}
  {%- set kept = columns + corrected_numbers().values() | list -%}
hits as (
    select
        campaign_id,
        rule_id,
        {{ subject_type }} as subject_type,
        subject_id,
        {{ kept | join(',\n        ') }},
        max(txn_date) as txn_date,
        {{ evidence_columns() }}
    from evidence
    group by campaign_id, rule_id, {{ 'subject_type, ' if subject_type == 'subject_type' }}subject_id, {{ kept | join(', ') }}
)
{%- endmacro %}
