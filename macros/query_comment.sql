{% macro query_comment(node) -%}
    {#- Lets a person find in Athena's history which model and which run asked for a statement. -#}
    {"app": "dbt", "node": "{{ node.unique_id if node else '' }}", "run_id": "{{ var('run_id', none) or '' }}"}
{%- endmacro %}
