{% macro athena__get_assert_columns_equivalent(sql) -%}
    {#-
        Like dbt's own, with one statement instead of two: dbt 1.11 also queries the engine for the types that the
        yml already contains. Athena's metadata has the broad type only (VARCHAR, TIMESTAMP, ARRAY), so precision
        and element types are left out on both sides.
    -#}
    {%- set expected = [] -%}
    {%- for column in model['columns'].values() -%}
        {%- set type = column['data_type'].split('(')[0].split('<')[0] | upper -%}
        {%- set type = {'INT': 'INTEGER', 'STRING': 'VARCHAR'}.get(type, type) -%}
        {%- do expected.append({
            'name': column['name'], 'data_type': type, 'formatted': column['name'] ~ ' ' ~ type
        }) -%}
    {%- endfor -%}
    {%- set actual = format_columns(get_column_schema_from_query(sql)) -%}
    {%- if expected | map(attribute='formatted') | sort != actual | map(attribute='formatted') | sort -%}
        {%- do exceptions.raise_contract_error(expected, actual) -%}
    {%- endif -%}
{%- endmacro %}
