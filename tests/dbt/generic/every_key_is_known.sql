{% test every_key_is_known(model, column, to) %}
    {#- The keys that the other model does not have, with their number of rows. -#}
    select
        cast(tested.{{ column }} as varchar) as unknown_key,
        count(*) as row_count
    from (select {{ column }} from {{ model }}) as tested
    left join {{ to }} as known on tested.{{ column }} = known.{{ column }}
    where
        known.{{ column }} is null
        and tested.{{ column }} is not null
    group by tested.{{ column }}
{% endtest %}
