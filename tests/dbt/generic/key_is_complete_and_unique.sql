{% test key_is_complete_and_unique(model, columns) %}
    {#- One scan checks both: no part of the key is null, and no key occurs twice. -#}
    select
        {% for column in columns -%}
        cast({{ column }} as varchar) as {{ column }},
        {% endfor -%}
        count(*) as row_count,
        case when count(*) > 1 then 'duplicate key' else 'incomplete key' end as reason
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}
