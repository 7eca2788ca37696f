{% test rows_keep_rules(model, rules, show) %}
    {#-
        All rules of a model in one scan. Each failing row names the rules that it breaks and shows the columns of
        `show` as text. A rule whose result is null counts as broken. __newest_night__ is replaced by the date of the newest night, as a literal.
    -#}
    with

    checked as (

        select
            {% for column in show -%}
            cast({{ column }} as varchar) as {{ column }},
            {% endfor -%}
            filter(
                array[
                    {%- for name, rule in rules.items() %}
                    case
                        when coalesce({{ rule | replace('__newest_night__', "date '" ~ newest_night_date() ~ "'") }}, false) then null
                        else '{{ name | replace("'", "''") }}'
                    end{{ ',' if not loop.last }}
                    {%- endfor %}
                ],
                rule_name -> rule_name is not null
            ) as broken_rules
        from {{ model }}

    )

    select
        {% for column in show -%}
        {{ column }},
        {% endfor -%}
        array_join(broken_rules, '; ') as broken_rules
    from checked
    where cardinality(broken_rules) > 0
{% endtest %}
