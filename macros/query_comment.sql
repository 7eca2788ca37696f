{% macro query_comment(node) -%}
    {#- Shows in Athena's query history which model and which run sent a statement. -#}
    {"app": "dbt", "node": "{{ node.unique_id if node else '' }}", "run_id": "{{ var('run_id', none) or '' }}"}
{%- endmacro %}
