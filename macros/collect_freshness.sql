{% macro athena__collect_freshness(source, loaded_at_field, filter) -%}
    {#-
        dbt compares with the machine's clock; a night is judged at its own time (var as_of), so that
        running it again, or simulating one, gives the same verdict. `filter` may say __recent__(column):
        only the 30 days before as_of are read, however long the history is.
    -#}
    {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            max({{ loaded_at_field }}) as max_loaded_at,
            {{ as_of_timestamp() }} as snapshotted_at
        from {{ source }}
        {%- if filter %}
        where {{ modules.re.sub(
            '__recent__[(]([a-z_]+)[)]',
            "\\1 >= date_add('day', -30, date '" ~ as_of_date() ~ "')",
            filter
        ) }}
        {%- endif %}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
