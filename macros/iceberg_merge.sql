{% macro iceberg_merge(
    on_schema_change, tmp_relation, target_relation, unique_key, incremental_predicates, existing_relation,
    delete_condition, update_condition, insert_condition, force_batch, statement_name="main"
) -%}
    {#-
        The adapter's own merge, with the placeholders in incremental_predicates replaced:
        `__in_wide_window__(column)` by the window of this run, `__in_merge_days__(column)` by that window and the days
        that this run completes. dbt renders the config of a model while it parses the project, when nothing can be
        queried. With dates in the config, every night would also have to parse the whole project again.
    -#}
    {%- set predicates = [] -%}
    {%- for predicate in incremental_predicates or [] -%}
        {%- set column = modules.re.search('__in_wide_window__[(]([a-z_.]+)[)]', predicate) -%}
        {%- if column is not none -%}
            {%- set predicate = predicate | replace(column.group(0), in_wide_window(column.group(1))) -%}
        {%- endif -%}
        {%- set column = modules.re.search('__in_merge_days__[(]([a-z_.]+)[)]', predicate) -%}
        {%- if column is not none -%}
            {%- set predicate = predicate | replace(column.group(0), in_merge_days(column.group(1))) -%}
        {%- endif -%}
        {%- do predicates.append(predicate) -%}
    {%- endfor -%}
    {{ dbt.iceberg_merge(
        on_schema_change, tmp_relation, target_relation, unique_key, predicates or none, existing_relation,
        delete_condition, update_condition, insert_condition, force_batch, statement_name
    ) }}
{%- endmacro %}
