{% macro get_where_subquery(relation) -%}
    {#-
        dbt renders the `where` of a test before macros exist, so the window is a placeholder there:
        __in_window__(column), or __in_window__(column, wide) for the wide window. With the var test_all_history,
        a test reads all rows instead.
    -#}
    {%- set where = config.get('where', '') -%}
    {%- if not where -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set column = modules.re.search('__in_window__[(]([a-z_]+)(, wide)?[)]', where) -%}
    {%- if column is not none -%}
        {%- set window = in_wide_window(column.group(1)) if column.group(2) else in_window(column.group(1)) -%}
        {%- set condition = 'true' if var('test_all_history') | as_bool else window -%}
        {%- set where = where | replace(column.group(0), condition) -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as tested_rows') }}
{%- endmacro %}
