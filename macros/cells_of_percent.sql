{% macro cells_of_percent(curve) -%}
    {#-
        The cells of a curve (an array) within `percents.percent_position`. Integer arithmetic on purpose: a
        division of decimals rounds to one digit and returns cell 16 for 15.96.
    -#}
    {%- set first = "percents.percent_position * (cardinality(" ~ curve ~ ") - 1) / 100" -%}
    {%- set next = "(percents.percent_position + 1) * (cardinality(" ~ curve ~ ") - 1) / 100" -%}
    case
            when cardinality({{ curve }}) = 0 then null
            when percents.percent_position = 100 then slice({{ curve }}, cardinality({{ curve }}), 1)
            else slice({{ curve }}, {{ first }} + 1, greatest({{ next }} - {{ first }}, 1))
        end
{%- endmacro %}
