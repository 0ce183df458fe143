{#- What the scorecard says of a subject: a sentence per group of features that say the same, with its numbers and no ids. -#}

{# A list of {features, text}; text is an expression over a row of the subject's profile (alias profile). #}
{% macro scorecard_sentences(subject) %}
  {%- set said = {} -%}
  {%- for name in [
      'buyers', 'echo_buyers', 'echoes', 'exclusive_buyers', 'fewest_shop_buyers', 'gaps', 'linked_buyers',
      'linked_modest_rebates', 'linked_orders', 'modest_rebates', 'modest_rebates_elsewhere', 'modest_repeat_buyers',
      'most_common_gap', 'most_neighbours', 'near_optimum', 'neighbours_by_number', 'orders', 'orders_elsewhere',
      'orders_of_owner', 'orders_of_partners', 'partners', 'repeat_buyers', 'unrounded', 'vouchers', 'vouchers_at_own_shop',
      'whole_at_owners', 'whole_rebates', 'whole_rebates_of_partners', 'whole_reciprocal',
  ] -%}
    {%- do said.update({name: with_thousands('profile.' ~ name)}) -%}
  {%- endfor -%}
  {%- do said.update({'worst': as_text('least(greatest(' ~ var('review_score') ~ ' + profile.most_shop_points, 0), 100)')}) -%}
  {%- set texts = {
    'shop': [
      [['modest_rebates'], '{modest_rebates} of {orders} orders earned the whole rebate on less than twice the amount that it takes'],
      [['unrounded', 'near_optimum', 'near_and_unrounded'], 'of {vouchers} vouchers {unrounded} paid for amounts that are no round price and {near_optimum} for amounts just above what earns the whole rebate'],
      [['exclusive_buyers', 'exclusive_and_modest'], '{exclusive_buyers} of {buyers} buyers buy nowhere else'],
      [['modest_repeat_buyers'], '{modest_repeat_buyers} of {repeat_buyers} buyers with several orders earned it so each time'],
      [['modest_elsewhere'], '{modest_rebates_elsewhere} of {orders_elsewhere} orders of its buyers at other shops earned the whole rebate on less than twice that amount'],
      [['neighbours', 'neighbours_modest'], '{neighbours_by_number} of {buyers} buyers have account numbers next to one another'],
      [['linked_modest'], '{linked_buyers} of {buyers} buyers share three small shops with three others, and earned the whole rebate on less than twice that amount with {linked_modest_rebates} of {linked_orders} orders'],
      [['gap_peak'], '{most_common_gap} of {gaps} gaps between orders are of one length'],
      [['echo_buyers', 'echo_share'], '{echo_buyers} buyers ordered for exactly the rebate just received, {echoes} times at a shop of {vouchers} vouchers'],
      [['owner_orders'], '{orders_of_owner} of {orders} orders are from the owner'],
      [['repeated_amounts', 'orders'], '{orders} orders'],
    ],
    'customer': [
      [['shops_worst', 'shops_mean'], 'the shops of the orders look suspicious themselves, one with {worst} points'],
      [['whole_rebates', 'all_whole'], '{whole_rebates} of {orders} orders earned the whole rebate'],
      [['near_optimum'], '{near_optimum} of {orders} orders are of amounts just above what earns the whole rebate'],
      [['unrounded', 'unrounded_share', 'unrounded_beyond'], '{unrounded} of {vouchers} vouchers paid for amounts that are no round price'],
      [['gap_peak'], '{most_common_gap} of {gaps} gaps between orders are of one length'],
      [['neighbours', 'neighbours_modest'], 'the account number is next to that of another buyer, at a shop where those of {most_neighbours} buyers are'],
      [['partners', 'partners_whole'], '{partners} other customers share three small shops, and earned the whole rebate with {whole_rebates_of_partners} of {orders_of_partners} orders'],
      [['echoes'], '{echoes} orders were for exactly the rebate just received'],
      [['whole_reciprocal', 'whole_at_owners'], '{whole_at_owners} whole rebates were earned at shops of other owners, {whole_reciprocal} where the owner bought in return'],
      [['vouchers_at_own_shop'], '{vouchers_at_own_shop} vouchers were used at a shop of their own'],
      [['smallest_shop'], 'one of the shops has only {fewest_shop_buyers} buyers'],
    ],
  } -%}
  {%- set sentences = [] -%}
  {%- for features, template in texts[subject] -%}
    {%- do sentences.append({'features': features, 'text': sentence({'en': template}, said)}) -%}
  {%- endfor -%}
  {{- return(sentences) -}}
{% endmacro %}
