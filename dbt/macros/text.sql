{#- Portable text pieces: an amount for people, a number for JSON, and sentences from templates. -#}

{# An amount as people read it: 40000.00 -> '40,000', 40000.50 -> '40,000.50'. #}
{% macro amount_text(amount) -%}
  {%- set units = 'floor(' ~ amount ~ ')' -%}
  {%- set cents = as_text('cast(100 + 100 * (' ~ amount ~ ' - ' ~ units ~ ') as decimal(3, 0))') -%}
  case
        when {{ amount }} = {{ units }} then {{ with_thousands(units) }}
        else {{ dbt.concat([with_thousands(units), "'.'", "right(" ~ cents ~ ", 2)"]) }}
    end
{%- endmacro %}

{# A number as JSON writes it, without idle zeros: 40000.00 -> '40000'. #}
{% macro json_amount(amount) -%}
  case
        when {{ amount }} = floor({{ amount }}) then {{ as_text('cast(' ~ amount ~ ' as decimal(30, 0))') }}
        else {{ as_text(amount) }}
    end
{%- endmacro %}

{# A date as ISO text. #}
{% macro date_text(date) %}{{ return('cast(' ~ date ~ ' as char(10))') }}{% endmacro %}

{#
  A sentence from a template per language, e.g. sentence({'en': '{orders|order|orders} on {day}.'}, {'orders': 'order_count', …}).
  {name} stands for a text, {name|one|many} for a number followed by the word that fits it. Values are SQL expressions.
#}
{% macro sentence(templates, values) -%}
  {%- set template = templates.get(var('language'), templates['en']) -%}
  {%- set pieces = [] -%}
  {%- for part in template.split('{') -%}
    {%- set text = part if loop.first else part.split('}', 1)[1] -%}
    {%- if not loop.first -%}
      {%- set words = part.split('}')[0].split('|') -%}
      {%- if words[0] not in values -%}
        {{ exceptions.raise_compiler_error("sentence(): no value for {" ~ words[0] ~ "} of: " ~ template) }}
      {%- endif -%}
      {%- set value = values[words[0]] -%}
      {%- if words | length == 3 -%}
        {%- do pieces.append(with_thousands(value)) -%}
        {%- do pieces.append("case when " ~ value ~ " = 1 then ' " ~ words[1] ~ "' else ' " ~ words[2] ~ "' end") -%}
      {%- else -%}
        {%- do pieces.append(value) -%}
      {%- endif -%}
    {%- endif -%}
    {%- if text -%}{%- do pieces.append("'" ~ dbt.escape_single_quotes(text) ~ "'") -%}{%- endif -%}
  {%- endfor -%}
  {{ dbt.concat(pieces) }}
{%- endmacro %}
