{# Gold, Silver or Bronze from a dense rank and the largest dense rank, in integers: no third is ever rounded. #}
{% macro rank_class(rank, last_rank) -%}
  case
        when 3 * {{ rank }} <= {{ last_rank }} then 'Gold'
        when 3 * {{ rank }} <= 2 * {{ last_rank }} then 'Silver'
        else 'Bronze'
    end
{%- endmacro %}
