{% macro generate_schema_name(custom_schema_name, node) -%}
    {#-
        Everything stands in the target's schema, rows of failed tests too (dbt would open a database
        <schema>_dbt_test__audit for them, which the task's role may not create).
    -#}
    {{ target.schema }}
{%- endmacro %}
