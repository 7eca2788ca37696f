{% macro generate_schema_name(custom_schema_name, node) -%}
    {#-
        Everything is in the schema of the target, stored test failures too. (dbt would put them into a database
        <schema>_dbt_test__audit, which the role of the task may not create.)
    -#}
    {{ target.schema }}
{%- endmacro %}
